"""Whatever happens, in whatever order: afterwards exactly what the API wants runs, once."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from tuik8s.api import kinds
from tuik8s.api.objects import is_pod_ready

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench

pytestmark = pytest.mark.looptime

STEPS = 60
QUIET = 700.0
"""Longer than the longest back-off."""


async def mischief(bench: Bench, dice: random.Random, names: list[str]) -> None:
    """One thing that goes wrong, or that somebody wants."""
    what = dice.choice(["create", "create", "delete", "force", "outage", "crash", "sandbox", "wait"])
    sandboxes = sorted(bench.runtime.sandbox_ids())
    if what == "create":
        name = f"pod-{len(names)}"
        names.append(name)
        await bench.pod(name, annotations={"stop-after": str(dice.choice([0, 3]))})
    elif what in ("delete", "force") and names:
        name = dice.choice(names)
        if not await bench.gone(name):
            await bench.delete(name, **({"grace_period_seconds": 0} if what == "force" else {}))
    elif what == "outage":
        bench.runtime.down = not bench.runtime.down
    elif what == "crash" and not bench.runtime.down:
        running = [c for c in await bench.runtime.list_containers() if c.state == "running"]
        if running:
            await bench.runtime.stop_container(dice.choice(running).id, 0)
    elif what == "sandbox" and sandboxes and not bench.runtime.down:
        await bench.runtime.stop_sandbox(dice.choice(sandboxes))
    await asyncio.sleep(dice.choice([0, 0.01, 0.5, 7]))


@pytest.mark.parametrize("seed", range(8))
async def test_the_node_ends_up_as_the_api_wants(stopped_bench: Bench, seed: int) -> None:
    bench, dice = stopped_bench, random.Random(seed)
    names: list[str] = []
    for _ in range(3):
        async with bench.running():
            for _ in range(STEPS // 3):
                await mischief(bench, dice, names)
    bench.runtime.down = False
    async with bench.running():
        await asyncio.sleep(QUIET)
        pods = (await bench.client.list(kinds.POD))["items"]
        wanted = sorted(pod["metadata"]["name"] for pod in pods)
        running = [c for c in await bench.runtime.list_containers() if c.state == "running"]
        assert sorted(container.pod_name for container in running) == wanted
        ready = [sandbox for sandbox in await bench.runtime.list_sandboxes() if sandbox.ready]
        assert sorted(sandbox.name for sandbox in ready) == wanted
        assert all(is_pod_ready(pod) for pod in pods)
        addresses = [sandbox.ip for sandbox in ready]
        assert len(set(addresses)) == len(addresses)
