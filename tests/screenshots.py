"""`make screenshots`: pictures of the running app over a running cluster, for the README."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.waiting import until
from tuik8s.api import kinds
from tuik8s.api.readiness import readiness_of
from tuik8s.cluster import Cluster
from tuik8s.config import Config
from tuik8s.tui.app import TuiApp
from tuik8s.tui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "screenshots"
SIZES = ((80, 24), (120, 40), (200, 60))


async def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "manifests"
        shutil.copytree(ROOT / "manifests", folder)
        config = Config(
            cluster="demo", ephemeral=True, runtime="simulated", folder=folder, seed=7, node_cpu="4",
            node_memory="8Gi",
        )  # fmt: skip
        async with Cluster(config) as cluster:
            await cluster.started()
            await until(cluster.client, kinds.DEPLOYMENT, _all_available)
            await _second_release(folder)
            await until(cluster.client, kinds.REPLICA_SET, lambda sets: len(sets) >= 3)
            await until(cluster.client, kinds.DEPLOYMENT, _all_available)
            for width, height in SIZES:
                await _take(cluster, (width, height), f"main-{width}x{height}", _nothing)
            await _take(cluster, (120, 40), "rollback", _rollback)
            await _take(cluster, (120, 40), "describe", _describe)
            await _take(cluster, (120, 40), "delete", _delete)
            await _take(cluster, (120, 40), "main-light", _nothing, theme="tuik8s-light")


async def _take(
    cluster: Cluster, size: tuple[int, int], name: str, steps: Callable[[Pilot[None]], Awaitable[None]],
    theme: str = "tuik8s-dark",
) -> None:  # fmt: skip
    app = TuiApp(cluster.client, cluster.info, clock=cluster.clock, settings=Settings(theme=theme))
    async with app.run_test(size=size) as pilot:
        await pilot.pause(1.5)  # a person would see the panes fill
        await steps(pilot)
        await pilot.pause(0.5)
        (PICTURES / f"{name}.svg").write_text(app.export_screenshot(title=f"tuik8s {size[0]}x{size[1]}"))
    print(PICTURES / f"{name}.svg")  # noqa: T201


async def _nothing(pilot: Pilot[None]) -> None:
    await pilot.pause()


async def _rollback(pilot: Pilot[None]) -> None:
    await pilot.press("g", "d", "R")


async def _delete(pilot: Pilot[None]) -> None:
    await pilot.press("g", "d", "D")


async def _describe(pilot: Pilot[None]) -> None:
    await pilot.press("g", "p", "d")


async def _second_release(folder: Path) -> None:
    """A second revision, so that there is something to roll back to."""
    path = folder / "rollout.yaml"
    text = path.read_text().replace("first release", "second release").replace("busybox:1.36", "busybox:1.37")
    await asyncio.to_thread(path.write_text, text)


def _all_available(deployments: list[dict[str, object]]) -> bool:
    return len(deployments) >= 2 and all(_available(item) for item in deployments)


def _available(deployment: dict[str, object]) -> bool:
    return readiness_of(deployment).done


if __name__ == "__main__":
    asyncio.run(main())
