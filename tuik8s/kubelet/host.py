"""What every part of one kubelet works with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tuik8s.api.objects import Obj, reference_to

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.api.clock import Clock, Ids
    from tuik8s.client import Client, EventRecorder
    from tuik8s.cri import Runtime
    from tuik8s.kubelet.config import NodeConfig
    from tuik8s.reconcile import Informers

_SAFE_NAME = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9._-]*)$")


class UnsafePath(ValueError):
    """A name that came from an object would leave its directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One node's view of the world, and the directory under which its pods have theirs."""

    client: Client
    informers: Informers
    recorder: EventRecorder
    runtime: Runtime
    node: NodeConfig
    clock: Clock
    ids: Ids
    root: Path

    def pod_directory(self, uid: str) -> Path:
        return self.root / "pods" / safe_component(uid)

    def event(
        self,
        pod: Obj,
        kind: Literal["Normal", "Warning"],
        reason: str,
        message: str,
        *,
        container: Obj | str = "",
    ) -> None:
        """An event about the pod, or about one of its containers (by spec or name)."""
        name = container if isinstance(container, str) else container["name"]
        path = field_path(pod, name) if name else ""
        self.recorder.event(reference_to(pod), kind, reason, message, field_path=path)


def safe_component(name: str) -> str:
    """`name`, if it can be one component of a path; raises `UnsafePath`."""
    if not _SAFE_NAME.match(name) or name in (".", ".."):
        raise UnsafePath(f"{name!r} is not a file name")
    return name


def field_path(pod: Obj, container: str) -> str:
    """`spec.containers{web}`, as events name a container."""
    spec = pod["spec"]
    others = ("initContainers", "ephemeralContainers")
    found = (part for part in others for c in spec.get(part) or () if c["name"] == container)
    return f"spec.{next(found, 'containers')}{{{container}}}"


def pod_text(pod: Obj) -> str:
    """`web_default(0f8e…)`, as the kubelet writes a pod in its messages."""
    meta = pod["metadata"]
    return f"{meta['name']}_{meta['namespace']}({meta['uid']})"
