"""The interface over HTTPS, against a cluster that runs in the same loop."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from textual.widgets import Button

from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.request import User
from tuik8s.client import Client
from tuik8s.client.remote import Kubeconfig, RemoteServer, transport_to
from tuik8s.cluster import Cluster
from tuik8s.config import Config
from tuik8s.tui.app import TuiApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from textual.pilot import Pilot

    from tuik8s.api.objects import Obj

WEB = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: busybox, command: [sh, -c, "echo hello from web; sleep infinity"]}
"""


class Relay:
    """Before the API's port; a test can cut it and mend it."""

    def __init__(self, far_port: int) -> None:
        self.port = 0
        self._far_port = far_port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._far_port)
        both = {writer, far_writer}
        self._writers |= both
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        self._writers -= both
        for one in both:
            one.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.transport.abort()


class Stage:
    def __init__(self, app: TuiApp, pilot: Pilot[None], cluster: Cluster, relay: Relay) -> None:
        self.app = app
        self.pilot = pilot
        self.client = cluster.client
        self.relay = relay

    def screen(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(part.text for part in strip).rstrip() for strip in strips)

    async def shows(self, *texts: str, limit: float = 20.0) -> None:
        await self.holds(lambda: all(text in self.screen() for text in texts), str(texts), limit)

    async def holds(self, test: Callable[[], bool], what: str, limit: float = 20.0) -> None:
        deadline = asyncio.get_running_loop().time() + limit
        while not test():
            if asyncio.get_running_loop().time() > deadline:
                raise AssertionError(f"not within {limit} s: {what}\n{self.screen()}")
            await asyncio.sleep(0.05)


@asynccontextmanager
async def stage_in(tmp_path: Path) -> AsyncIterator[Stage]:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "web.yaml").write_text(WEB)
    config = Config(
        cluster="far", ephemeral=True, runtime="simulated", folder=folder, seed=1, listen="127.0.0.1:0",
        data_dir=tmp_path / "data", nodes=2,
    )  # fmt: skip
    async with Cluster(config) as cluster:
        await cluster.started()
        assert cluster.listener is not None
        await until(cluster.client, kinds.POD, lambda pods: len(pods) == 2)
        relay = Relay(urlsplit(cluster.listener.endpoint).port or 0)
        await relay.mend()
        context = Kubeconfig.load([cluster.listener.kubeconfig], explicit=True).context()
        cluster_entry = {**context.cluster, "server": f"https://127.0.0.1:{relay.port}"}
        transport = transport_to(type(context)(context.name, cluster_entry, context.user))
        server = await RemoteServer.open(context.name, transport)
        client = Client(transport, User("far"), agent="tuik8s")
        app = TuiApp(client, remote=server, kinds=await server.kinds())
        try:
            async with app.run_test(size=(120, 40)) as pilot:
                yield Stage(app, pilot, cluster, relay)
        finally:
            await transport.close()
            await relay.cut()


async def test_a_day_with_a_cluster_elsewhere(tmp_path: Path) -> None:
    async with stage_in(tmp_path) as stage:
        pilot = stage.pilot
        await stage.shows("nodes 2/2", "pods 2/2", "v1.", "hello from web")
        await pilot.press("g", "d", "plus")
        await until(stage.client, kinds.DEPLOYMENT, lambda found: found[0]["spec"]["replicas"] == 3)
        await stage.shows("3/3")
        await pilot.press("y")
        await stage.shows("apiVersion: apps/v1", "replicas: 3")
        await pilot.press("escape", "d")
        await stage.shows("StrategyType:", "NewReplicaSet:", "Events:")
        await pilot.press("escape", "r")
        await stage.shows("restart deployment default/web: done")
        await pilot.press("D")
        await stage.shows("Delete deployment default/web", "goes with it (")
        stage.app.screen.query_one("#confirm", Button).press()
        await until(stage.client, kinds.DEPLOYMENT, lambda found: not found)


async def test_a_connection_that_is_cut_and_mended(tmp_path: Path) -> None:
    async with stage_in(tmp_path) as stage:
        await stage.shows("pods 2/2")
        await stage.relay.cut()
        await stage.shows("API lost: cannot connect to https://127.0.0.1:", "web-", "nodes 2/2")
        await stage.client.create(kinds.CONFIG_MAP, _config_map("meanwhile"))
        await stage.pilot.press(":", *"cm", "enter")  # nothing hangs
        await stage.relay.mend()
        await stage.holds(lambda: "API lost" not in stage.screen(), "recovery")
        await stage.shows("meanwhile")
        await stage.client.delete(kinds.CONFIG_MAP, "default", "meanwhile")
        await stage.holds(lambda: "meanwhile" not in stage.screen(), "watches live again")


def _config_map(name: str) -> Obj:
    return {"metadata": {"name": name, "namespace": "default"}}
