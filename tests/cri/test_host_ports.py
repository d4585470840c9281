"""Host ports of the simulated runtime: real sockets, and a fault where one is taken."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from tests.support.clock import LoopClock
from tuik8s.cri import ContainerConfig, PodSandboxConfig, PortMapping, RuntimeFault
from tuik8s.cri.simulated import SimulatedRuntime

HOST = "127.0.0.1"


def _sandbox(port: int) -> PodSandboxConfig:
    mapping = PortMapping(container_port=8080, host_port=port)
    return PodSandboxConfig(name="web", namespace="default", uid="1", node="node-1", ports=(mapping,))


async def test_a_taken_port_fails_the_sandbox_and_is_had_once_it_is_free() -> None:
    runtime = SimulatedRuntime(cluster="c", clock=LoopClock(), host=HOST)
    with closing(socket.create_server((HOST, 0))) as other:
        port = other.getsockname()[1]
        with pytest.raises(RuntimeFault, match=rf"Bind for 127\.0\.0\.1:{port} failed"):
            await runtime.run_sandbox(_sandbox(port))
        assert await runtime.list_sandboxes() == []

    sandbox = await runtime.run_sandbox(_sandbox(port))
    config = ContainerConfig(name="web", image="web", ports=(PortMapping(container_port=8080),))
    container = await runtime.create_container(sandbox, config, _sandbox(port))
    await runtime.start_container(container)
    with closing(socket.create_connection((HOST, port))):
        pass
    await runtime.remove_sandbox(sandbox)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port))
    await runtime.close()
