"""Watches over HTTP."""

from __future__ import annotations

import asyncio
import json
import resource
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from tests.http.conftest import CONFIG_MAPS, PODS, Served, config_map, eventually, pod
from tuik8s.api.errors import Expired

if TYPE_CHECKING:
    import aiohttp
    import pytest

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
IDLE_WATCHES = 300


async def _events(answer: aiohttp.ClientResponse, count: int) -> list[Any]:
    return [json.loads(await asyncio.wait_for(answer.content.readline(), 5)) for _ in range(count)]


async def test_changes_come_as_lines(served: Served) -> None:
    listed = await served.json("GET", CONFIG_MAPS)
    revision = listed["metadata"]["resourceVersion"]
    query = f"watch=True&resourceVersion={revision}&fieldSelector=metadata.name=a"
    async with served.request("GET", f"{CONFIG_MAPS}?{query}") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        await served.json("POST", CONFIG_MAPS, json=config_map("b"), status=201)
        await served.json("POST", CONFIG_MAPS, json=config_map("a"), status=201)
        await served.json("PUT", f"{CONFIG_MAPS}/a", json=config_map("a", x="1"))
        await served.json("DELETE", f"{CONFIG_MAPS}/a")
        events = await _events(answer, 3)
    assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "DELETED"]
    assert {event["object"]["kind"] for event in events} == {"ConfigMap"}
    assert {event["object"]["metadata"]["name"] for event in events} == {"a"}


async def test_a_list_may_be_streamed(served: Served) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("a"), status=201)
    query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    async with served.request("GET", f"{CONFIG_MAPS}?{query}") as answer:
        first, mark = await _events(answer, 2)
    assert first["type"] == "ADDED"
    assert mark["type"] == "BOOKMARK"
    assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_it_ends_when_the_client_said(served: Served) -> None:
    async with served.request("GET", f"{CONFIG_MAPS}?watch=true&timeoutSeconds=1") as answer:
        assert await asyncio.wait_for(answer.read(), 5) == b""


async def test_columns_stand_in_the_first_event_alone(served: Served) -> None:
    for name in "ab":
        await served.json("POST", PODS, json=pod(name), status=201)
    async with served.request("GET", f"{PODS}?watch=true", headers={"Accept": TABLE}) as answer:
        first, second = await _events(answer, 2)
    assert first["object"]["columnDefinitions"][0]["name"] == "Name"
    assert second["object"]["columnDefinitions"] is None
    assert second["object"]["rows"][0]["cells"][0] == "b"
    assert second["object"]["rows"][0]["object"]["kind"] == "PartialObjectMetadata"


async def test_what_is_refused_at_once_is_an_ordinary_refusal(served: Served) -> None:
    refused = await served.json("GET", f"{CONFIG_MAPS}?watch=1&fieldSelector=spec.x=1", status=400)
    assert refused["message"] == (
        '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"'
    )
    await served.json("GET", f"{CONFIG_MAPS}?watch=1&sendInitialEvents=1", status=422)


async def test_history_that_is_gone_is_an_error_with_its_code(served: Served) -> None:
    for name in "abc":
        await served.json("POST", CONFIG_MAPS, json=config_map(name), status=201)
    await served.plane.store.compact(served.plane.store.revision)
    gone = await served.json("GET", f"{CONFIG_MAPS}?watch=1&resourceVersion=1", status=410)
    assert gone["reason"] == "Expired"


async def test_a_watch_that_breaks_later_tells_why(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaking(_request: Any) -> Any:
        for _ in range(3):
            await asyncio.sleep(0.01)
        for error in (Expired("too old resource version: 1 (2)"),):
            raise error
        yield

    monkeypatch.setattr(served.plane.api, "watch", breaking)
    async with served.request("GET", f"{CONFIG_MAPS}?watch=1") as answer:
        event = json.loads(await answer.read())
    assert (event["type"], event["object"]["code"]) == ("ERROR", 410)


async def test_idle_watches_are_cheap_and_end_with_their_clients(served: Served) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with AsyncExitStack() as stack:
        path = f"{CONFIG_MAPS}?watch=true"
        answers = [await stack.enter_async_context(served.request("GET", path)) for _ in range(IDLE_WATCHES)]
        assert served.plane.api.statistics().watches == IDLE_WATCHES
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert used / IDLE_WATCHES < 500  # KiB of both ends; asyncio gives the client 256 for TLS
        await served.json("POST", CONFIG_MAPS, json=config_map("a"), status=201)
        for answer in answers:
            assert (await _events(answer, 1))[0]["type"] == "ADDED"
            answer.close()
    await eventually(lambda: served.plane.api.statistics().watches == 0)


async def test_a_half_closed_connection_ends_its_watch(served: Served) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", served.port, ssl=served.context)
    writer.write(f"GET {CONFIG_MAPS}?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await eventually(lambda: served.plane.api.statistics().watches == 1)
    writer.transport.abort()
    await eventually(lambda: served.plane.api.statistics().watches == 0)
