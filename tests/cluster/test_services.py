"""NodePorts from outside: both protocols, affinity, a taken port, and a rollout nobody notices."""

from __future__ import annotations

import asyncio
import re
import socket
import sys
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from tests.cluster.workloads import (
    READINESS,
    SHELL,
    all_ready,
    container,
    deployment,
    release,
    rolled_out,
    service,
    told,
)
from tests.support.waiting import until
from tuik8s.api import kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.cluster import Cluster

    Save = Callable[[str, str], None]

PORT = 30321
# A pod that is asked to end goes on serving until every proxy has heard of it.
DRAIN = {"preStop": {"sleep": {"seconds": 1}}}


def node_port(**spec: object) -> str:
    ports = [{"port": 80, "targetPort": 8080, "nodePort": PORT}]
    return service("web", **{"type": "NodePort", "ports": ports, **spec})


async def test_a_rollout_fails_no_connection(cluster: Cluster, save: Save) -> None:
    save("service.yaml", node_port())
    save("web.yaml", _web("one"))
    await until(cluster.client, kinds.POD, all_ready(2), "default")
    await until(cluster.client, kinds.ENDPOINT_SLICE, _serves(2), "default")

    save("web.yaml", _web("two"))
    done = asyncio.create_task(
        until(
            cluster.client, kinds.DEPLOYMENT,
            lambda found: found[0]["metadata"]["generation"] > 1 and rolled_out(found), "default",
        )
    )  # fmt: skip
    answers = 0
    while not done.done():
        await _get(PORT)
        answers += 1
        await asyncio.sleep(0.01)  # a visitor, not an attack
    await done
    assert answers


async def test_clients_stay_with_their_pod(cluster: Cluster, save: Save) -> None:
    save("service.yaml", node_port(sessionAffinity="ClientIP"))
    save("web.yaml", _web("one"))
    await until(cluster.client, kinds.ENDPOINT_SLICE, _serves(2), "default")
    found = {address for _ in range(6) for address in re.findall(r"10\.\d+\.\d+\.\d+", await _get(PORT))}
    assert len(found) == 1


async def test_datagrams_come_back(cluster: Cluster, save: Save) -> None:
    ports = [{"port": 53, "targetPort": 5353, "nodePort": PORT, "protocol": "UDP"}]
    save("service.yaml", service("web", type="NodePort", ports=ports))
    save("web.yaml", deployment("web", _udp_echo(cluster), replicas=1, pod_spec=_MACHINE))
    await until(cluster.client, kinds.ENDPOINT_SLICE, _serves(1), "default")

    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as client:
        client.setblocking(False)
        client.connect(("127.0.0.1", PORT))
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(10):
            answer = b""
            while answer != b"hello":
                await loop.sock_sendall(client, b"hello")
                with suppress(TimeoutError, ConnectionRefusedError):
                    answer = await asyncio.wait_for(loop.sock_recv(client, 100), 0.5)


async def test_a_port_that_another_program_has(cluster: Cluster, save: Save) -> None:
    with closing(socket.socket()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", PORT))
        other.listen()
        save("service.yaml", node_port())
        save("web.yaml", _web("one"))
        events = await until(
            cluster.client, kinds.EVENT, told("FailedToListenOnNodePort"), "default", limit=10
        )
    assert any(str(PORT) in event["message"] and event["type"] == "Warning" for event in events)


# Nothing in the test images answers datagrams: on Docker this very Python does, in the pod's network.
_MACHINE = {"volumes": [{"name": "machine", "hostPath": {"path": "/"}}]}
_ECHO = """
import socket
import sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 5353))
while True:
    server.sendto(*server.recvfrom(2048))
"""


def _udp_echo(cluster: Cluster) -> Obj:
    ports = [{"containerPort": 5353, "protocol": "UDP"}]
    if cluster.config.runtime == "simulated":
        return container(ports=ports)
    mount = {"name": "machine", "mountPath": "/machine", "readOnly": True}
    command = ["busybox", "chroot", "/machine", sys.executable, "-S", "-c", _ECHO]
    return container(image=SHELL, command=command, volumeMounts=[mount], ports=ports)


def _web(name: str) -> str:
    server = container(env=release(name), readinessProbe=READINESS, lifecycle=DRAIN)
    return deployment(
        "web", server, strategy={"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
        pod_spec={"terminationGracePeriodSeconds": 5},
    )  # fmt: skip


def _serves(count: int) -> Callable[[list[Obj]], bool]:
    return lambda slices: (
        sum(
            endpoint["conditions"]["ready"]
            for piece in slices
            if piece["metadata"]["labels"].get("kubernetes.io/service-name") == "web"
            for endpoint in piece.get("endpoints") or ()
        )
        == count
    )


async def _get(port: int) -> str:
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = (await reader.read()).decode()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith("HTTP/1.1 200"), answer
    return answer
