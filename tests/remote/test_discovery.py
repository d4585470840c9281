"""Which kinds a server has, told in three ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.remote.odd_server import odd_server
from tuik8s.api import kinds
from tuik8s.api.kinds import SERVED
from tuik8s.client.remote import discover, server_version

if TYPE_CHECKING:
    from tuik8s.client.remote import HttpsTransport

SHOWN = ["create", "get", "list", "watch"]


async def test_our_own_server(remote: HttpsTransport) -> None:
    found = await discover(remote)
    assert found.find("po") is kinds.POD
    assert found.find("deploy") is kinds.DEPLOYMENT
    assert found.by_plural("events.k8s.io", "v1", "events") is kinds.EVENTS_EVENT
    others = set(found) - set(SERVED)  # versions that have retired
    assert all("alpha" in kind.version or "beta" in kind.version for kind in others)
    assert (await server_version(remote)).startswith("v1.")


def entry(plural: str, kind: str, *, verbs: list[str] = SHOWN, scope: str = "Namespaced", **more: Any) -> Any:
    return {"resource": plural, "responseKind": {"kind": kind}, "scope": scope, "verbs": verbs, **more}


async def test_aggregated() -> None:
    scale = [{"subresource": "scale"}, {"subresource": "status"}]
    groups = {
        "/prefix/api": [
            {"metadata": {}, "versions": [{"version": "v1", "resources": [entry("pods", "Pod")]}]},
        ],
        "/prefix/apis": [
            {"metadata": {"name": "ex.io"}, "versions": [
                {"version": "v2", "resources": [
                    entry("crontabs", "CronTab", shortNames=["ct"], categories=["all"], subresources=scale),
                    entry("reviews", "Review", verbs=["create"]),
                ]},
                {"version": "v1", "resources": [entry("crontabs", "CronTab"), entry("olds", "Old")]},
            ]},
            {"metadata": {"name": "gone.io"}, "versions": [{"version": "v1", "freshness": "Stale"}]},
            {"metadata": {"name": "z.io"}, "versions": [
                {"version": "v1", "resources": [entry("zones", "Zone", scope="Cluster")]}
            ]},
        ],
    }  # fmt: skip

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return web.json_response({"kind": "APIGroupDiscoveryList", "items": groups[request.path]})

    async with odd_server(answer) as odd:
        found = await discover(odd.transport)
        assert "v=v2;as=APIGroupDiscoveryList" in odd.asked[0].headers["Accept"]
    assert [(kind.plural, kind.version) for kind in found] == [
        ("pods", "v1"), ("crontabs", "v2"), ("zones", "v1"), ("crontabs", "v1"), ("olds", "v1"),
    ]  # fmt: skip
    crontab = found.find("ct")
    assert crontab is not None
    assert (crontab.version, crontab.subresources, crontab.categories) == (
        "v2",
        ("scale", "status"),
        ("all",),
    )
    assert [kind.namespaced for kind in found][2] is False


async def test_the_older_lists() -> None:
    answers: dict[str, Any] = {
        "/prefix/api": {"versions": ["v1"]},
        "/prefix/apis": {"groups": [
            {"name": "ex.io", "preferredVersion": {"version": "v2"},
             "versions": [{"version": "v1"}, {"version": "v2"}]},
            {"name": "broken.io", "versions": [{"version": "v1"}]},
        ]},
        "/prefix/api/v1": {"resources": [
            {"name": "pods", "kind": "Pod", "namespaced": True, "verbs": SHOWN, "shortNames": ["po"]},
            {"name": "pods/log", "kind": "Pod", "namespaced": True, "verbs": ["get"]},
        ]},
        "/prefix/apis/ex.io/v1": {"resources": [
            {"name": "crontabs", "kind": "CronTab", "namespaced": True, "verbs": SHOWN},
        ]},
        "/prefix/apis/ex.io/v2": {"resources": [
            {"name": "crontabs/scale", "kind": "Scale", "namespaced": True, "verbs": ["get"]},
            {"name": "crontabs", "kind": "CronTab", "namespaced": True, "verbs": SHOWN},
        ]},
    }  # fmt: skip

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path not in answers:
            return web.Response(status=503, text="its server is gone")
        return web.json_response(answers[request.path])

    async with odd_server(answer) as odd:
        found = await discover(odd.transport)
    assert [(kind.plural, kind.version) for kind in found] == [
        ("pods", "v1"), ("crontabs", "v2"), ("crontabs", "v1"),
    ]  # fmt: skip
    crontab = found.find("crontab.ex.io")
    assert crontab is not None
    assert crontab.subresources == ("scale",)
