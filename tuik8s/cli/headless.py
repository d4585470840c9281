"""A cluster without a screen: a line for each notable event."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import Expired
from tuik8s.api.objects import is_true

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.manifests import ManifestFile
    from tuik8s.api.objects import Obj
    from tuik8s.cluster import Cluster


async def narrate(cluster: Cluster, say: Callable[[str], object]) -> None:
    """Until cancelled."""
    info = cluster.info
    say(f"cluster {info.name}: {cluster.config.nodes} nodes, state in {cluster.directory}")
    if cluster.applier is not None:
        cluster.applier.on_change = lambda file: say(describe_file(file))
        for file in cluster.applier.statuses():
            say(describe_file(file))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_events(cluster, say))
        tasks.create_task(_nodes(cluster, say))


def describe_file(file: ManifestFile) -> str:
    place = f":{file.line}:{file.column}" if file.line else ""
    count = len(file.objects)
    what = file.message or f"{count} object{'' if count == 1 else 's'}"
    return f"manifest {file.path}{place} {file.state}: {what}"


async def _events(cluster: Cluster, say: Callable[[str], object]) -> None:
    revision = ""
    while True:
        if not revision:
            revision = (await cluster.client.list(kinds.EVENT))["metadata"]["resourceVersion"]
        try:
            async for change in cluster.client.watch(kinds.EVENT, resource_version=revision):
                revision = change.object["metadata"]["resourceVersion"]
                if change.type in ("ADDED", "MODIFIED"):
                    say(_event_line(change.object))
        except Expired:
            revision = ""


def _event_line(event: Obj) -> str:
    about = event["involvedObject"]
    subject = "/".join(
        part for part in (about["kind"].lower(), about.get("namespace"), about["name"]) if part
    )
    count = f" (x{event['count']})" if event.get("count", 1) > 1 else ""
    return f"{event['type']:<7} {event['reason']:<22} {subject}: {event['message']}{count}"


async def _nodes(cluster: Cluster, say: Callable[[str], object]) -> None:
    ready: dict[str, bool] = {}
    while True:
        async for change in cluster.client.watch(kinds.NODE, resource_version="0", send_initial_events=True):
            if change.type == "BOOKMARK":
                continue
            name, now = change.object["metadata"]["name"], is_true(change.object, "Ready")
            if ready.get(name) != now:
                ready[name] = now
                say(f"node {name} is {'Ready' if now else 'NotReady'}")
