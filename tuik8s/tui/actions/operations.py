"""What the actions do to the cluster: verbs on the API as kubectl sends them; nothing of the interface."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden, NotFound, TooManyRequests
from tuik8s.api.objects import controller_of, is_pod_finished, uid_of
from tuik8s.api.request import PatchType
from tuik8s.api.workloads import find_revision, restart_patch, revisions, rollback_patch

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Propagation
    from tuik8s.api.workloads import Revision
    from tuik8s.client import Client

EVICTION_RETRY, GONE_POLL = 5.0, 0.5  # seconds; the first is kubectl drain's


class Consequence(NamedTuple):
    """An object that goes with the one that is deleted."""

    kind: str
    name: str


async def scale(client: Client, kind: Kind, namespace: str, name: str, wanted: int) -> None:
    await client.patch(kind, namespace, name, {"spec": {"replicas": wanted}}, subresource="scale")


async def scale_by(client: Client, kind: Kind, namespace: str, name: str, change: int) -> int:
    """Counts from what the server has now, not from what the screen shows; returns the new number."""
    current = await replicas(client, kind, namespace, name)
    wanted = max(current + change, 0)
    if wanted != current:
        await scale(client, kind, namespace, name, wanted)
    return wanted


async def replicas(client: Client, kind: Kind, namespace: str, name: str) -> int:
    """How many are asked for, by the scale of whatever has one."""
    found = await client.get(kind, namespace, name, subresource="scale")
    return int((found.get("spec") or {}).get("replicas") or 0)


async def history(client: Client, namespace: str, name: str) -> tuple[Obj, list[Revision]]:
    """The Deployment and its revisions, newest first, read afresh."""
    deployment = await client.get(kinds.DEPLOYMENT, namespace, name)
    return deployment, revisions(deployment, await _replica_sets(client, namespace))


async def roll_back(client: Client, namespace: str, name: str, revision: int) -> None:
    """To a revision of the history; 0 is the one before. Raises `workloads.RollbackRefused`."""
    deployment = await client.get(kinds.DEPLOYMENT, namespace, name)
    target = find_revision(deployment, await _replica_sets(client, namespace), revision)
    patch = rollback_patch(deployment, target)
    await client.patch(kinds.DEPLOYMENT, namespace, name, patch, patch_type=PatchType.JSON)


async def restart(client: Client, kind: Kind, namespace: str, name: str, now: datetime) -> None:
    await client.patch(kind, namespace, name, restart_patch(now), patch_type=PatchType.STRATEGIC)


async def set_paused(client: Client, namespace: str, name: str, *, paused: bool) -> None:
    await client.patch(kinds.DEPLOYMENT, namespace, name, {"spec": {"paused": paused or None}})


async def set_unschedulable(client: Client, name: str, *, unschedulable: bool) -> None:
    await client.patch(kinds.NODE, "", name, {"spec": {"unschedulable": unschedulable or None}})


async def delete(
    client: Client, kind: Kind, namespace: str, name: str, uid: str, *,
    propagation: Propagation, grace_period_seconds: int | None = None,
) -> None:  # fmt: skip
    """Only the incarnation that was asked about; one that is gone already is as it should be."""
    try:
        await client.delete(
            kind, namespace, name, uid=uid, propagation=propagation,
            grace_period_seconds=grace_period_seconds,
        )  # fmt: skip
    except NotFound:
        return


async def consequences(client: Client, kind: Kind, namespace: str, name: str, uid: str) -> list[Consequence]:
    """What goes too, by name: of what the object owns, and what that owns, its ReplicaSets and Pods; of a
    Namespace what runs and serves in it, though everything goes."""
    if kind == kinds.NAMESPACE:
        inside = (kinds.DEPLOYMENT, kinds.SERVICE, kinds.POD)
        return [_named(item, part.kind) for part in inside for item in await _visible(client, part, name)]
    pods = await _visible(client, kinds.POD, namespace)
    sets = await _visible(client, kinds.REPLICA_SET, namespace)
    owned = [item for item in sets if _owner(item) == uid]
    owners = {uid, *(uid_of(item) for item in owned)}
    return [
        *(_named(item, "ReplicaSet") for item in owned),
        *(_named(item, "Pod") for item in pods if _owner(item) in owners),
    ]


async def _visible(client: Client, kind: Kind, namespace: str) -> list[Obj]:
    """Nothing where we may not look: that must not keep anybody from deleting what they may."""
    try:
        items: list[Obj] = (await client.list(kind, namespace))["items"]
    except Forbidden:
        return []
    return items


async def drainable(client: Client, node: str) -> list[Obj]:
    """The node's pods but for those of DaemonSets, which would come right back (`--ignore-daemonsets`)."""
    pods = (await client.list(kinds.POD, field_selector=f"spec.nodeName={node}"))["items"]
    return [pod for pod in pods if (controller_of(pod) or {}).get("kind") != "DaemonSet"]


async def drain(client: Client, node: str, say: Callable[[str], None]) -> int:
    """Cordon, then evict every pod and wait until it is gone; returns how many. Refused evictions (a
    disruption budget) are tried again every five seconds, as `kubectl drain` does."""
    await set_unschedulable(client, node, unschedulable=True)
    pods = await drainable(client, node)
    for pod in pods:
        await _evict(client, pod, say)
    for number, pod in enumerate(pods, 1):
        await _gone(client, pod)
        say(f"drain {node}: {number} of {len(pods)} pods gone")
    return len(pods)


async def _evict(client: Client, pod: Obj, say: Callable[[str], None]) -> None:
    meta = pod["metadata"]
    eviction = {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
    }
    while True:
        try:
            await client.create_subresource(kinds.POD, meta["namespace"], meta["name"], "eviction", eviction)
        except NotFound:
            return
        except TooManyRequests as error:
            say(f"{meta['name']}: {error}; trying again")
            await asyncio.sleep(EVICTION_RETRY)
        else:
            return


async def _gone(client: Client, pod: Obj) -> None:
    meta = pod["metadata"]
    while not is_pod_finished(pod):
        try:
            pod = await client.get(kinds.POD, meta["namespace"], meta["name"])
        except NotFound:
            return
        if uid_of(pod) != meta["uid"]:
            return
        await asyncio.sleep(GONE_POLL)


async def _replica_sets(client: Client, namespace: str) -> list[Obj]:
    items: list[Obj] = (await client.list(kinds.REPLICA_SET, namespace))["items"]
    return items


def _owner(obj: Obj) -> str:
    return str((controller_of(obj) or {}).get("uid", ""))


def _named(obj: Obj, kind: str) -> Consequence:
    return Consequence(kind, obj["metadata"]["name"])
