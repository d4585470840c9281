"""Wait for what the cluster becomes, by watching it: nothing sleeps."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.client import Client

LIMIT = 60.0


async def until(
    client: Client, kind: Kind, holds: Callable[[list[Obj]], bool], namespace: str = "", limit: float = LIMIT
) -> list[Obj]:
    """Until `holds` of all objects of a kind; fails with what there is when it takes longer than `limit`."""
    objects: dict[str, Obj] = {}
    try:
        async with asyncio.timeout(limit):
            answer = await client.list(kind, namespace)
            objects = {obj["metadata"]["uid"]: obj for obj in answer["items"]}
            if holds(list(objects.values())):
                return list(objects.values())
            revision = answer["metadata"]["resourceVersion"]
            async for event in client.watch(kind, namespace, resource_version=revision):
                uid = event.object["metadata"]["uid"]
                if event.type == "DELETED":
                    objects.pop(uid, None)
                else:
                    objects[uid] = event.object
                if holds(list(objects.values())):
                    break
    except TimeoutError:
        found = [(obj["metadata"]["name"], obj.get("status")) for obj in objects.values()]
        raise AssertionError(f"not within {limit} s; {kind} are {found}") from None
    return list(objects.values())
