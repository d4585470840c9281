"""Ports, restarts, and the cluster around the listener."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from typing import TYPE_CHECKING

import aiohttp
import pytest
import yaml

from tests.http.conftest import SOON, Served, client_context
from tests.support.control_plane import ControlPlane
from tuik8s.api.kinds import KindRegistry
from tuik8s.apiserver.http import HttpServer, Listener
from tuik8s.cluster import Cluster
from tuik8s.config import BadConfig, Config

if TYPE_CHECKING:
    from pathlib import Path

    from tuik8s.apiserver.certificates import Pki


async def _version(endpoint: str, context: ssl.SSLContext) -> int:
    connector = aiohttp.TCPConnector(ssl=context)
    session = aiohttp.ClientSession(connector=connector, timeout=SOON)
    async with session, session.get(f"{endpoint}/version") as answer:
        return answer.status


async def test_a_taken_port_stands_for_the_next_free_one_and_runs_can_be_repeated(pki: Pki) -> None:
    plane = await ControlPlane.start()
    server = HttpServer(plane.api, KindRegistry(), clock=plane.clock)
    first = Listener(server, "127.0.0.1", 0)
    first.open()
    port = int(first.endpoint.rpartition(":")[2])
    second = Listener(server, "127.0.0.1", port)
    second.open()
    assert port < int(second.endpoint.rpartition(":")[2]) <= port + 100
    first.close()
    second.secure(pki)
    for _ in range(2):
        running = asyncio.create_task(second.run())
        await asyncio.sleep(0)  # it listens when it first waits
        await asyncio.sleep(0)
        assert await _version(second.endpoint, client_context(pki)) == 200
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        with pytest.raises(aiohttp.ClientConnectorError):
            await _version(second.endpoint, client_context(pki))
    await plane.close()


async def test_a_cluster_writes_its_kubeconfig_and_takes_it_away(tmp_path: Path) -> None:
    config = Config(
        cluster="test", ephemeral=True, nodes=0, runtime="simulated", data_dir=tmp_path,
        listen="127.0.0.1:0", seed=1,
    )  # fmt: skip
    async with Cluster(config) as cluster:
        await cluster.started()
        found = yaml.safe_load((tmp_path / "kubeconfig").read_text())
        assert found["clusters"][0]["cluster"]["server"] == cluster.info.endpoint
        assert (tmp_path / "kubeconfig").stat().st_mode & 0o777 == 0o600
        context = ssl.create_default_context(cafile=str(cluster.directory / "pki" / "ca.crt"))
        assert await _version(cluster.info.endpoint, context) == 200
        assert "kube-apiserver" in [state.name for state in cluster.supervisor.states()]
    assert not (tmp_path / "kubeconfig").exists()


async def test_a_cluster_that_is_told_so_listens_nowhere() -> None:
    config = Config(cluster="test", ephemeral=True, nodes=0, runtime="simulated", listen="", seed=1)
    async with Cluster(config) as cluster:
        await cluster.started()
        assert cluster.info.endpoint == ""
        assert not (cluster.directory / "pki" / "apiserver.crt").exists()
        assert str(cluster.directory).startswith(tempfile.gettempdir())


async def test_where_everything_is_allowed_nobody_unknown_is_let_in(tmp_path: Path) -> None:
    config = Config(
        cluster="test", ephemeral=True, nodes=0, data_dir=tmp_path, runtime="simulated",
        listen="127.0.0.1:0", seed=1, authorization_mode="AlwaysAllow",
    )  # fmt: skip
    async with Cluster(config) as cluster:
        await cluster.started()
        context = ssl.create_default_context(cafile=str(cluster.directory / "pki" / "ca.crt"))
        assert await _version(cluster.info.endpoint, context) == 401


async def test_open_watches_do_not_hold_the_end_up(served: Served) -> None:
    loop = asyncio.get_running_loop()
    async with served.request("GET", "/api/v1/pods?watch=1") as answer:
        began = loop.time()
        served.serving.cancel()
        await asyncio.gather(served.serving, return_exceptions=True)
        assert loop.time() - began < 3
        with pytest.raises(aiohttp.ClientError):
            await answer.read()


@pytest.mark.parametrize("text", ["6443", "localhost:6443", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:-1"])
def test_addresses_that_are_none(text: str) -> None:
    with pytest.raises(BadConfig, match="no IP address and port"):
        Config(listen=text)
