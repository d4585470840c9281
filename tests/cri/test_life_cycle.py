"""Contract: sandboxes and containers from birth to removal, on both runtimes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tuik8s.cri import (
    ContainerConfig,
    ContainerEvent,
    ContainerState,
    ImageNotFound,
    InvalidImageName,
    Resources,
    RuntimeFault,
)  # fmt: skip

if TYPE_CHECKING:
    from tests.cri.lab import Lab


async def test_a_sandbox_is_listed_until_it_is_removed(lab: Lab) -> None:
    pod = lab.pod("web", attempt=2)
    sandbox = await lab.runtime.run_sandbox(pod)
    [status] = await lab.runtime.list_sandboxes()
    assert (status.id, status.name, status.namespace, status.uid) == (sandbox, "web", "default", "uid-web")
    assert (status.node, status.attempt, status.ready, status.ip) == ("node-1", 2, True, pod.ip)
    await lab.runtime.stop_sandbox(sandbox)
    [status] = await lab.runtime.list_sandboxes()
    assert not status.ready
    await lab.runtime.remove_sandbox(sandbox)
    assert await lab.runtime.list_sandboxes() == []


async def test_stopping_and_removing_what_is_gone_is_no_error(lab: Lab) -> None:
    sandbox, container = await lab.run("true")
    await lab.ended(container)
    await lab.runtime.stop_container(container, 1)
    await lab.runtime.remove_container(container)
    await lab.runtime.remove_container(container)
    await lab.runtime.stop_container(container, 1)
    await lab.runtime.remove_sandbox(sandbox)
    await lab.runtime.remove_sandbox(sandbox)
    await lab.runtime.stop_sandbox(sandbox)
    assert await lab.runtime.container_status(container) is None


async def test_removing_a_sandbox_removes_its_containers(lab: Lab) -> None:
    sandbox, _ = await lab.run("sleep", "600")
    await lab.runtime.remove_sandbox(sandbox)
    assert await lab.runtime.list_containers() == []


async def test_a_container_is_created_then_runs_then_ends(lab: Lab) -> None:
    pod = lab.pod()
    sandbox = await lab.runtime.run_sandbox(pod)
    config = ContainerConfig(
        name="main",
        image="busybox:latest",
        command=("sleep", "1"),
        spec_hash="abc",
        grace_period=7,
        attempt=3,
    )
    container = await lab.runtime.create_container(sandbox, config, pod)
    created = await lab.status(container)
    assert created.state is ContainerState.CREATED
    assert created.started_at is None
    assert created.finished_at is None
    await lab.runtime.start_container(container)
    running = await lab.status(container)
    assert running.state is ContainerState.RUNNING
    assert running.finished_at is None
    assert [one.state for one in await lab.runtime.list_containers()] == [ContainerState.RUNNING]
    ended = await lab.ended(container)
    assert await lab.runtime.list_containers() == [ended]
    assert (ended.exit_code, ended.reason, ended.signal) == (0, "Completed", 0)
    assert ended.started_at is not None
    assert ended.finished_at is not None
    assert ended.created_at <= ended.started_at < ended.finished_at
    # An engine notes the start a moment after the process began.
    assert (ended.finished_at - ended.started_at).total_seconds() > 0.5
    assert (ended.pod_uid, ended.pod_name, ended.pod_namespace) == ("uid-web", "web", "default")
    assert (ended.node, ended.name, ended.attempt, ended.sandbox_id) == ("node-1", "main", 3, sandbox)
    assert (ended.image, ended.spec_hash, ended.grace_period) == ("busybox:latest", "abc", 7)
    assert ended.image_id.startswith("sha256:")


@pytest.mark.parametrize(
    ("command", "code", "reason"),
    [
        (("true",), 0, "Completed"),
        (("false",), 1, "Error"),
        (("sh", "-c", "exit 3"), 3, "Error"),
        (("sh", "-c", "true && false || exit 42"), 42, "Error"),
        (("sh", "-c", "for i in 1 2; do echo $i; done; test -f /nowhere"), 1, "Error"),
    ],
)
async def test_the_exit_code_is_the_command_s(
    lab: Lab, command: tuple[str, ...], code: int, reason: str
) -> None:
    _, container = await lab.run(*command)
    status = await lab.ended(container)
    assert (status.exit_code, status.reason) == (code, reason)


async def test_command_replaces_entrypoint_and_args_the_arguments(lab: Lab) -> None:
    pod = lab.pod()
    sandbox, first = await lab.run("echo", pod=pod, args=("from", "args"), name="a")
    _, second = await lab.run("sh", "-c", 'echo "$GREETING"; pwd; hostname', pod=pod, sandbox=sandbox,
                              name="b", env=(("GREETING", "good day"),), working_dir="/tmp")  # fmt: skip
    await lab.ended(first)
    await lab.ended(second)
    assert await lab.log_lines(first) == [b"from args"]
    assert await lab.log_lines(second) == [b"good day", b"/tmp", b"web"]


async def test_the_stop_signal_ends_a_server_in_good_order(lab: Lab) -> None:
    sandbox, container = await lab.run(image="service_test:latest")
    await lab.fetch(sandbox, 8080)
    await lab.runtime.stop_container(container, 20)
    status = await lab.status(container)
    assert (status.state, status.exit_code, status.reason) == (ContainerState.EXITED, 0, "Completed")


async def test_what_ignores_the_stop_signal_is_killed_after_the_grace(lab: Lab) -> None:
    pod = lab.pod(annotations={"stop-after": "10m"})
    _, container = await lab.run("sleep", "600", pod=pod)
    started = asyncio.get_running_loop().time()
    await lab.runtime.stop_container(container, 1)
    assert 1 <= asyncio.get_running_loop().time() - started < 10
    status = await lab.status(container)
    assert (status.state, status.exit_code, status.reason) == (ContainerState.EXITED, 137, "Error")


async def test_stopping_a_sandbox_ends_its_containers(lab: Lab) -> None:
    sandbox, container = await lab.run("sleep", "600", pod=lab.pod(annotations={"stop-after": "10m"}))
    await lab.runtime.stop_sandbox(sandbox)
    assert (await lab.ended(container)).exit_code == 137


async def test_a_restart_is_a_new_container_of_the_next_attempt(lab: Lab) -> None:
    pod = lab.pod()
    sandbox, first = await lab.run("false", pod=pod)
    await lab.ended(first)
    _, second = await lab.run("false", pod=pod, sandbox=sandbox, attempt=1)
    await lab.ended(second)
    listed = await lab.runtime.list_containers()
    assert [(one.id, one.attempt) for one in listed] == [(second, 1), (first, 0)]


async def test_one_pod_s_containers_can_be_listed(lab: Lab) -> None:
    _, one = await lab.run("sleep", "600", pod=lab.pod("a"))
    await lab.run("sleep", "600", pod=lab.pod("b"))
    assert [status.id for status in await lab.runtime.list_containers("uid-a")] == [one]
    assert await lab.runtime.list_containers("uid-c") == []
    assert len(await lab.runtime.list_containers()) == 2


async def test_a_taken_address_is_refused_by_name(lab: Lab) -> None:
    pod = lab.pod("a")
    await lab.runtime.run_sandbox(pod)
    with pytest.raises(RuntimeFault, match="Address already in use"):
        await lab.runtime.run_sandbox(lab.pod("b", ip=pod.ip))
    assert [status.name for status in await lab.runtime.list_sandboxes()] == ["a"]


async def test_an_address_is_free_again_after_its_sandbox_has_stopped(lab: Lab) -> None:
    pod = lab.pod("a")
    await lab.runtime.stop_sandbox(await lab.runtime.run_sandbox(pod))
    await lab.runtime.run_sandbox(lab.pod("b", ip=pod.ip))


async def test_a_container_that_cannot_start_says_why(lab: Lab) -> None:
    pod = lab.pod(annotations={"fail-start": 'exec: "no-such": executable file not found in $PATH'})
    sandbox = await lab.runtime.run_sandbox(pod)
    config = ContainerConfig(name="main", image="busybox:latest", command=("no-such",))
    container = await lab.runtime.create_container(sandbox, config, pod)
    with pytest.raises(RuntimeFault, match=r"executable file not found in \$PATH"):
        await lab.runtime.start_container(container)
    [status] = await lab.runtime.list_containers()
    assert status.state is ContainerState.EXITED
    assert status.reason in ("StartError", "ContainerCannotRun")
    assert status.exit_code in (127, 128)
    assert "executable file not found" in status.message
    assert status.finished_at is not None


async def test_an_unknown_image_is_not_there(lab: Lab) -> None:
    pod = lab.pod()
    sandbox = await lab.runtime.run_sandbox(pod)
    assert await lab.runtime.image("no-such-image:1") is None
    config = ContainerConfig(name="main", image="no-such-image:1")
    with pytest.raises(ImageNotFound, match="No such image: no-such-image:1"):
        await lab.runtime.create_container(sandbox, config, pod)
    assert await lab.runtime.list_containers() == []


async def test_a_present_image_is_found_under_its_names(lab: Lab) -> None:
    found = await lab.runtime.image("busybox")
    assert found is not None
    assert found.id.startswith("sha256:")
    assert "busybox:latest" in found.tags
    assert found.size > 1_000_000
    assert await lab.runtime.image("docker.io/library/busybox:latest") == found
    assert found.id in [image.id for image in await lab.runtime.images()]


@pytest.mark.parametrize("name", ["UPPER:1", "a:b:c", "", "a/../b", "nginx:", "x@sha256:1", "a" * 64])
async def test_a_name_that_is_none_is_refused(lab: Lab, name: str) -> None:
    with pytest.raises(InvalidImageName, match="couldn't parse image name"):
        await lab.runtime.image(name)


async def test_what_uses_more_memory_than_its_limit_is_killed(lab: Lab) -> None:
    _, container = await lab.run(
        "dd", "if=/dev/zero", "of=/dev/null", "bs=256M", "count=4",
        pod=lab.pod(annotations={"oom-after": "1s"}), resources=Resources(memory_limit=16 * 2**20),
    )  # fmt: skip
    status = await lab.ended(container)
    assert (status.exit_code, status.reason) == (137, "OOMKilled")


async def test_events_tell_of_start_end_and_removal(lab: Lab) -> None:
    events = lab.runtime.events()
    sandbox, container = await lab.run("true", pod=lab.pod("told"))
    await lab.ended(container)
    await lab.runtime.remove_sandbox(sandbox)
    seen: set[ContainerEvent] = set()
    wanted = {ContainerEvent("node-1", "uid-told", kind) for kind in ("started", "died", "removed")}
    async with asyncio.timeout(20):
        async for event in events:
            seen.add(event)
            if wanted <= seen:
                break
    assert {event.pod_uid for event in seen} == {"uid-told"}


async def test_two_clusters_do_not_see_each_other(lab: Lab) -> None:
    other = await lab.another(f"{lab.cluster}-other")
    sandbox, container = await lab.run("sleep", "600")
    assert await other.list_sandboxes() == []
    assert await other.list_containers() == []
    assert await other.container_status(container) is None
    assert other.pod_cidr != lab.runtime.pod_cidr or lab.kind == "simulated"
    await other.remove_cluster()
    assert (await lab.status(container)).state is ContainerState.RUNNING
    assert [status.id for status in await lab.runtime.list_sandboxes()] == [sandbox]


async def test_a_second_runtime_object_adopts_what_outlives_the_first(lab: Lab) -> None:
    sandbox, container = await lab.run("sleep", "600")
    before = await lab.runtime.list_containers()
    await lab.runtime.close()
    again = lab.runtime = await lab.another()
    listed = await again.list_containers()
    if lab.kind == "simulated":
        assert listed == []
    else:
        assert listed == before
        assert [status.id for status in await again.list_sandboxes()] == [sandbox]
        await again.remove_container(container)
        assert await again.list_containers() == []


async def test_usage_is_reported_for_running_containers_only(lab: Lab) -> None:
    pod = lab.pod()
    sandbox, running = await lab.run("sleep", "600", pod=pod)
    _, ended = await lab.run("true", pod=pod, sandbox=sandbox, name="other")
    await lab.ended(ended)
    [stats] = await lab.runtime.stats()
    assert (stats.container_id, stats.pod_uid, stats.name, stats.node) == (
        running, "uid-web", "main", "node-1",
    )  # fmt: skip
    assert stats.memory_bytes > 0
    assert stats.cpu_nanoseconds >= 0
    assert stats.started_at <= stats.time


async def test_resources_of_a_running_container_change(lab: Lab) -> None:
    small = Resources(cpu_shares=102, cpu_quota=10_000, memory_limit=32 * 2**20)
    large = Resources(cpu_shares=512, cpu_quota=50_000, memory_limit=64 * 2**20)
    _, container = await lab.run("sleep", "600", resources=small)
    before = await lab.status(container)
    assert before.resources == small
    await lab.runtime.update_container(container, large)
    after = await lab.status(container)
    assert (after.resources, after.started_at) == (large, before.started_at)
    [listed] = await lab.runtime.list_containers()
    assert listed.resources == large
