"""Which pods run on which node, kept as they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.objects import annotations_of
from tuik8s.api.pods import MIRROR_ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Collection

    from tuik8s.api.objects import Obj
    from tuik8s.storage import Store
    from tuik8s.storage.records import Record


class NodePods:
    """Mirror pods do not count: a node makes them itself, and would give itself rights with them."""

    def __init__(self, store: Store) -> None:
        self._by_node: dict[str, dict[str, Obj]] = {}
        for pod in store.list(kinds.POD.prefix).items:
            self._note(kinds.POD.storage_key(pod["metadata"]["namespace"], pod["metadata"]["name"]), pod)
        store.observe(kinds.POD.prefix, self._changed)

    def of(self, node: str) -> Collection[Obj]:
        return self._by_node.get(node, {}).values()

    def find(self, node: str, namespace: str, name: str) -> Obj | None:
        return self._by_node.get(node, {}).get(kinds.POD.storage_key(namespace, name))

    def _changed(self, record: Record) -> None:
        if record.operation == "delete":
            self._by_node.get(_node_of(record.value), {}).pop(record.key, None)
        else:
            self._note(record.key, record.value)

    def _note(self, key: str, pod: Obj) -> None:
        node = _node_of(pod)
        if node and MIRROR_ANNOTATION not in annotations_of(pod):
            self._by_node.setdefault(node, {})[key] = pod


def _node_of(pod: Obj) -> str:
    node: str = (pod.get("spec") or {}).get("nodeName", "")
    return node
