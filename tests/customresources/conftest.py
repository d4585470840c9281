"""An API server that establishes what is defined, and clients of what it defines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.support.crontabs import definition
from tests.support.waiting import until
from tuik8s.api.kinds import CUSTOM_RESOURCE_DEFINITION as DEFINITION
from tuik8s.api.objects import is_true

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.control_plane import ControlPlane
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.client import Client


class Definitions:
    """`create` answers when what is defined is served."""

    def __init__(self, plane: ControlPlane) -> None:
        self.plane = plane

    @property
    def client(self) -> Client:
        return self.plane.client

    async def create(self, obj: Obj | None = None, plural: str = "crontabs") -> Kind:
        created = await self.client.create(DEFINITION, obj or definition())
        await self.until(created["metadata"]["name"], lambda found: is_true(found, "Established"))
        return self.kind(plural)

    def kind(self, plural: str = "crontabs") -> Kind:
        found = self.plane.kinds.find(plural)
        assert found is not None
        return found

    async def until(self, name: str, holds: object) -> Obj:
        def all_hold(objects: list[Obj]) -> bool:
            return any(obj["metadata"]["name"] == name and holds(obj) for obj in objects)  # type: ignore[operator]

        found = await until(self.client, DEFINITION, all_hold, limit=10)
        return next(obj for obj in found if obj["metadata"]["name"] == name)

    async def change(self, name: str, change: object) -> Obj:
        """As `kubectl edit` does it."""
        obj = await self.client.get(DEFINITION, "", name)
        edited = {**obj, "spec": {**obj["spec"], "versions": [dict(v) for v in obj["spec"]["versions"]]}}
        change(edited["spec"])  # type: ignore[operator]
        return await self.client.update(DEFINITION, edited)


@pytest.fixture
async def definitions(control_plane: ControlPlane) -> AsyncIterator[Definitions]:
    controller = asyncio.create_task(control_plane.api.definition_controller.run())
    yield Definitions(control_plane)
    controller.cancel()
    await asyncio.gather(controller, return_exceptions=True)
