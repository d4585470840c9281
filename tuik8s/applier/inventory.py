"""What each file has created, kept in the cluster itself so that pruning survives a restart."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists, NotFound
from tuik8s.api.manifests import ObjectRef

if TYPE_CHECKING:
    from tuik8s.client import Client

log = logging.getLogger(__name__)

NAMESPACE, NAME, ENTRY = "kube-system", "tuik8s-manifests", "inventory.json"


@dataclass
class Entry:
    """One file's objects, each with the uid it had when the file created it; "" when it was there before."""

    digest: str = ""
    created: dict[ObjectRef, str] = field(default_factory=dict)


class Inventory:
    def __init__(self, client: Client) -> None:
        self._client = client
        self._saved = ""
        self.files: dict[str, Entry] = {}

    async def load(self) -> None:
        try:
            stored = await self._client.get(kinds.CONFIG_MAP, NAMESPACE, NAME)
        except NotFound:
            return
        self._saved = stored.get("data", {}).get(ENTRY, "{}")
        try:
            self.files = {path: _entry(value) for path, value in json.loads(self._saved).items()}
        except (ValueError, TypeError, AttributeError) as error:
            # Somebody edited it. Nothing is pruned then: without a record nothing is known to be ours.
            log.error(
                "ConfigMap %s/%s cannot be read (%s); starting with an empty one", NAMESPACE, NAME, error
            )

    async def save(self) -> None:
        text = json.dumps({path: _stored(entry) for path, entry in sorted(self.files.items())})
        if text == self._saved:
            return
        config_map = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"namespace": NAMESPACE, "name": NAME},
            "data": {ENTRY: text},
        }
        try:
            await self._client.create(kinds.CONFIG_MAP, config_map)
        except AlreadyExists:
            await self._client.patch(kinds.CONFIG_MAP, NAMESPACE, NAME, {"data": {ENTRY: text}})
        self._saved = text


def _stored(entry: Entry) -> dict[str, object]:
    objects = [{**reference._asdict(), "uid": uid} for reference, uid in entry.created.items()]
    return {**asdict(Entry(entry.digest)), "created": objects}


def _entry(value: dict[str, object]) -> Entry:
    created: dict[ObjectRef, str] = {}
    for item in value["created"]:  # type: ignore[attr-defined]
        uid = item.pop("uid")
        created[ObjectRef(**item)] = uid
    return Entry(str(value["digest"]), created)
