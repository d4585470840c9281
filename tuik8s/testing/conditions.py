"""What a test waits for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeAlias

from tuik8s.api import kinds
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Obj, condition_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.client import Client

    Condition: TypeAlias = str | Callable[[Obj], object]
    """`Ready`, `Ready=False`, `example.com/feature=True`: a condition of the status; `status.phase=Running`:
    a field of status, spec or metadata, or of anything else in braces (`{data.key}=value`); without `=`, that
    the field is there; `exists`, `deleted`; or what is called with the object and answers true."""

Objects: TypeAlias = list[Obj]
EXISTS, DELETED = "exists", "deleted"
FIELDS = ("status.", "spec.", "metadata.", "{")
EVENTS_TOLD = 5


async def wait_for(
    client: Client, kind: Kind, namespace: str, name: str, condition: Condition, timeout: float
) -> Obj:
    """The object as it was when the condition held; for `deleted` as it was last seen, or empty.

    TimeoutError after `timeout` seconds, with what there is instead.
    """
    holds = _predicate(condition)
    last: Obj = {}
    try:
        async with asyncio.timeout(timeout):
            found, revision = await _look(client, kind, namespace, name)
            last = found or last
            if holds(found):
                return last
            async for event in client.watch(
                kind, namespace, field_selector=f"metadata.name={name}", resource_version=revision
            ):
                last = event.object
                if holds(None if event.type == "DELETED" else event.object):
                    return last
    except TimeoutError:
        pass
    raise TimeoutError(
        f"{kind.singular} {name!r} is not {condition!r} after {timeout:g} s: "
        + await _account(client, kind, namespace, name)
    )


async def _look(client: Client, kind: Kind, namespace: str, name: str) -> tuple[Obj | None, str]:
    """The object, and the revision from which on to watch."""
    answer = await client.list(kind, namespace, field_selector=f"metadata.name={name}")
    return next(iter(answer["items"]), None), answer["metadata"]["resourceVersion"]


def _predicate(condition: Condition) -> Callable[[Obj | None], bool]:
    if not isinstance(condition, str):
        return lambda obj: obj is not None and bool(condition(obj))
    if condition in (EXISTS, DELETED):
        return lambda obj: (obj is None) == (condition == DELETED)
    left, equals, right = condition.partition("=")
    if left.lstrip(".").startswith(FIELDS):  # types of conditions have dots, too
        if not equals:
            return lambda obj: obj is not None and _field(obj, left) is not None
        return lambda obj: obj is not None and _words(_field(obj, left)) == right
    wanted = right or "True"
    return lambda obj: obj is not None and (condition_of(obj, left) or {}).get("status") == wanted


def _field(obj: Any, path: str) -> Any:
    for step in path.strip("{}.").split("."):
        if isinstance(obj, list) and step.isdigit():
            obj = obj[int(step)] if int(step) < len(obj) else None
        else:
            obj = obj.get(step) if isinstance(obj, dict) else None
    return obj


def _words(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


async def _account(client: Client, kind: Kind, namespace: str, name: str) -> str:
    """What there is instead, and the latest events about it."""
    try:
        found = await client.get(kind, namespace, name)
    except NotFound:
        return "there is none"
    events = await events_about(client, kind, namespace, name)
    told = "".join(f"\n  {event['reason']}: {event['message']}" for event in events[-EVENTS_TOLD:])
    return f"its status is {found.get('status')}{told}"


async def events_about(client: Client, kind: Kind, namespace: str, name: str) -> Objects:
    """Oldest first."""
    answer = await client.list(kinds.EVENT, namespace, field_selector=f"involvedObject.name={name}")
    events = [event for event in answer["items"] if event["involvedObject"].get("kind") == kind.kind]
    return sorted(events, key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
