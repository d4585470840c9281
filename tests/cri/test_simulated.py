"""What only the simulated runtime promises: annotations, plug-ins, determinism, cheapness."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from tests.cri.lab import Lab
from tests.support.clock import LoopClock
from tuik8s.cri import (
    ContainerConfig,
    ContainerState,
    ImagePullFailed,
    Mount,
    PodSandboxConfig,
    PortMapping,
    RuntimeFault,
    RuntimeUnavailable,
)  # fmt: skip
from tuik8s.cri.simulated import Behaviour, HttpAnswer, SimulatedRuntime

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = pytest.mark.looptime


@pytest.fixture
def lab(simulated_lab: Lab) -> Lab:
    return simulated_lab


def now() -> float:
    return asyncio.get_running_loop().time()


async def annotated(lab: Lab, command: Sequence[str] = (), **annotations: str) -> tuple[str, str]:
    keys = {key.replace("_", "-"): value for key, value in annotations.items()}
    return await lab.run(*command, image="service_test:latest", pod=lab.pod(annotations=keys))


@pytest.mark.parametrize(
    ("annotations", "seconds", "code", "reason"),
    [
        ({"exit_code": "0"}, 0, 0, "Completed"),
        ({"exit_code": "7", "exit_after": "90s"}, 90, 7, "Error"),
        ({"crash_after": "500ms"}, 0.5, 1, "Error"),
        ({"crash_after": "2", "exit_code": "139"}, 2, 139, "Error"),
        ({"oom_after": "1.5m"}, 90, 137, "OOMKilled"),
        ({"start_delay": "10s", "exit_after": "5s"}, 15, 0, "Completed"),
    ],
)
async def test_annotations_decide_the_end(
    lab: Lab, annotations: dict[str, str], seconds: float, code: int, reason: str
) -> None:
    _, container = await annotated(lab, **annotations)
    status = await lab.ended(container)
    assert status.started_at is not None
    assert status.finished_at is not None
    assert (status.finished_at - status.started_at).total_seconds() == pytest.approx(seconds, abs=1e-3)
    assert (status.exit_code, status.reason) == (code, reason)


async def test_an_annotation_may_mean_one_container_of_the_pod(lab: Lab) -> None:
    pod = lab.pod(annotations={"exit-code": "3", "calm.exit-code": "0", "other.fail-start": "no"})
    sandbox, rough = await lab.run(pod=pod, image="service_test", name="rough")
    _, calm = await lab.run(pod=pod, sandbox=sandbox, image="service_test", name="calm")
    assert (await lab.ended(rough)).exit_code == 3
    assert (await lab.ended(calm)).exit_code == 0


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("exit-code", "300", "annotation sim.tuik8s.io/exit-code: '300' is not an exit code"),
        ("exit-after", "soon", "'soon' is not a duration"),
        ("http", "eighty", "'eighty' is not port=status:body"),
        ("cpu", "sine(1,2,0s)", "the period must be positive"),
        ("memory", "lots", "'lots' is not a quantity"),
        ("exit-cod", "1", "no such key"),
    ],
)
async def test_a_bad_annotation_is_named(lab: Lab, key: str, value: str, message: str) -> None:
    with pytest.raises(RuntimeFault, match=message.replace("(", r"\(").replace(")", r"\)")):
        await lab.run(pod=lab.pod(annotations={key: value}), image="service_test")
    assert await lab.runtime.list_containers() == []


async def test_log_lines_come_at_once_or_one_by_one(lab: Lab) -> None:
    _, quick = await annotated(lab, logs="one\ntwo")
    assert await lab.log_lines(quick) == [b"one", b"two"]
    pod = lab.pod("slow", annotations={"logs": "tick\ntock", "log-interval": "10s", "exit-after": "35s"})
    _, slow = await lab.run(pod=pod, image="service_test")
    assert await lab.log_lines(slow, follow=True) == [b"tick", b"tock", b"tick", b"tock"]


async def test_http_answers_by_port_and_path(lab: Lab) -> None:
    sandbox, _ = await annotated(lab, http="80=200:hello\n80/healthz=503:ill\n81=418:")
    assert (await lab.fetch(sandbox, 80, "/any?x=1")).endswith("\r\n\r\nhello")
    ill = await lab.fetch(sandbox, 80, "/healthz?deep=1")
    assert ill.startswith("HTTP/1.1 503 Service Unavailable\r\n")
    assert "X-Tuik8s-Runtime: simulated\r\n" in ill
    assert (await lab.fetch(sandbox, 81)).startswith("HTTP/1.1 418 ")
    with pytest.raises(ConnectionRefusedError):
        await lab.runtime.dial(sandbox, 8080)


async def test_not_ready_before_its_time(lab: Lab) -> None:
    sandbox, container = await annotated(lab, ready_after="20s")
    with pytest.raises(ConnectionRefusedError):
        await lab.runtime.dial(sandbox, 8080)
    assert (await lab.runtime.exec_sync(container, ["true"], 1)).exit_code == 1
    await lab.fetch(sandbox, 8080)
    assert now() >= 20
    assert (await lab.runtime.exec_sync(container, ["true"], 1)).exit_code == 0


async def test_usage_follows_its_curve(lab: Lab) -> None:
    await annotated(lab, cpu="sine(100m,300m,60s)", memory="ramp(10Mi,20Mi,100s)")
    seen = []
    for _ in range(4):
        [stats] = await lab.runtime.stats()
        seen.append((round(stats.cpu_nanoseconds / 1e6), round(stats.memory_bytes / 2**20)))
        await asyncio.sleep(15)
    await asyncio.sleep(1000)
    [last] = await lab.runtime.stats()
    assert seen == [(0, 10), (3955, 12), (7910, 13), (9955, 14)]
    assert last.memory_bytes == 20 * 2**20


async def test_the_default_server_ends_with_0_and_a_sleeper_with_143(lab: Lab) -> None:
    _, server = await annotated(lab)
    await lab.runtime.stop_container(server, 30)
    _, sleeper = await lab.run("sleep", "infinity", pod=lab.pod("sleeper"))
    await lab.runtime.stop_container(sleeper, 30)
    codes = [(await lab.status(one)).exit_code for one in (server, sleeper)]
    assert (codes, now()) == ([0, 143], 0)


async def test_ending_may_take_its_time(lab: Lab) -> None:
    _, container = await annotated(lab, stop_after="12s", stop_code="5")
    await lab.runtime.stop_container(container, 30)
    assert (now(), (await lab.status(container)).exit_code) == (12.0, 5)


async def test_a_server_without_declared_ports_listens_on_any(lab: Lab) -> None:
    sandbox, _ = await lab.run(image="service_test")
    assert "This is server (simulated by tuik8s)" in await lab.fetch(sandbox, 1234)
    declared = lab.pod("declared")
    strict, _ = await lab.run(pod=declared, image="service_test", ports=(PortMapping(container_port=8080),))
    with pytest.raises(ConnectionRefusedError):
        await lab.runtime.dial(strict, 1234)


async def test_what_is_not_http_is_echoed(lab: Lab) -> None:
    sandbox, container = await lab.run(image="service_test")
    reader, writer = await lab.runtime.dial(sandbox, 6000)
    try:
        writer.write(b"\x00binary")
        assert await reader.readexactly(7) == b"\x00binary"
        big = bytes(range(256)) * 4096
        writer.write(big)
        await writer.drain()
        assert await reader.readexactly(len(big)) == big
        await lab.runtime.stop_container(container, 1)
        assert await reader.read() == b""
    finally:
        writer.close()
    await writer.wait_closed()


async def test_connections_are_kept_alive_and_bodies_skipped(lab: Lab) -> None:
    sandbox, _ = await lab.run(image="service_test", pod=lab.pod(annotations={"http": "80=200:ok"}))
    reader, writer = await lab.runtime.dial(sandbox, 80)
    try:
        writer.write(b"POST /a HTTP/1.1\r\nContent-Length: 12\r\n\r\nGET / HTTP/1HEAD /b HTTP/1.1\r\n\r\n")
        answer = await reader.readuntil(b"\r\n\r\nok")
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Content-Length: 2\r\n" in head
        writer.write(b"GET /c HTTP/1.1\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).endswith(b"\r\n\r\nok")
    finally:
        writer.close()


async def test_datagrams_come_back(lab: Lab) -> None:
    sandbox, _ = await lab.run(image="service_test")
    host, port = await lab.runtime.dial_udp(sandbox, 53)
    assert await lab.runtime.dial_udp(sandbox, 53) == (host, port)
    received: asyncio.Queue[bytes] = asyncio.Queue()

    class Client(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
            received.put_nowait(data)

    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Client, remote_addr=(host, port))
    try:
        transport.sendto(b"question")
        assert await received.get() == b"question"
    finally:
        transport.close()


async def test_images_of_registries_are_pulled_with_progress_and_stay(lab: Lab) -> None:
    runtime = SimulatedRuntime(cluster="c", clock=LoopClock())
    told: list[str] = []
    assert await runtime.image("service_test:latest") is not None
    for name in ("nginx:1.25", "registry.example/team/app:2", "org/app"):
        assert await runtime.image(name) is None
    pulled = await runtime.pull("nginx:1.25", told.append)
    assert told[0] == "Pulling from nginx"
    assert any("Pull complete" in text for text in told)
    assert all("simulated" in text for text in told if "complete" in text)
    assert now() == pytest.approx(0.2)
    assert await runtime.image("docker.io/library/nginx:1.25") == pulled
    await runtime.pull("nginx:1.25", told.append)
    assert told[-1] == "Status: Image is up to date for nginx:1.25"


async def test_pulling_one_image_twice_at_once_takes_one_time() -> None:
    runtime = SimulatedRuntime(cluster="c", clock=LoopClock())
    one, two = await asyncio.gather(*(runtime.pull("nginx", lambda text: None) for _ in range(2)))
    assert one == two
    assert now() == pytest.approx(0.2)


async def test_annotations_about_images(lab: Lab) -> None:
    missing = lab.pod(annotations={"image-missing": "ghost*, org/*", "pull-delay": "3s", "image-size": "5Mi"})
    assert await lab.runtime.image("ghost:1", missing) is None
    with pytest.raises(ImagePullFailed, match=r"docker\.io/library/ghost:1: not found"):
        await lab.runtime.pull("ghost:1", lambda text: None, missing)
    assert now() == 3
    assert (await lab.runtime.pull("other:1", lambda text: None, missing)).size == 5 * 2**20
    assert now() == 6
    everything = lab.pod("b", annotations={"image-missing": "true"})
    with pytest.raises(ImagePullFailed):
        await lab.runtime.pull("busybox", lambda text: None, everything)


@pytest.mark.parametrize(
    ("image", "port", "text"),
    [("nginx:1.25", 80, "Welcome to nginx!"), ("httpd", 80, "It works!"), ("mysql:8", 3306, "simulated")],
)
async def test_well_known_servers_answer_on_their_own_port(image: str, port: int, text: str) -> None:
    lab = Lab("simulated", "c", lambda c: SimulatedRuntime(cluster=c, clock=LoopClock()))
    await lab.runtime.pull(image, lambda text: None)
    sandbox, container = await lab.run(image=image)
    assert text in await lab.fetch(sandbox, port)
    assert len(await lab.log_lines(container)) >= 1
    with pytest.raises(ConnectionRefusedError):
        await lab.runtime.dial(sandbox, 9)


async def test_a_shell_image_without_a_command_is_done_at_once(lab: Lab) -> None:
    _, container = await lab.run(image="busybox:latest")
    assert (await lab.ended(container)).reason == "Completed"
    assert now() == 0


class Clockwork:
    """A plug-in for images of one organisation."""

    images = ("clockwork/*",)

    def behaviour(self, config: ContainerConfig, pod: PodSandboxConfig) -> Behaviour | None:
        if config.image.endswith(":plain"):
            return None
        return Behaviour(http={(80, ""): HttpAnswer(200, f"tick {pod.name}")}, lines=("wound up",))


async def test_a_plug_in_decides_for_its_images_and_annotations_for_it() -> None:
    lab = Lab("simulated", "c", lambda c: SimulatedRuntime(
        cluster=c, clock=LoopClock(), plugins=[Clockwork()], local_images=lambda name: True))  # fmt: skip
    sandbox, container = await lab.run(image="clockwork/watch")
    assert (await lab.fetch(sandbox, 80)).endswith("tick web")
    assert await lab.log_lines(container) == [b"wound up"]
    plain, _ = await lab.run(image="clockwork/watch:plain", pod=lab.pod("plain"))
    assert "This is server" in await lab.fetch(plain, 80)
    pod = lab.pod("third", annotations={"exit-code": "9"})
    _, third = await lab.run(image="clockwork/watch", pod=pod)
    assert (await lab.ended(third)).exit_code == 9


async def test_the_same_seed_gives_the_same_ids() -> None:
    async def identity(seed: int) -> tuple[str, str, str]:
        lab = Lab("simulated", "c", lambda c: SimulatedRuntime(cluster=c, clock=LoopClock(), seed=seed))
        sandbox, container = await lab.run(image="busybox-app")
        return sandbox, container, (await lab.status(container)).image_id

    assert await identity(1) == await identity(1) != await identity(2)


async def test_idle_containers_cost_no_task_and_no_timer() -> None:
    lab = Lab("simulated", "c", lambda c: SimulatedRuntime(cluster=c, clock=LoopClock()))
    tasks = len(asyncio.all_tasks())
    tracemalloc.start()
    count = 2000
    for number in range(count):
        await lab.run(
            image="busybox-app", pod=lab.pod(str(number), ip=f"10.244.{number // 250}.{number % 250}")
        )
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / count < 10_000
    assert len(asyncio.all_tasks()) == tasks
    states = {status.state for status in await lab.runtime.list_containers()}
    assert states == {ContainerState.RUNNING}
    await lab.runtime.close()


async def test_a_closed_runtime_does_not_answer(lab: Lab) -> None:
    _, container = await lab.run(image="busybox-app")
    following = asyncio.create_task(lab.log_lines(container, follow=True))
    await asyncio.sleep(0)
    await lab.runtime.close()
    assert len(await following) == 1
    with pytest.raises(RuntimeUnavailable):
        await lab.runtime.list_containers()


async def test_the_version_says_simulated(lab: Lab) -> None:
    assert (await lab.runtime.version()).name == "simulated"


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (["cat", "/data/a\0b"], b"cat: embedded null byte (simulated)\n"),
        (["echo", "\udc80"], b"echo: 'utf-8' codec can't encode character '\\udc80' in position 0: "
                              b"surrogates not allowed (simulated)\n"),
        (["\udc80"], b"\\udc80: 'utf-8' codec can't encode character '\\udc80' in position 4: "
                     b"surrogates not allowed (simulated)\n"),
    ],
)  # fmt: skip
async def test_a_command_that_cannot_be_carried_out_ends(
    lab: Lab, tmp_path: Path, caplog: pytest.LogCaptureFixture, command: list[str], problem: bytes
) -> None:
    mounts = (Mount(host_path=str(tmp_path), container_path="/data"),)
    _, container = await lab.run("sleep", "600", mounts=mounts)
    session = await lab.runtime.exec(container, command, tty=False, stdin=True)
    async with asyncio.timeout(20):
        assert [piece async for piece in session.output()] == [(2, problem)]
        assert await session.exit_code() == 1
    await session.close()
    assert "a simulated command failed" in caplog.text
    [record] = caplog.records
    assert record.exc_info is not None


async def test_a_container_whose_program_cannot_be_carried_out_ends(lab: Lab, tmp_path: Path) -> None:
    mounts = (Mount(host_path=str(tmp_path), container_path="/data"),)
    _, container = await lab.run("cat", "/data/a\0b", mounts=mounts)
    assert (await lab.ended(container)).exit_code == 1
    assert await lab.log_lines(container) == [b"cat: embedded null byte (simulated)"]


async def test_who_stops_waiting_for_the_end_leaves_nothing_behind(lab: Lab) -> None:
    assert isinstance(lab.runtime, SimulatedRuntime)
    _, container = await lab.run("sleep", "600")
    waiting = [asyncio.create_task(lab.runtime._containers[container].wait()) for _ in range(3)]
    await asyncio.sleep(1)
    waiting[1].cancel()
    await asyncio.wait([waiting[1]])
    assert len(lab.runtime._containers[container]._waiters) == 2
    await lab.runtime.stop_container(container, 0)
    await asyncio.gather(waiting[0], waiting[2])
