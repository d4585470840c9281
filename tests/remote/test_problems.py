"""Servers that misbehave, and ways that are blocked: each an error that says what and where."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from aiohttp import web

from tests.remote.conftest import context_of
from tests.remote.odd_server import odd_server, says
from tuik8s.api import kinds
from tuik8s.api.errors import ApiError, Expired, Forbidden, InternalError, Unauthorized
from tuik8s.api.request import User
from tuik8s.client import Client
from tuik8s.client.remote import Context, Unreachable, transport_to

if TYPE_CHECKING:
    from tests.http.conftest import Served
    from tuik8s.apiserver.certificates import Pki


async def refusal_of(context: Context) -> ApiError:
    transport = transport_to(context)
    try:
        with pytest.raises(ApiError) as raised:
            await Client(transport, User("u")).list(kinds.POD)
    finally:
        await transport.close()
    return raised.value


async def test_nobody_listens(unused_tcp_port: int) -> None:
    url = f"https://127.0.0.1:{unused_tcp_port}"
    error = await refusal_of(Context("c", {"server": url}, {}))
    assert isinstance(error, Unreachable)
    assert error.message == f"cannot connect to {url}: Connection refused"


async def test_a_certificate_that_is_not_trusted(served: Served, pki: Pki) -> None:
    error = await refusal_of(Context("c", {"server": served.url}, {}))
    assert "is not trusted: " in error.message
    assert "certificate-authority" in error.message
    trusted = context_of(served, pki).cluster
    error = await refusal_of(Context("c", {**trusted, "tls-server-name": "other.example"}, {}))
    assert "other.example" in error.message


async def test_a_server_under_another_name(served: Served, pki: Pki) -> None:
    trusted = context_of(served, pki)
    transport = transport_to(Context("c", {**trusted.cluster, "tls-server-name": "localhost"}, trusted.user))
    assert (await Client(transport, User("u")).list(kinds.POD))["items"] == []
    await transport.close()


async def test_through_a_proxy(served: Served, pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b"\r\n")[0])
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    proxy = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = proxy.sockets[0].getsockname()[1]
    trusted = context_of(served, pki)
    cluster = {**trusted.cluster, "proxy-url": f"http://127.0.0.1:{port}"}
    transport = transport_to(Context("c", cluster, trusted.user))
    assert (await Client(transport, User("u")).list(kinds.POD))["items"] == []
    await transport.close()
    proxy.close()
    assert asked == [f"CONNECT 127.0.0.1:{served.port} HTTP/1.1".encode()]
    gone = {**cluster, "proxy-url": "http://127.0.0.1:1"}
    error = await refusal_of(Context("c", gone, trusted.user))
    assert "the proxy on the way to" in error.message


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


async def test_verification_can_be_switched_off(served: Served, pki: Pki) -> None:
    context = context_of(served, pki)
    insecure = {"server": served.url, "insecure-skip-tls-verify": True}
    transport = transport_to(Context("c", insecure, context.user))
    await Client(transport, User("u")).list(kinds.POD)
    await transport.close()


async def test_a_server_without_tls() -> None:
    async with odd_server(says(200, {})) as odd:
        plain = odd.transport.connection.endpoint.url.replace("http:", "https:")
        error = await refusal_of(Context("c", {"server": plain}, {}))
    assert isinstance(error, Unreachable)


async def test_who_is_not_let_in(served: Served, pki: Pki) -> None:
    error = await refusal_of(Context("c", context_of(served, pki).cluster, {"token": "forged"}))
    assert isinstance(error, Unauthorized)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "words"),
    [
        (403, "<html>no</html>", Forbidden, 403, 'an error on the server ("<html>no</html>")'),
        (401, "", Unauthorized, 401, "the server has asked for the client to provide credentials"),
        (502, "bad gateway", ApiError, 502, "bad gateway"),
        (500, {"kind": "Status", "reason": "NewReason", "message": "m", "code": 500}, ApiError, 500, "m"),
        (410, {"kind": "Status", "reason": "Gone", "message": "m", "code": 410}, Expired, 410, "m"),
        (200, "no json", InternalError, 500, "the server's answer is no JSON"),
        (200, [1], InternalError, 500, "is no object"),
    ],
)
async def test_strange_answers(
    status: int, body: object, kind: type[ApiError], code: int, words: str
) -> None:
    async with odd_server(says(status, body)) as odd:
        with pytest.raises(kind) as raised:
            await odd.client.get(kinds.POD, "default", "a")
    assert raised.value.code == code
    assert words in raised.value.message


async def test_redirects_are_told_and_not_followed() -> None:
    async with odd_server(says(302, "", Location="https://elsewhere")) as odd:
        with pytest.raises(ApiError, match="it redirects to https://elsewhere"):
            await odd.client.get(kinds.POD, "default", "a")
        assert len(odd.asked) == 1


async def test_a_busy_server_is_asked_again() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        busy = len(odd.asked) < 3
        status = {"kind": "Status", "reason": "TooManyRequests", "message": "later", "code": 429}
        return web.json_response(
            status if busy else {"metadata": {"name": "a"}}, status=429 if busy else 200,
            headers={"Retry-After": "0"},
        )  # fmt: skip

    async with odd_server(answer) as odd:
        found = await odd.client.get(kinds.POD, "default", "a")
        assert (found["metadata"]["name"], len(odd.asked)) == ("a", 3)


async def test_the_path_before_the_api_stays() -> None:
    async with odd_server(says(200, {"metadata": {}})) as odd:
        await odd.client.get(kinds.DEPLOYMENT, "default", "a", subresource="scale")
        asked = odd.asked[0]
    assert asked.raw_path == "/prefix/apis/apps/v1/namespaces/default/deployments/a/scale"
    assert asked.headers["User-Agent"].startswith("test/")


async def test_lists_come_in_pages_and_whole_when_history_goes() -> None:
    gone = {"kind": "Status", "reason": "Expired", "message": "gone", "code": 410}

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        token = request.query.get("continue")
        if "limit" not in request.query:
            return web.json_response({"metadata": {}, "items": [{"metadata": {"name": n}} for n in "abc"]})
        if token == "second" and lost:
            return web.json_response(gone, status=410)
        name, following = ("b", "") if token else ("a", "second")
        metadata = {"resourceVersion": "7", "continue": following}
        return web.json_response({"metadata": metadata, "items": [{"metadata": {"name": name}}]})

    for lost, expected in ((False, "ab"), (True, "abc")):  # noqa: B007 read by the server
        async with odd_server(answer) as odd:
            listed = await odd.client.list(kinds.POD)
        assert "".join(item["metadata"]["name"] for item in listed["items"]) == expected
        assert not listed["metadata"].get("continue")
        assert {item["kind"] for item in listed["items"]} == {"Pod"}


async def test_a_server_without_tables() -> None:
    item = {"metadata": {"name": "a", "creationTimestamp": "2026-01-01T00:00:00Z"}}
    async with odd_server(says(200, {"kind": "PodList", "metadata": {}, "items": [item]})) as odd:
        table = await odd.client.list(kinds.POD, as_table=True)
    assert [column["name"] for column in table["columnDefinitions"]] == ["Name", "Created At"]
    assert table["rows"][0]["cells"] == ["a", "2026-01-01T00:00:00Z"]
    assert table["rows"][0]["object"]["kind"] == "Pod"


async def test_watch_events() -> None:
    long = "x" * 300_000
    lines = [
        f'{{"type":"ADDED","object":{{"metadata":{{"name":"{long}"}}}}}}',
        '{"type":"BOOKMARK","object":{"kind":"Table","rows":[{"object":{"metadata":{"resourceVersion":"9"}}}]}}',
        '{"type":"ERROR","object":{"kind":"Status","reason":"Expired","message":"gone","code":410}}',
    ]

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for line in lines:
            await response.write(line.encode() + b"\n")
        return response

    async with odd_server(answer) as odd:
        watch = odd.client.watch(kinds.POD, resource_version="5", allow_bookmarks=True)
        first = await anext(watch)
        assert (first.type, first.object["metadata"]["name"]) == ("ADDED", long)
        assert (await anext(watch)).object["metadata"]["resourceVersion"] == "9"
        with pytest.raises(Expired, match="gone"):
            await anext(watch)
        query = odd.asked[0].query
    assert (query["watch"], query["resourceVersion"], query["allowWatchBookmarks"]) == ("true", "5", "true")
    assert 300 <= int(query["timeoutSeconds"]) <= 600


async def test_a_connection_that_breaks_in_the_middle_of_a_watch() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"type":"ADDED","object":{"metadata":{"name":"a"}}}\n')
        assert request.transport is not None
        request.transport.abort()
        return response

    async with odd_server(answer) as odd:
        watch = odd.client.watch(kinds.POD, resource_version="5")
        await anext(watch)
        with pytest.raises(Unreachable, match="broke"):
            await anext(watch)


async def test_a_server_that_never_answers() -> None:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(30)
        raise AssertionError("the client waited")

    async with odd_server(answer) as odd:
        limit = patch("tuik8s.client.remote.connection.ANSWER_SECONDS", 0.1)
        with limit, pytest.raises(ApiError, match="took too long to answer") as raised:
            await odd.client.get(kinds.POD, "default", "a")
    assert raised.value.code == 504


async def test_warnings_reach_who_applies() -> None:
    obj = {"metadata": {"name": "a", "namespace": "default"}}
    answer = says(200, obj, Warning='299 - "one \\"quoted\\"", 299 x "two"')
    async with odd_server(answer) as odd:
        response = await odd.client.apply(kinds.POD, obj, field_manager="m")
    assert response.warnings == ('one "quoted"', "two")
