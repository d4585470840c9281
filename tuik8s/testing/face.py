"""What the blocking and the awaitable face of a cluster have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import yaml

from tuik8s.testing.faults import Fault

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tuik8s.client import Client
    from tuik8s.testing.hosted import HostedCluster

WAIT_SECONDS = 10.0
ALL_NAMESPACES = ""


class Face:
    """A cluster seen from one namespace. Nothing here waits."""

    def __init__(self, hosted: HostedCluster, namespace: str = "default") -> None:
        self.hosted = hosted
        """The engine behind it."""
        self.namespace = namespace
        """Where things are looked for and put that name no namespace of their own."""

    @property
    def kubeconfig_path(self) -> Path:
        """Reaches the cluster as administrator; its context has this namespace."""
        return self.hosted.kubeconfig(self.namespace)

    @property
    def kubeconfig(self) -> dict[str, Any]:
        """The content of `kubeconfig_path`."""
        content: dict[str, Any] = yaml.safe_load(self.kubeconfig_path.read_text())
        return content

    @property
    def url(self) -> str:
        """`https://127.0.0.1:PORT`"""
        url: str = self.kubeconfig["clusters"][0]["cluster"]["server"]
        return url

    @property
    def client(self) -> Client:
        """tuik8s' own client, with all verbs; asynchronous, in any loop."""
        return self.hosted.client()

    @property
    def now(self) -> datetime:
        """The cluster's time."""
        return self.hosted.now()

    def fail_requests(self, code: int | None = 500, times: int = 1, **match: Any) -> Fault:
        """Refuse the next `times` matching requests with an HTTP code; keywords are the fields of `Fault`."""
        fault = Fault(code=code, times=times, **match)
        self.hosted.faults.add(fault)
        return fault

    def fail_image(self, glob: str) -> None:
        """Images of such names cannot be pulled any more, and no node has them."""
        self.hosted.outages.lose_images(glob)

    def restore_image(self, glob: str) -> None:
        self.hosted.outages.find_images(glob)


def span(seconds: float, minutes: float, hours: float, days: float) -> float:
    """In seconds."""
    return timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days).total_seconds()
