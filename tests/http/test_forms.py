"""Which form an answer has, and what stands in its head."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.http.conftest import CONFIG_MAPS, PODS, config_map, pod
from tuik8s.api.errors import BadRequest
from tuik8s.apiserver.http.duplicates import duplicate_fields
from tuik8s.apiserver.http.options import seconds_allowed

if TYPE_CHECKING:
    from tests.http.conftest import Served

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PARTIAL = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"


async def test_each_answer_is_named(served: Served) -> None:
    async with served.request("GET", CONFIG_MAPS) as first, served.request("GET", CONFIG_MAPS) as second:
        assert first.headers["Audit-Id"] != second.headers["Audit-Id"]
        assert first.headers["Server"] == "tuik8s"
        assert first.headers["Cache-Control"] == "no-cache, private"
    for path in ("/healthz", "/api/v1/nosuch", f"{CONFIG_MAPS}?watch=true"):
        async with served.request("GET", path, headers={"Audit-ID": "mine"}) as answer:
            assert answer.headers["Audit-Id"] == "mine"
    async with served.request("GET", "/healthz", headers={"Audit-ID": "x" * 100}) as answer:
        assert len(answer.headers["Audit-Id"]) == 36


async def test_head_is_get_without_a_body(served: Served) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("a"), status=201)
    for path in (CONFIG_MAPS, f"{CONFIG_MAPS}/a", f"{CONFIG_MAPS}?watch=true", "/version", "/openapi/v3"):
        async with served.request("HEAD", path) as answer:
            assert (answer.status, await answer.read()) == (200, b"")
            assert int(answer.headers["Content-Length"]) > 0
    await served.json("OPTIONS", CONFIG_MAPS, status=405)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/configmaps"),
        ("DELETE", "/api/v1/configmaps"),
        ("POST", f"{CONFIG_MAPS}/a"),
        ("PUT", CONFIG_MAPS),
        ("POST", "/version"),
    ],
)
async def test_what_cannot_be_done_there(served: Served, method: str, path: str) -> None:
    refused = await served.json(method, path, json=config_map("a"), status=405)
    assert refused["reason"] == "MethodNotAllowed"


async def test_yaml_has_no_anchors(served: Served) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("a", x="1", y="2"), status=201)
    async with served.request("GET", f"{CONFIG_MAPS}/a", headers={"Accept": "application/yaml"}) as answer:
        text = await answer.text()
    assert "&id" not in text
    assert yaml.safe_load(text)["data"] == {"x": "1", "y": "2"}


async def test_a_written_object_is_shown_in_the_form_asked_for(served: Served) -> None:
    made = await served.json("POST", PODS, json=pod("a"), headers={"Accept": TABLE}, status=201)
    assert made["kind"] == "Table"
    assert made["rows"][0]["cells"][0] == "a"
    made = await served.json("POST", PODS, json=pod("b"), headers={"Accept": PARTIAL}, status=201)
    assert made["kind"] == "PartialObjectMetadata"
    assert set(made) == {"kind", "apiVersion", "metadata"}


async def test_what_a_row_may_include(served: Served) -> None:
    refused = await served.json("GET", f"{PODS}?includeObject=All", headers={"Accept": TABLE}, status=400)
    assert refused["message"] == 'unrecognized includeObject value: "All"'


@pytest.mark.parametrize(("accept", "kind"), [(PARTIAL, "PartialObjectMetadata"), (TABLE, "Table")])
async def test_bookmarks_have_the_form_of_their_watch(served: Served, accept: str, kind: str) -> None:
    query = "watch=1&sendInitialEvents=1&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1"
    async with served.request("GET", f"{PODS}?{query}", headers={"Accept": accept}) as answer:
        mark = json.loads(await answer.content.readline())
    assert (mark["type"], mark["object"]["kind"]) == ("BOOKMARK", kind)
    assert mark["object"]["metadata"]["resourceVersion"]


async def test_fields_that_stand_twice_are_told_of(served: Served) -> None:
    body = b'{"metadata":{"name":"a"},"data":{"x":"1","x":"2"}}'
    headers = {"Content-Type": "application/json"}
    strict = f"{CONFIG_MAPS}?fieldValidation=Strict"
    refused = await served.json("POST", strict, data=body, headers=headers, status=400)
    assert refused["message"].endswith('strict decoding error: duplicate field "data.x"')
    async with served.request("POST", CONFIG_MAPS, data=body, headers=headers) as answer:
        assert answer.headers["Warning"] == '299 - "duplicate field \\"data.x\\""'
        assert (await answer.json())["data"] == {"x": "2"}


def test_duplicates_are_found_at_any_depth() -> None:
    body = b'{"a":[{"b":{"c":1,"c":2}},{"d":1,"d":1,"d":1}],"e":"\\"f\\":1"}'
    assert duplicate_fields(body) == ("a[0].b.c", "a[1].d")
    assert duplicate_fields(b"no json") == ()


async def test_many_warnings_are_cut(served: Served) -> None:
    body = {"metadata": {"name": "a"}, **{f"unknown{'x' * 300}{number}": 1 for number in range(50)}}
    async with served.request("POST", CONFIG_MAPS, json=body) as answer:
        warnings = answer.headers.getall("Warning")
    assert 10 <= len(warnings) < 20
    assert all(len(warning) < 300 for warning in warnings)


async def test_a_list_goes_on_after_its_revision_is_gone(served: Served) -> None:
    for name in "abcd":
        await served.json("POST", CONFIG_MAPS, json=config_map(name), status=201)
    page = await served.json("GET", f"{CONFIG_MAPS}?limit=2")
    await served.json("POST", CONFIG_MAPS, json=config_map("bb"), status=201)
    await served.plane.store.compact(served.plane.store.revision)
    token = page["metadata"]["continue"]
    gone = await served.json("GET", f"{CONFIG_MAPS}?limit=2&continue={token}", status=410)
    assert gone["reason"] == "Expired"
    onward = gone["metadata"]["continue"]
    rest = await served.json("GET", f"{CONFIG_MAPS}?limit=2&continue={onward}")
    assert [item["metadata"]["name"] for item in rest["items"]] == ["bb", "c"]
    assert json.loads(base64.urlsafe_b64decode(onward + "==="))["rv"] == -1


async def test_the_older_form_of_a_watch(served: Served) -> None:
    for name in "ab":
        await served.json("POST", CONFIG_MAPS, json=config_map(name), status=201)
    path = "/api/v1/watch/namespaces/default/configmaps"
    async with served.request("GET", f"{path}?timeoutSeconds=1") as answer:
        assert len((await answer.text()).splitlines()) == 2
    async with served.request("GET", f"{path}/b?timeoutSeconds=1") as answer:
        event = json.loads(await answer.text())
    assert event["object"]["metadata"]["name"] == "b"
    await served.json("GET", "/apis/apps/v1/watch/watch/deployments", status=404)


async def test_watches_can_be_messages_of_a_websocket(served: Served) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("a"), status=201)
    async with served.session.ws_connect(f"{served.url}{CONFIG_MAPS}?watch=true") as socket:
        assert (await socket.receive_json(timeout=5))["type"] == "ADDED"
        await served.json("DELETE", f"{CONFIG_MAPS}/a")
        assert (await socket.receive_json(timeout=5))["type"] == "DELETED"
    async with served.session.ws_connect(f"{served.url}{CONFIG_MAPS}?watch=1&timeoutSeconds=1") as socket:
        assert (await socket.receive(timeout=5)).type.name == "CLOSE"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("32s", 32), ("1m30s", 60), (".5s", 0.5), ("500ms", 0.5), ("9999999h", 60), ("0", 60), ("", 60)],
)
def test_timeouts_have_a_limit(text: str, seconds: float) -> None:
    assert seconds_allowed({"timeout": [text]}, 60) == seconds


@pytest.mark.parametrize("text", ["5", "s", "-1s", "1 s", "x", "99999999999999h", "9" * 400 + "h"])
def test_timeouts_that_are_none(text: str) -> None:
    with pytest.raises(BadRequest, match="invalid timeout specified in the request URL"):
        seconds_allowed({"timeout": [text]}, 60)


async def test_a_timeout_that_is_none_is_refused(served: Served) -> None:
    refused = await served.json("GET", f"{CONFIG_MAPS}?timeout=soon", status=400)
    assert "invalid timeout specified in the request URL" in refused["message"]
    await served.json("GET", f"{CONFIG_MAPS}?timeout=32s")
