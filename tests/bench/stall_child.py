"""One screen over an API server with thousands of pods, of which some change all the time.

Run in a terminal: `python -m tests.bench.stall_child interface|datatable RESULT`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.widgets import DataTable

from tests.bench.figure import percentile
from tests.bench.pods import deployment_of
from tuik8s.api import kinds
from tuik8s.api.clock import RandomIds, SystemClock
from tuik8s.api.kinds import KindRegistry
from tuik8s.api.objects import Obj, copy
from tuik8s.api.request import User
from tuik8s.apiserver import ApiServer
from tuik8s.apiserver.access import Access
from tuik8s.cli.collection import collect_seldom
from tuik8s.client import Client
from tuik8s.storage import Store
from tuik8s.tui.app import TuiApp

if TYPE_CHECKING:
    from textual.app import ComposeResult

PODS, CHANGES_PER_SECOND = 5_000, 50
SETTLE, WATCHED = 5.0, 15.0
BEAT = 0.001


class DataTableApp(App[None]):
    """The same rows and changes, shown the way Textual offers."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = client

    def compose(self) -> ComposeResult:
        yield DataTable()

    def on_mount(self) -> None:
        self.run_worker(self._follow())

    async def _follow(self) -> None:
        table: DataTable[Any] = self.query_one(DataTable)
        listed = await self._client.list(kinds.POD, as_table=True)
        columns = [column["name"] for column in listed["columnDefinitions"]]
        keys = table.add_columns(*columns)
        for row in listed["rows"]:
            table.add_row(*map(str, row["cells"]), key=row["object"]["metadata"]["uid"])
        revision = listed["metadata"]["resourceVersion"]
        async for event in self._client.watch(kinds.POD, as_table=True, resource_version=revision):
            for row in event.object["rows"]:
                uid = row["object"]["metadata"]["uid"]
                for key, cell in zip(keys, row["cells"], strict=True):
                    table.update_cell(uid, key, str(cell))


async def main(what: str, result: Path) -> None:
    collect_seldom()
    clock = SystemClock()
    store = await Store.open(None, clock=clock)
    api = ApiServer(
        store,
        clock=clock,
        ids=RandomIds(1),
        registry=KindRegistry(),
        access=Access(disabled_admission=("ServiceAccount",)),
    )
    await api.start()
    client = Client(api, User("kubernetes-admin", ("system:masters",)), agent="bench")
    for number in range(PODS):
        await client.create(kinds.POD, _pod(number))
    app: App[None] = TuiApp(client) if what == "interface" else DataTableApp(client)
    changing = asyncio.create_task(_change(client))
    measuring = asyncio.create_task(_measure(app, result))
    await app.run_async()
    changing.cancel()
    measuring.cancel()
    await asyncio.gather(changing, measuring, return_exceptions=True)
    await store.close()


async def _measure(app: App[None], result: Path) -> None:
    await asyncio.sleep(SETTLE)
    delays = await _beat()
    result.write_text(json.dumps({"p99": percentile(delays, 0.99), "worst": max(delays)}))
    app.exit()


async def _beat() -> list[float]:
    """By how many milliseconds each beat came too late; those that a long stall left out count as well."""
    loop = asyncio.get_running_loop()
    delays: list[float] = []
    end = loop.time() + WATCHED
    while (due := loop.time() + BEAT) < end:
        await asyncio.sleep(BEAT)
        late = loop.time() - due
        while late > 0:
            delays.append(late * 1000)
            late -= BEAT
    return delays


async def _change(client: Client) -> None:
    number = 0
    while True:
        await asyncio.sleep(1 / CHANGES_PER_SECOND)
        pod = copy(await client.get(kinds.POD, "default", f"pod-{number * 7919 % PODS}"))
        pod["status"] = _status(number)
        await client.update(kinds.POD, pod, subresource="status")
        number += 1


def _pod(number: int) -> Obj:
    template = deployment_of(1)["spec"]["template"]
    meta = {"name": f"pod-{number}", "namespace": "default", **template["metadata"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta,
        "spec": {**template["spec"], "nodeName": f"node-{number % 10}"},
        "status": _status(0),
    }


def _status(restarts: int) -> Obj:
    state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
    container = {
        "name": "app", "image": "app", "imageID": "", "ready": True, "started": True,
        "restartCount": restarts, "state": state,
    }  # fmt: skip
    return {"phase": "Running", "podIP": "10.244.0.9", "containerStatuses": [container]}


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
