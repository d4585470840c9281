"""The interface over a cluster elsewhere: what it lacks, what may not be seen, kinds that come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.tui.conftest import run_stage
from tests.tui.fakes import FakeTransport, meta, populate
from tuik8s.api.errors import Forbidden, NotFound, ServiceUnavailable
from tuik8s.api.kinds import (
    CUSTOM_RESOURCE_DEFINITION,
    DEPLOYMENT,
    NAMESPACE,
    POD,
    SERVED,
    Kind,
    KindRegistry,
)
from tuik8s.api.request import Response, Verb, WatchEvent
from tuik8s.client import ReadOnlyTransport
from tuik8s.tui.feed import heartbeat, tables
from tuik8s.tui.rows.resources import API_RESOURCE
from tuik8s.tui.screens.titles import kind_label
from tuik8s.tui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.tui.conftest import Stage
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request

CRON_TAB = Kind("ex.io", "v1", "CronTab", "crontabs", True, ("ct",), ("all",), ("status", "scale"))


NOTHING: tuple[WatchEvent, ...] = ()


class FakeRemote:
    context = "prod-eu"
    contexts = ("dev", "prod-eu", "prod-us")
    endpoint = "https://10.0.0.1:6443"
    version = "v1.33.2"
    milliseconds = 12.0
    answered = 7

    def __init__(self) -> None:
        self.served = list(SERVED)
        self.asked = 0
        self.silence = ""

    def requests(self) -> list[Any]:
        return []

    async def ping(self) -> None:
        if self.silence:
            raise ServiceUnavailable(self.silence)

    async def kinds(self) -> KindRegistry:
        self.asked += 1
        return KindRegistry(self.served)


class Restricted(FakeTransport):
    """Shows nothing but what lies in the one namespace."""

    def __init__(self, namespace: str) -> None:
        super().__init__()
        self.namespace = namespace

    async def send(self, request: Request) -> Response:
        if request.verb is Verb.LIST and request.namespace != self.namespace:
            raise Forbidden.on(str(request.kind), "", 'User "ann" cannot list resource at the cluster scope')
        answer = await super().send(request)
        if request.verb is Verb.LIST:
            rows = [row for row in answer.object["rows"] if _place(row) == self.namespace]
            return Response({**answer.object, "rows": rows})
        return answer


def _place(row: Obj) -> str:
    return str(row["object"]["metadata"].get("namespace", ""))


async def command(stage: Stage, text: str) -> None:
    await stage.press(":", *text, "enter")
    await stage.settle()


async def test_what_only_the_own_cluster_can_show_says_so() -> None:
    async with run_stage((200, 60), info=None, remote=FakeRemote()) as stage:
        stage.app.main.every_second()
        await stage.settle()
        screen = stage.screen()
        assert "prod-eu" in screen.splitlines()[0]
        assert "v1.33.2  https://10.0.0.1:6443" in screen.splitlines()[0]
        assert "a manifest folder is not available on a" in screen
        assert "queues, causes, scheduler verdicts, components: not available on a remote cluster" in screen
        assert "API requests of this interface" in screen
        await stage.press("W")
        assert "who caused what is not available on a remote cluster" in stage.screen()
        await stage.press("X")
        assert "components is not available on a remote cluster" in stage.screen()


async def test_what_may_not_be_listed_says_why_in_its_pane() -> None:
    transport = Restricted("prod")
    populate(transport)
    async with run_stage(info=None, remote=FakeRemote(), transport=transport, filled=False) as stage:
        screen = stage.screen()
        assert 'pods is forbidden: User "ann" cannot list resource' in screen
        assert "choose a namespace you may look into" in screen
        assert "nodes not to be seen" in screen
        assert "API lost" not in screen
        await command(stage, "ns prod")
        await stage.pilot.pause(0.3)
        screen = stage.screen()
        assert "db-0" in screen
        assert "web-7d9f" not in screen
        assert "nodes is forbidden" in screen


async def test_what_may_be_listed_but_not_watched_is_listed_again() -> None:
    class ListOnly(FakeTransport):
        async def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
            for event in NOTHING:
                yield event
            raise Forbidden.on(str(request.kind), "", "no watch")

    transport = ListOnly()
    with patch.object(tables, "POLL", 0.05):
        async with run_stage(info=None, remote=FakeRemote(), transport=transport) as stage:
            assert "db-0" in stage.screen()
            transport.remove(POD, "uid-prod-db-0")
            await stage.pilot.pause(0.2)
            assert "db-0" not in stage.screen()
            assert "API lost" not in stage.screen()


async def test_watches_that_end_at_once_are_a_failure_and_no_hurry() -> None:
    class Hasty(FakeTransport):
        async def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
            for event in NOTHING:
                yield event

    transport = Hasty()
    async with run_stage(info=None, remote=FakeRemote(), transport=transport) as stage:
        assert "API lost: the watch closed before any event came" in stage.screen()
        await stage.pilot.pause(0.5)
        assert transport.lists < 30


async def test_a_server_that_falls_silent_is_noticed_although_no_watch_breaks() -> None:
    remote = FakeRemote()
    with patch.object(heartbeat, "EVERY", 0.05):
        async with run_stage(info=None, remote=remote) as stage:
            remote.silence = "it does not answer"
            await stage.pilot.pause(0.1)
            stage.app.main.every_second()
            await stage.settle()
            assert "API lost: it does not answer" in stage.screen()
            remote.silence = ""
            await stage.pilot.pause(0.1)
            stage.app.main.every_second()
            await stage.settle()
            assert "API lost" not in stage.screen()


async def test_going_on_to_another_context() -> None:
    async with run_stage(info=None, remote=FakeRemote()) as stage:
        await command(stage, "ctx nope")
        assert "no context 'nope': there are dev, prod-eu, prod-us" in stage.screen()
        await command(stage, "ctx")
        assert "Which context" in stage.screen()
        await stage.press("escape", ":", *"ctx prod-u", "tab", "enter")
        assert stage.app.next_context == "prod-us"
    async with run_stage() as stage:
        await command(stage, "ctx dev")
        assert "tuik8s --context NAME" in stage.screen()


async def test_what_went_wrong_on_the_way_is_told_first() -> None:
    settings = Settings(greeting="dev: [b]nobody[/b] listens")
    async with run_stage(info=None, remote=FakeRemote(), settings=settings) as stage:
        assert "dev: [b]nobody[/b] listens" in stage.screen()


async def test_kinds_that_come_and_go() -> None:
    remote, transport = FakeRemote(), FakeTransport()
    nightly = {"apiVersion": "ex.io/v1", "kind": "CronTab", "metadata": meta("nightly", "default", 5)}
    transport.put(CRON_TAB, nightly | {"spec": {"size": 2, "replicas": 4}}, ["nightly", "5s"])
    async with run_stage(info=None, remote=remote, transport=transport) as stage:
        await command(stage, "ct")
        assert "'ct' is neither a kind nor a command" in stage.screen()
        remote.served.append(CRON_TAB)
        await command(stage, "ct")
        assert "CronTabs  1" in stage.screen()
        assert "nightly" in stage.screen()
        assert stage.app.main.possible(stage.app.keys["workload.scale"])
        await stage.press("d")
        assert "Size:" in stage.screen()
        await stage.press("escape", "s")
        assert "Scale crontab default/nightly (now 4)" in stage.screen()
        await stage.press("escape", "escape")
        assert "Pods  9" in stage.screen()


async def test_every_kind_in_a_table() -> None:
    remote = FakeRemote()
    remote.served.append(CRON_TAB)
    async with run_stage((200, 60), info=None, remote=remote) as stage:
        await stage.press("ctrl+a")
        await stage.settle()
        table = stage.app.main.table("main")
        assert stage.app.main.navigator.kind == API_RESOURCE
        assert not stage.app.main.possible(stage.app.keys["object.delete"])
        assert not stage.app.main.possible(stage.app.keys["object.describe"])
        assert table.select("ex.io/v1/crontabs")
        await stage.press("enter")
        assert stage.app.main.navigator.kind == CRON_TAB
        await stage.press("escape")
        assert stage.app.main.navigator.kind == API_RESOURCE
        await command(stage, "api-resources")
        await stage.press("/", *"ex.io", "enter")
        assert "crontabs" in stage.screen()
        assert "configmaps" not in stage.screen()


async def test_enter_leads_from_a_definition_to_its_objects_and_from_a_namespace_to_its_pods() -> None:
    remote, transport = FakeRemote(), FakeTransport()
    remote.served.append(CRON_TAB)
    definition: Obj = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": meta("crontabs.ex.io", "", 5),
        "spec": {
            "group": "ex.io", "names": {"plural": "crontabs"},
            "versions": [{"name": "v0", "served": False}, {"name": "v1", "served": True}],
        },
    }  # fmt: skip
    transport.put(CUSTOM_RESOURCE_DEFINITION, definition, ["crontabs.ex.io", "5s"])
    async with run_stage(info=None, remote=remote, transport=transport) as stage:
        stage.app.kinds = await remote.kinds()
        await command(stage, "crd")
        await stage.press("enter")
        assert stage.app.main.navigator.kind == CRON_TAB
        stage.app.main.navigator.show_kind(NAMESPACE)
        await stage.settle()
        assert stage.app.main.table("main").select("uid--prod")
        await stage.press("enter")
        assert stage.app.main.navigator.kind == POD
        assert stage.app.main.namespaces == {"prod"}


async def test_a_kind_that_is_gone_says_so() -> None:
    class Gone(FakeTransport):
        async def send(self, request: Request) -> Response:
            if request.kind == CRON_TAB:
                raise NotFound("the server could not find the requested resource")
            return await super().send(request)

    remote = FakeRemote()
    remote.served.append(CRON_TAB)
    async with run_stage(info=None, remote=remote, transport=Gone()) as stage:
        stage.app.kinds = await remote.kinds()
        await command(stage, "crontabs")
        assert "the server could not find the requested resource" in stage.screen()
        assert "API lost" not in stage.screen()


async def test_objects_without_a_uid_are_told_apart_and_what_has_no_watch_is_listed() -> None:
    metrics = Kind("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", True, verbs=("get", "list"))
    transport = FakeTransport()
    for name in ("a", "b"):
        item: Obj = {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics"}
        item["metadata"] = meta(name, "default", 5)
        transport.put(metrics, item, [name, "5s"])
        del item["metadata"]["uid"]
    async with run_stage(info=None, remote=FakeRemote(), transport=transport) as stage:
        stage.app.main.navigator.show_kind(metrics)
        await stage.settle()
        assert len(stage.app.main.table("main").order) == 2
        assert not any(r.kind == metrics and r.verb is Verb.WATCH for r in transport.requests)
        assert not stage.app.main.possible(stage.app.keys["object.delete"])


async def test_read_only_hides_what_changes_and_lets_nothing_through() -> None:
    transport, settings = FakeTransport(), Settings(read_only=True)
    options: dict[str, Any] = {"info": None, "remote": FakeRemote(), "transport": transport}
    async with run_stage((200, 60), settings=settings, **options) as stage:
        assert "[RO]" in stage.screen()
        assert "delete" not in stage.screen().splitlines()[-1]
        await stage.press("g", "d", "D")
        assert "Delete" not in stage.screen()
        stage.app.client.transport = ReadOnlyTransport(transport)
        stage.app.run_handler("workload.restart", stage.app.main.targets(stage.app.keys["workload.restart"]))
        await stage.settle()
        assert "since --read-only was asked for" in stage.screen()
        assert all(request.verb in (Verb.GET, Verb.LIST) for request in transport.requests)


def test_kinds_in_their_plural() -> None:
    names = {kind.kind: kind_label(kind) for kind in SERVED}
    assert names["NetworkPolicy"] == "NetworkPolicies"
    assert (names["Ingress"], names["Endpoints"], names["Pod"]) == ("Ingresses", "Endpoints", "Pods")
    assert names[DEPLOYMENT.kind] == "Deployments"
    assert kind_label(POD) == "Pods"
    assert kind_label(Kind("x", "v1", "Mouse", "mice", True)) == "Mouse"
