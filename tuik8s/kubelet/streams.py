"""Logs, processes and connections of the pods of one node (pkg/kubelet/server)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.errors import BadRequest, InternalError, ServiceUnavailable
from tuik8s.api.pods import container_statuses, every_container
from tuik8s.cri import LogQuery, RuntimeFault, RuntimeUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.client import ExecStream, LogOptions
    from tuik8s.cri import ContainerStatus, LogLine
    from tuik8s.kubelet.services import Services


class Streams:
    """Raises `ApiError` in the kubelet's words."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def logs(self, pod: Obj, options: LogOptions) -> AsyncIterator[bytes]:
        """Lines, each with its newline, no more than `options.limit_bytes` in all."""
        status = await self._log_source(pod, options)
        query = LogQuery(follow=options.follow, since=options.since, tail_lines=options.tail_lines)
        left = options.limit_bytes
        try:
            async for line in self._services.host.runtime.logs(status.id, query):
                text = _format(line, options)
                if left is not None:
                    text = text[:left]
                    left -= len(text)
                yield text
                if left is not None and left <= 0:
                    return
        except RuntimeUnavailable as error:
            raise ServiceUnavailable(str(error)) from error
        except RuntimeFault as error:
            raise InternalError(str(error)) from error

    async def exec(
        self, pod: Obj, container: str, command: Sequence[str], *, tty: bool, stdin: bool
    ) -> ExecStream:
        status = await self._running(pod, container)
        try:
            return await self._services.host.runtime.exec(status.id, command, tty=tty, stdin=stdin)
        except RuntimeUnavailable as error:
            raise ServiceUnavailable(str(error)) from error
        except RuntimeFault as error:
            raise InternalError(f"error executing command in container: {error}") from error

    async def attach(self, pod: Obj, container: str, *, stdin: bool) -> ExecStream:
        status = await self._running(pod, container)
        try:
            return await self._services.host.runtime.attach(status.id, stdin=stdin)
        except RuntimeUnavailable as error:
            raise ServiceUnavailable(str(error)) from error
        except RuntimeFault as error:
            raise InternalError(f"error attaching to container: {error}") from error

    async def _running(self, pod: Obj, container: str) -> ContainerStatus:
        name = container or pod["spec"]["containers"][0]["name"]
        status = await self._latest(pod, name)
        if status is None or status.state != "running":
            raise InternalError(f'unable to upgrade connection: container not found ("{name}")')
        return status

    async def _latest(self, pod: Obj, name: str) -> ContainerStatus | None:
        try:
            state = await self._services.pleg.refresh(pod["metadata"]["uid"])
        except RuntimeUnavailable as error:
            raise ServiceUnavailable(str(error)) from error
        return state.latest(name)

    async def _log_source(self, pod: Obj, options: LogOptions) -> ContainerStatus:
        name = options.container or pod["spec"]["containers"][0]["name"]
        meta = pod["metadata"]
        if all(container["name"] != name for container in every_container(pod)):
            raise BadRequest(f"container {name} is not valid for pod {meta['name']}")
        latest = await self._latest(pod, name)
        state = self._services.pleg.state(meta["uid"])
        if options.previous:
            found = self._previous(latest, state.previous(name))
            if found is None:
                raise BadRequest(f'previous terminated container "{name}" in pod "{meta["name"]}" not found')
            return found
        if latest is None or latest.state == "created":
            raise BadRequest(_not_started(pod, name))
        return latest

    @staticmethod
    def _previous(latest: ContainerStatus | None, previous: ContainerStatus | None) -> ContainerStatus | None:
        """The last that ended; while a container waits to be restarted that is the newest instance itself."""
        if previous is not None and previous.state == "exited":
            return previous
        return latest if latest is not None and latest.state == "exited" and latest.attempt > 0 else None


def _not_started(pod: Obj, name: str) -> str:
    waiting = ((container_statuses(pod).get(name) or {}).get("state") or {}).get("waiting") or {}
    reason = waiting.get("reason") or "ContainerCreating"
    tails = {
        "ContainerCreating": f"is waiting to start: {reason}",
        "PodInitializing": f"is waiting to start: {reason}",
        "ErrImagePull": "is waiting to start: image can't be pulled",
        "ImagePullBackOff": "is waiting to start: trying and failing to pull image",
    }
    tail = tails.get(reason, f"is waiting to start: {reason}")
    return f'container "{name}" in pod "{pod["metadata"]["name"]}" {tail}'


def _format(line: LogLine, options: LogOptions) -> bytes:
    stamp = line.time.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z " if options.timestamps else ""
    return stamp.encode() + line.text + b"\n"
