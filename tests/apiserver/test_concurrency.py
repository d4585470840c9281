"""Of two writes based on one revision exactly one wins; nothing handed out ever changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.apiserver.objects import config_map, pod, service
from tuik8s.api import kinds
from tuik8s.api.errors import AlreadyExists, Conflict, NotFound
from tuik8s.api.objects import copy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.looptime


def count(results: Sequence[object], kind: type[BaseException]) -> int:
    return sum(isinstance(result, kind) for result in results)


async def test_one_of_many_creates_wins(control_plane: ControlPlane) -> None:
    creates = (control_plane.client.create(kinds.CONFIG_MAP, config_map()) for _ in range(20))

    results = list(await asyncio.gather(*creates, return_exceptions=True))

    assert (count(results, AlreadyExists), len(results)) == (19, 20)


async def test_one_of_many_updates_of_one_revision_wins(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.CONFIG_MAP, config_map())
    bodies = [copy(made) | {"data": {"n": str(number)}} for number in range(20)]
    updates = (control_plane.client.update(kinds.CONFIG_MAP, body) for body in bodies)

    results = list(await asyncio.gather(*updates, return_exceptions=True))

    assert count(results, Conflict) == 19


async def test_unconditional_updates_all_succeed(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = await client.create(kinds.CONFIG_MAP, config_map())
    updates = (client.update(kinds.CONFIG_MAP, config_map(n=str(number))) for number in range(20))

    await asyncio.gather(*updates)

    last = await client.get(kinds.CONFIG_MAP, "default", "settings")
    assert int(last["metadata"]["resourceVersion"]) == int(made["metadata"]["resourceVersion"]) + 20


async def test_applies_at_once_all_take_effect(control_plane: ControlPlane) -> None:
    """The first creates the object; the others, which also found none, still get their part in."""
    applies = (
        control_plane.client.apply(
            kinds.CONFIG_MAP,
            {"apiVersion": "v1", "kind": "ConfigMap", **config_map(**{f"k{number}": "v"})},
            field_manager=f"manager-{number}",
        )
        for number in range(8)
    )

    await asyncio.gather(*applies)

    found = await control_plane.client.get(kinds.CONFIG_MAP, "default", "settings")
    assert set(found["data"]) == {f"k{number}" for number in range(8)}
    assert len(found["metadata"]["managedFields"]) == 8


async def test_one_of_many_bindings_wins(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.POD, pod())
    bindings = (
        client.create_subresource(kinds.POD, "default", "web", "binding", {"target": {"name": f"n{number}"}})
        for number in range(10)
    )

    results = list(await asyncio.gather(*bindings, return_exceptions=True))

    assert count(results, Conflict) == 9


async def test_one_of_many_deletes_removes(control_plane: ControlPlane) -> None:
    await control_plane.client.create(kinds.CONFIG_MAP, config_map())
    deletes = (control_plane.client.delete(kinds.CONFIG_MAP, "default", "settings") for _ in range(10))

    results = list(await asyncio.gather(*deletes, return_exceptions=True))

    assert count(results, NotFound) == 9


async def test_services_created_at_once_share_nothing(control_plane: ControlPlane) -> None:
    creates = (
        control_plane.client.create(kinds.SERVICE, service(f"s{number}", type="NodePort"))
        for number in range(40)
    )

    made = await asyncio.gather(*creates)

    assert len({obj["spec"]["clusterIP"] for obj in made}) == 40
    assert len({obj["spec"]["ports"][0]["nodePort"] for obj in made}) == 40


async def test_bodies_are_copied(control_plane: ControlPlane) -> None:
    body = config_map(a="1")
    made = await control_plane.client.create(kinds.CONFIG_MAP, body)

    body["data"]["a"] = "changed by the client afterwards"

    assert made["data"] == {"a": "1"}
    assert (await control_plane.client.get(kinds.CONFIG_MAP, "default", "settings"))["data"] == {"a": "1"}


async def test_old_states_stay_as_they_were(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = await client.create(kinds.POD, pod())
    before = copy(made)

    await client.patch(kinds.POD, "default", "web", {"metadata": {"labels": {"x": "y"}}})
    await client.patch(kinds.POD, "default", "web", {"status": {"phase": "Failed"}}, subresource="status")
    await client.delete(kinds.POD, "default", "web")

    assert made == before


async def test_mutation_detector_notices(control_plane: ControlPlane) -> None:
    made = await control_plane.client.create(kinds.CONFIG_MAP, config_map(a="1"))

    made["data"]["a"] = "2"
    with pytest.raises(AssertionError, match="a shared object was changed"):
        control_plane.verify_unchanged()
    made["data"]["a"] = "1"
