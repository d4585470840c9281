"""The engine's answers as statuses; an inspection is kept until the container's state changes."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from docker import APIClient

from tuik8s.cri.docker import naming
from tuik8s.cri.docker.engine import EngineRefused
from tuik8s.cri.protocol import ContainerState, ContainerStatus, PodSandboxStatus, Resources

if TYPE_CHECKING:
    from tuik8s.cri.docker.engine import Engine

_STATES = {
    "created": ContainerState.CREATED,
    "running": ContainerState.RUNNING,
    "paused": ContainerState.RUNNING,
    "restarting": ContainerState.RUNNING,
    "removing": ContainerState.EXITED,
    "exited": ContainerState.EXITED,
    "dead": ContainerState.EXITED,
}
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)")


class Statuses:
    """Lists with one call; details only of containers whose state is new."""

    def __init__(self, engine: Engine, cluster: str) -> None:
        self._engine = engine
        self._cluster = cluster
        self._known: dict[str, tuple[str, ContainerStatus]] = {}
        self._inspecting: dict[str, asyncio.Task[ContainerStatus | None]] = {}
        self._list: asyncio.Task[list[dict[str, Any]]] | None = None
        self._next_list: asyncio.Task[list[dict[str, Any]]] | None = None

    def forget(self, container_id: str) -> None:
        self._known.pop(container_id, None)

    async def sandboxes(self, **labels: str) -> list[PodSandboxStatus]:
        return [sandbox_status(item) for item in await self._listed(naming.SANDBOX, labels)]

    async def containers(self, pod_uid: str = "") -> list[ContainerStatus]:
        listed = await self._listed(naming.CONTAINER, {naming.POD_UID: pod_uid} if pod_uid else {})
        if not pod_uid:
            present = {item["Id"] for item in listed}
            self._known = {key: value for key, value in self._known.items() if key in present}
        found = await asyncio.gather(*(self._status(item["Id"], item["State"]) for item in listed))
        return [status for status in found if status is not None]

    async def identifiers(self, kind: str = "", **labels: str) -> list[str]:
        """Of this cluster's containers, running or not."""
        return [item["Id"] for item in await self._listed(kind, labels)]

    async def one(self, container_id: str) -> ContainerStatus | None:
        try:
            details = await self._engine.call(APIClient.inspect_container, container_id)
        except EngineRefused as refusal:
            if refusal.status == 404:
                self.forget(container_id)
                return None
            raise
        if (details["Config"].get("Labels") or {}).get(naming.CLUSTER) != self._cluster:
            return None
        status = container_status(details)
        self._known[container_id] = (details["State"]["Status"], status)
        return status

    async def _status(self, container_id: str, state: str) -> ContainerStatus | None:
        known = self._known.get(container_id)
        if known is not None and known[0] == state:
            return known[1]
        # Several kubelets list at once: they share one inspection.
        task = self._inspecting.get(container_id)
        if task is None:
            task = asyncio.ensure_future(self.one(container_id))
            self._inspecting[container_id] = task
            task.add_done_callback(lambda _: self._inspecting.pop(container_id, None))
        return await asyncio.shield(task)

    async def _listed(self, kind: str, labels: dict[str, str]) -> list[dict[str, Any]]:
        wanted = {**labels, **({naming.TYPE: kind} if kind else {})}.items()
        return [item for item in await self._everything() if wanted <= (item["Labels"] or {}).items()]

    async def _everything(self) -> list[dict[str, Any]]:
        """This cluster's containers, from a list that began after this call.

        A list costs the engine as much as starting a container, and pods ask for many at once: those that ask
        while one is under way, which may have missed what they just did, share the next.
        """
        if self._next_list is None:
            self._next_list = asyncio.ensure_future(self._list_after(self._list))
        return await asyncio.shield(self._next_list)

    async def _list_after(self, before: asyncio.Task[list[dict[str, Any]]] | None) -> list[dict[str, Any]]:
        if before is not None:
            await asyncio.wait([before])
        self._list, self._next_list = self._next_list, None
        own = f"{naming.CLUSTER}={self._cluster}"
        return list(await self._engine.call(APIClient.containers, all=True, filters={"label": own}))


def sandbox_status(item: dict[str, Any]) -> PodSandboxStatus:
    """From an item of the engine's list."""
    labels = item["Labels"]
    return PodSandboxStatus(
        id=item["Id"], name=labels.get(naming.POD_NAME, ""), namespace=labels.get(naming.POD_NAMESPACE, ""),
        uid=labels.get(naming.POD_UID, ""), node=labels.get(naming.NODE, ""),
        attempt=int(labels.get(naming.ATTEMPT) or 0), ready=item["State"] == "running",
        ip=labels.get(naming.POD_IP, ""), created_at=datetime.fromtimestamp(item["Created"], UTC),
    )  # fmt: skip


def container_status(details: dict[str, Any]) -> ContainerStatus:
    """From an inspection."""
    labels, state = details["Config"]["Labels"], details["State"]
    started, finished = parse_time(state.get("StartedAt", "")), parse_time(state.get("FinishedAt", ""))
    phase, reason = _STATES.get(state["Status"], ContainerState.EXITED), ""
    created = parse_time(details["Created"]) or datetime.now(UTC)
    if phase is ContainerState.CREATED and state["ExitCode"] != 0:
        # The engine leaves what it could not start in the state "created".
        phase, reason, finished = ContainerState.EXITED, "ContainerCannotRun", finished or created
    elif phase is ContainerState.EXITED:
        reason = "OOMKilled" if state.get("OOMKilled") else "Error" if state["ExitCode"] else "Completed"
    exited = phase is ContainerState.EXITED
    return ContainerStatus(
        id=details["Id"], sandbox_id=labels.get(naming.SANDBOX_ID, ""),
        pod_uid=labels.get(naming.POD_UID, ""), pod_name=labels.get(naming.POD_NAME, ""),
        pod_namespace=labels.get(naming.POD_NAMESPACE, ""), node=labels.get(naming.NODE, ""),
        name=labels.get(naming.CONTAINER_NAME, ""), attempt=int(labels.get(naming.ATTEMPT) or 0),
        state=phase, image=labels.get(naming.IMAGE, ""), image_id=details["Image"], created_at=created,
        started_at=started, finished_at=finished if exited else None,
        exit_code=state["ExitCode"] if exited else 0, reason=reason,
        message=state.get("Error", "") if exited else "", spec_hash=labels.get(naming.SPEC_HASH, ""),
        grace_period=int(labels.get(naming.GRACE_PERIOD) or 30), resources=_resources(details["HostConfig"]),
    )  # fmt: skip


def _resources(host: dict[str, Any]) -> Resources:
    return Resources(
        cpu_shares=host.get("CpuShares") or 0, cpu_quota=host.get("CpuQuota") or 0,
        memory_limit=host.get("Memory") or 0, oom_score_adj=host.get("OomScoreAdj") or 0,
    )  # fmt: skip


def parse_time(text: str) -> datetime | None:
    """RFC 3339 with nanoseconds, cut to microseconds; None for the engine's zero time."""
    match = _TIME.fullmatch(text)
    if match is None or text.startswith("0001-"):
        return None
    micros = (match[2] or "")[:6].ljust(6, "0")
    return datetime.fromisoformat(f"{match[1]}.{micros}+00:00")
