"""Every built-in kind is stored, defaulted, validated, printed, watched and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.every_kind import EVERY_KIND
from tuik8s.api import defaults, kinds, schema
from tuik8s.api.errors import Invalid, NotFound
from tuik8s.api.objects import copy

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

ELSEWHERE = {"CustomResourceDefinition"}
"""Kinds that have tests of their own."""
every_kind = pytest.mark.parametrize(
    ("kind", "manifest"), EVERY_KIND, ids=[f"{kind.kind}.{kind.group}" for kind, _ in EVERY_KIND]
)


def test_no_kind_is_left_out() -> None:
    stored = {kind for kind in kinds.SERVED if "create" in kind.verbs and kind.collectable}
    tried = {kind for kind, _ in EVERY_KIND} | {kinds.HORIZONTAL_POD_AUTOSCALER_V1}
    assert {kind.kind for kind in stored - tried} <= ELSEWHERE


@every_kind
async def test_its_whole_life(control_plane: ControlPlane, kind: Kind, manifest: Obj) -> None:
    client, namespace, name = control_plane.client, _namespace(manifest), manifest["metadata"]["name"]
    created = await client.create(kind, copy(manifest))
    assert created["metadata"]["uid"]
    assert await client.get(kind, namespace, name) == created
    labelled = copy(created)
    labelled["metadata"]["labels"] = {**(created["metadata"].get("labels") or {}), "seen": "yes"}
    changed = await client.update(kind, labelled)
    if kind != kinds.ENDPOINT_SLICE:  # whose labels count
        assert changed["metadata"].get("generation") == created["metadata"].get("generation")
    table = await client.list(kind, namespace, as_table=True, label_selector="seen=yes")
    assert len(table["rows"]) == 1
    assert len(table["rows"][0]["cells"]) == len(table["columnDefinitions"])
    patched = await client.patch(kind, namespace, name, {"metadata": {"annotations": {"a": "b"}}})
    assert patched["metadata"]["annotations"]["a"] == "b"
    if "spec" in created and kind != kinds.NAMESPACE:
        assert patched["spec"] == created["spec"]
    async for event in client.watch(kind, namespace, label_selector="seen=yes"):
        assert (event.type, event.object) == ("ADDED", patched)
        break
    await client.delete(kind, namespace, name, grace_period_seconds=0, propagation="Background")
    if kind != kinds.NAMESPACE:
        with pytest.raises(NotFound):
            await client.get(kind, namespace, name)


@every_kind
async def test_applying_it_again_changes_nothing(
    control_plane: ControlPlane, kind: Kind, manifest: Obj
) -> None:
    applied = await control_plane.client.apply(kind, copy(manifest), field_manager="me")
    again = await control_plane.client.apply(kind, copy(manifest), field_manager="me")
    assert again.object == applied.object


@every_kind
def test_defaults_are_final(kind: Kind, manifest: Obj) -> None:
    decoded = schema.decode(kind, manifest).object
    defaults.set_defaults(kind, decoded)
    again = copy(decoded)
    defaults.set_defaults(kind, again)
    assert again == decoded
    assert schema.decode(kind, decoded).object == decoded, "what was stored can be sent again"


@pytest.mark.parametrize("kind", [kind for kind in kinds.SERVED if kind.collectable], ids=str)
async def test_what_is_let_in_with_next_to_nothing_can_be_listed(
    control_plane: ControlPlane, kind: Kind
) -> None:
    """Kubernetes' specs are structs: they are there even when the client sends none."""
    meta = {"name": "x", **({"namespace": "default"} if kind.namespaced else {})}
    try:
        made = await control_plane.client.create(kind, {"metadata": meta})
    except Invalid:
        return
    table = await control_plane.client.list(kind, as_table=True)
    assert "x" in [row["object"]["metadata"]["name"] for row in table["rows"]]
    assert made["metadata"]["uid"]


def _namespace(manifest: Obj) -> str:
    namespace: str = manifest["metadata"].get("namespace", "")
    return namespace
