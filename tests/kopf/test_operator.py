"""A real kopf operator with a definition of its own, as its authors would run it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.crontabs import GROUP, cron_tab, definition, version
from tuik8s.api import kinds
from tuik8s.api.errors import NotFound
from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

kopf = pytest.importorskip("kopf")
LIMIT = 30.0


class Calls:
    """What the operator was called for."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.ticks = 0


def operator(calls: Calls) -> Any:
    registry = kopf.OperatorRegistry()
    where = (GROUP, "v1", "crontabs")

    @kopf.on.startup(registry=registry)  # type: ignore[untyped-decorator]
    async def configure(settings: Any, **_: Any) -> None:
        settings.posting.level = logging.WARNING
        settings.scanning.disabled = False

    @kopf.on.login(registry=registry)  # type: ignore[untyped-decorator]
    def login(**arguments: Any) -> Any:
        return kopf.login_with_kubeconfig(**arguments)

    @kopf.on.create(*where, id="created", registry=registry)  # type: ignore[untyped-decorator]
    async def created(name: str, spec: Any, patch: Any, **_: Any) -> dict[str, str]:
        calls.seen.append(("create", name))
        patch.status["phase"] = f"runs {spec['cronSpec']}"
        return {"job": f"{name}-job"}

    @kopf.on.update(*where, registry=registry)  # type: ignore[untyped-decorator]
    async def updated(name: str, diff: Any, **_: Any) -> None:
        calls.seen.append(("update", name))

    @kopf.on.delete(*where, registry=registry)  # type: ignore[untyped-decorator]
    async def deleted(name: str, **_: Any) -> None:
        calls.seen.append(("delete", name))

    @kopf.timer(*where, interval=0.2, registry=registry)  # type: ignore[untyped-decorator]
    async def tick(**_: Any) -> None:
        calls.ticks += 1

    return registry


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    config = Config(
        cluster="kopf", ephemeral=True, runtime="simulated", data_dir=tmp_path, listen="127.0.0.1:0", seed=1
    )  # fmt: skip
    async with Cluster(config) as running:
        await running.started()
        yield running


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():  # noqa: ASYNC110  what the operator remembers sets no event
            await asyncio.sleep(0.02)


def current(cluster: Cluster, kind: Kind, name: str) -> Obj | None:
    return cluster.store.get(kind.storage_key("default", name))


async def test_an_operator_handles_its_objects(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, ready, stop = Calls(), asyncio.Event(), asyncio.Event()
    assert cluster.listener is not None
    monkeypatch.setenv("KUBECONFIG", str(cluster.listener.kubeconfig))
    await cluster.client.create(kinds.CUSTOM_RESOURCE_DEFINITION, definition(preserved()))
    await until(lambda: cluster.registry.find("crontabs"))
    kind = cluster.registry.find("crontabs")
    assert kind is not None
    running = asyncio.create_task(
        kopf.operator(registry=operator(calls), ready_flag=ready, stop_flag=stop, clusterwide=True)
    )
    try:
        async with asyncio.timeout(LIMIT):
            await ready.wait()
        await cluster.client.create(kind, cron_tab())
        await until(lambda: ("create", "my-cron") in calls.seen)
        await until(lambda: {"phase", "created"} <= set(found(cluster, kind).get("status") or {}))
        obj = found(cluster, kind)
        assert obj["status"]["phase"] == "runs * * * * */5"
        assert obj["status"]["created"] == {"job": "my-cron-job"}
        assert obj["metadata"]["finalizers"] == ["kopf.zalando.org/KopfFinalizerMarker"]
        await until(lambda: calls.ticks > 2)
        await cluster.client.patch(kind, "default", "my-cron", {"spec": {"replicas": 3}})
        await until(lambda: ("update", "my-cron") in calls.seen)
        await cluster.client.delete(kind, "default", "my-cron")
        await until(lambda: current(cluster, kind, "my-cron") is None)
        assert calls.seen[-1] == ("delete", "my-cron")
        with pytest.raises(NotFound):
            await cluster.client.get(kind, "default", "my-cron")
    finally:
        stop.set()
        await asyncio.wait_for(running, LIMIT)


def found(cluster: Cluster, kind: Kind) -> Obj:
    obj = current(cluster, kind, "my-cron")
    assert obj is not None
    return obj


def preserved() -> Obj:
    """kopf keeps its progress and the results of handlers in the status."""
    made = version()
    made["schema"]["openAPIV3Schema"]["properties"]["status"]["x-kubernetes-preserve-unknown-fields"] = True
    return made
