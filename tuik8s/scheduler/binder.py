"""DefaultBinder: the choice becomes known through the pod's binding subresource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds

if TYPE_CHECKING:
    from tuik8s.client import Client
    from tuik8s.scheduler.pod_info import PodInfo


class DefaultBinder:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def bind(self, pod: PodInfo, node_name: str) -> None:
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"namespace": pod.namespace, "name": pod.key.name, "uid": pod.uid},
            "target": {"kind": "Node", "name": node_name},
        }
        await self._client.create_subresource(kinds.POD, pod.namespace, pod.key.name, "binding", binding)
