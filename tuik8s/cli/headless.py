"""A cluster without a screen: a line for each notable event."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.events import occurrences
from tuik8s.api.objects import is_true
from tuik8s.reconcile import Informer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.manifests import ManifestFile
    from tuik8s.api.objects import Obj
    from tuik8s.cluster import Cluster


async def narrate(cluster: Cluster, say: Callable[[str], object]) -> None:
    """Until cancelled; `say` gets each line."""
    info = cluster.info
    say(f"cluster {info.name}: {cluster.config.nodes} nodes, state in {cluster.directory}")
    events, nodes = Informer(cluster.client, kinds.EVENT), Informer(cluster.client, kinds.NODE)

    def on_event(_: Obj | None, event: Obj | None) -> None:
        if event is not None and events.synced.is_set():  # what an earlier run told is not told again
            say(_event_line(event))

    def on_node(old: Obj | None, node: Obj | None) -> None:
        if node is not None and is_true(node, "Ready") != (old is not None and is_true(old, "Ready")):
            say(f"node {node['metadata']['name']} is {'Ready' if is_true(node, 'Ready') else 'NotReady'}")

    events.subscribe(on_event)
    nodes.subscribe(on_node)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(events.run())
        tasks.create_task(nodes.run())
        tasks.create_task(_narrate_start(cluster, say))


async def _narrate_start(cluster: Cluster, say: Callable[[str], object]) -> None:
    await cluster.started()
    if cluster.listener is not None:
        say(f"API at {cluster.listener.endpoint}, kubeconfig in {cluster.listener.kubeconfig}")
    if cluster.applier is not None:
        cluster.applier.on_change = lambda file: say(describe_file(file))
        for file in cluster.applier.statuses():
            say(describe_file(file))


def describe_file(file: ManifestFile) -> str:
    place = f":{file.line}:{file.column}" if file.line else ""
    count = len(file.objects)
    what = file.message or f"{count} object{'' if count == 1 else 's'}"
    return f"manifest {file.path}{place} {file.state}: {what}"


def _event_line(event: Obj) -> str:
    about = event["involvedObject"]
    subject = "/".join(
        part for part in (about["kind"].lower(), about.get("namespace"), about["name"]) if part
    )
    times = occurrences(event)
    count = f" (x{times})" if times > 1 else ""
    return f"{event['type']:<7} {event['reason']:<22} {subject}: {event['message']}{count}"
