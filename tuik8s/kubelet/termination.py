"""Termination messages: a file of the host mounted into each container, or the end of its log.

Limits are those of pkg/kubelet/container: 4096 bytes of message; 80 lines or 2048 bytes of log.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from tuik8s.cri import LogQuery, Mount, RuntimeFault
from tuik8s.kubelet.directories import make_directory
from tuik8s.kubelet.generate import DEFAULT_TERMINATION_PATH
from tuik8s.kubelet.host import safe_component

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.cri import ContainerStatus
    from tuik8s.kubelet.host import Host

log = logging.getLogger(__name__)

MESSAGE_LIMIT = 4096
LOG_LINES, LOG_LIMIT = 80, 2048


class TerminationMessages:
    """Of one pod's containers, by container id."""

    def __init__(self, host: Host, pod_uid: str) -> None:
        self._host = host
        self._directory = host.pod_directory(pod_uid) / "containers"
        self._messages: dict[str, str] = {}

    def mount(self, container: Obj, attempt: int) -> Mount:
        """An empty file for this instance, where its spec wants to write."""
        path = self._path(container["name"], attempt)
        make_directory(os.path.dirname(path))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            os.fchmod(descriptor, 0o666)  # whichever user the container runs as, and whatever the umask
        finally:
            os.close(descriptor)
        target = container.get("terminationMessagePath") or DEFAULT_TERMINATION_PATH
        return Mount(host_path=path, container_path=target)

    def of(self, status: ContainerStatus) -> str:
        """As far as it was collected."""
        return self._messages.get(status.id, status.message)

    async def collect(self, container: Obj, status: ContainerStatus) -> None:
        """Read the message of one that has ended, once."""
        if status.state != "exited" or status.id in self._messages:
            return
        message = self._read(self._path(container["name"], status.attempt)) or status.message
        fallback = container.get("terminationMessagePolicy") == "FallbackToLogsOnError"
        if not message and fallback and status.exit_code != 0:
            message = await self._end_of_log(status.id)
        self._messages[status.id] = message

    def _path(self, name: str, attempt: int) -> str:
        return f"{self._directory}/{safe_component(name)}/{attempt}"

    def _read(self, path: str) -> str:
        """The container could have put anything there, a link too: only a plain file is read."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return ""  # gone with the pod's directory, or replaced by a link
        with os.fdopen(descriptor, "rb") as file:
            return file.read(MESSAGE_LIMIT).decode("utf-8", "replace")

    async def _end_of_log(self, container_id: str) -> str:
        lines: list[bytes] = []
        query = LogQuery(tail_lines=LOG_LINES)
        try:
            lines = [line.text + b"\n" async for line in self._host.runtime.logs(container_id, query)]
        except RuntimeFault as error:
            log.debug("log of %s for its termination message: %s", container_id, error)
        return b"".join(lines)[-LOG_LIMIT:].decode("utf-8", "replace")
