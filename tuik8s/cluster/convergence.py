"""Would these manifests converge? Apply them, wait, and say for each object what became of it and why."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from tuik8s.api import kinds
from tuik8s.api.errors import NotFound
from tuik8s.api.events import last_seen
from tuik8s.api.objects import Obj, condition_of, controller_of, uid_of
from tuik8s.api.readiness import readiness_of
from tuik8s.api.uncontrolled import uncontrolled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.manifests import ManifestFile, ObjectRef
    from tuik8s.applier import FolderApplier
    from tuik8s.client import Client

LOOK_EVERY = 0.1
OWN_SCHEDULER = "default-scheduler"

Result = Literal["ready", "not ready", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One object: `message` is where it stands, `reasons` what holds it up, most specific first."""

    file: str
    kind: str
    namespace: str
    name: str
    result: Result
    message: str
    reasons: tuple[str, ...] = ()
    unattended: bool = False
    """Nothing in this release acts on its kind: it is not waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`refused` are the files with something that was not applied."""

    outcomes: tuple[Outcome, ...]
    refused: tuple[ManifestFile, ...]
    seconds: float

    @property
    def converged(self) -> bool:
        return all(outcome.result == "ready" for outcome in self.outcomes)


async def converge(
    client: Client, applier: FolderApplier, registry: KindRegistry, *, timeout: float,
    progress: Callable[[int, int], None],
) -> Report:  # fmt: skip
    """Wait until every applied object is ready, or `timeout` seconds; `progress(ready, all)` is told."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    await applier.sync()
    while True:
        outcomes = await _look(client, applier, registry)
        ready = sum(outcome.result == "ready" for outcome in outcomes)
        progress(ready, len(outcomes))
        waiting = any(file.state == "waiting" for file in applier.statuses())
        settled = sum(outcome.result == "ready" or outcome.unattended for outcome in outcomes)
        late = loop.time() - started >= timeout
        if late or (settled == len(outcomes) and not waiting):
            break
        await asyncio.sleep(LOOK_EVERY)
        if waiting:
            await applier.sync()
    refused = tuple(file for file in applier.statuses() if file.state in ("error", "waiting"))
    if ready < len(outcomes):
        outcomes = [await _explained(client, registry, outcome) for outcome in outcomes]
    return Report(outcomes=tuple(outcomes), refused=refused, seconds=loop.time() - started)


async def _look(client: Client, applier: FolderApplier, registry: KindRegistry) -> list[Outcome]:
    return [
        await _outcome(client, registry, file.path, reference)
        for file in applier.statuses()
        for reference in applier.applied(file.path)
    ]


async def _outcome(client: Client, registry: KindRegistry, path: str, reference: ObjectRef) -> Outcome:
    kind = _kind_of(registry, reference.api_version, reference.kind)
    result: Result = "not ready"
    note = uncontrolled(kind)
    try:
        obj = await client.get(kind, reference.namespace, reference.name)
    except NotFound:
        message = "was deleted"
    else:
        readiness = readiness_of(obj)
        message = f"{readiness.message}; {note}" if note else readiness.message
        failed = readiness.failed or note
        result = "ready" if readiness.done else "failed" if failed else "not ready"
    return Outcome(
        file=path, kind=reference.kind, namespace=reference.namespace, name=reference.name,
        result=result, message=message, unattended=bool(note),
    )  # fmt: skip


def _kind_of(registry: KindRegistry, api_version: str, kind: str) -> Kind:
    found = registry.by_kind(api_version, kind)
    if found is None:
        raise NotFound(f"no kind {kind} in {api_version}")
    return found


async def _explained(client: Client, registry: KindRegistry, outcome: Outcome) -> Outcome:
    if outcome.result == "ready":
        return outcome
    pods = (await client.list(kinds.POD, outcome.namespace))["items"]
    sets = (await client.list(kinds.REPLICA_SET, outcome.namespace))["items"]
    events = (await client.list(kinds.EVENT, outcome.namespace))["items"]
    mine = _family(outcome, sets, pods)
    reasons = [reason for pod in pods if uid_of(pod) in mine for reason in _why_pod(pod)]
    reasons += [text for text in _warnings(outcome, mine, events) if not _is_said(text, reasons)]
    unique = tuple(dict.fromkeys(reasons))[:5]
    return replace(outcome, reasons=unique)


def _family(outcome: Outcome, sets: Sequence[Obj], pods: Sequence[Obj]) -> set[str]:
    """uids of the object's own pods, by owner references; the newest ReplicaSets' among them."""
    owners: set[tuple[str, str]] = {(outcome.kind, outcome.name)}
    owners |= {("ReplicaSet", item["metadata"]["name"]) for item in sets if _owner(item) in owners}
    return {
        uid_of(pod)
        for pod in pods
        if _owner(pod) in owners or (outcome.kind == "Pod" and pod["metadata"]["name"] == outcome.name)
    }


def _owner(obj: Obj) -> tuple[str, str]:
    reference = controller_of(obj) or {}
    return reference.get("kind", ""), reference.get("name", "")


def _is_said(text: str, reasons: Sequence[str]) -> bool:
    """An event tells in other words what a condition or a container's state has told."""
    about, _, rest = text.partition(": ")
    said = rest.partition(": ")[2].removeprefix("Error: ")
    return any(reason.startswith(about) and reason.endswith(said) for reason in reasons)


def _why_pod(pod: Obj) -> list[str]:
    """Why this pod is not ready, in Kubernetes' own words."""
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    scheduled = condition_of(pod, "PodScheduled")
    if scheduled and scheduled["status"] == "False":
        return [f"Pod {name}: {scheduled.get('reason', 'Unschedulable')}: {scheduled.get('message', '')}"]
    scheduler = pod["spec"].get("schedulerName", OWN_SCHEDULER)
    if scheduler != OWN_SCHEDULER and not pod["spec"].get("nodeName"):
        return [f"Pod {name}: waits for the scheduler {scheduler}, which does not run in this cluster"]
    found = []
    statuses = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    for container in statuses:
        state = container.get("state") or {}
        detail = state.get("waiting") or state.get("terminated") or {}
        if detail.get("reason") and detail["reason"] not in (
            "ContainerCreating",
            "PodInitializing",
            "Completed",
        ):
            text = detail.get("message") or f"exit code {detail.get('exitCode', 0)}"
            found.append(f"Pod {name}: container {container['name']}: {detail['reason']}: {text}")
    return found


def _warnings(outcome: Outcome, pods: set[str], events: Sequence[Obj]) -> list[str]:
    """What was warned of about the object or its pods, latest first."""
    about = [
        event
        for event in events
        if event["type"] == "Warning" and _is_about(event["involvedObject"], outcome, pods)
    ]
    about.sort(key=last_seen, reverse=True)
    return [_event_text(event) for event in about]


def _event_text(event: Obj) -> str:
    involved = event["involvedObject"]
    return f"{involved['kind']} {involved['name']}: {event['reason']}: {event['message']}"


def _is_about(involved: Obj, outcome: Outcome, pods: set[str]) -> bool:
    return involved.get("uid") in pods or (involved["kind"], involved["name"]) == (outcome.kind, outcome.name)
