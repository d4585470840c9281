"""Empty a namespace that is being deleted, then let it go (pkg/controller/namespace/deletion)."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.customresources import served_kinds
from tuik8s.api.errors import ApiError, MethodNotSupported, NotFound
from tuik8s.api.objects import Key, Obj, condition_of, copy, is_deleting, is_pod_finished
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

log = logging.getLogger(__name__)

FINALIZER = "kubernetes"
FINALIZER_ESTIMATE = 15
"""Seconds that content held by finalizers is expected to take."""


class _Condition(NamedTuple):
    kind: str
    ok_reason: str
    ok_message: str


DISCOVERY = _Condition(
    "NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"
)
PARSING = _Condition(
    "NamespaceDeletionGroupVersionParsingFailure",
    "ParsedGroupVersions",
    "All legacy kube types successfully parsed",
)
CONTENT_FAILURE = _Condition(
    "NamespaceDeletionContentFailure",
    "ContentDeleted",
    "All content successfully deleted, may be waiting on finalization",
)
CONTENT_REMAINING = _Condition(
    "NamespaceContentRemaining", "ContentRemoved", "All content successfully removed"
)
FINALIZERS_REMAINING = _Condition(
    "NamespaceFinalizersRemaining", "ContentHasNoFinalizers", "All content-preserving finalizers finished"
)
CONDITIONS = (DISCOVERY, PARSING, CONTENT_FAILURE, CONTENT_REMAINING, FINALIZERS_REMAINING)


@dataclass
class _Remains:
    """What one pass found still there."""

    instances: dict[Kind, int] = field(default_factory=dict)
    finalizers: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    estimate: int = 0

    def findings(self) -> dict[_Condition, tuple[str, str]]:
        """Reason and message of each condition that is True."""
        found: dict[_Condition, tuple[str, str]] = {}
        if self.errors:
            text = ", ".join(sorted(self.errors))
            message = f"Failed to delete all resource types, {len(self.errors)} remaining: {text}"
            found[CONTENT_FAILURE] = "ContentDeletionFailed", message
        if self.instances:
            counts = sorted(
                f"{kind.plural}.{kind.group} has {count} resource instances"
                for kind, count in self.instances.items()
            )
            message = f"Some resources are remaining: {', '.join(counts)}"
            found[CONTENT_REMAINING] = "SomeResourcesRemain", message
        if self.finalizers:
            counts = sorted(
                f"{name} in {count} resource instances" for name, count in self.finalizers.items()
            )
            message = f"Some content in the namespace has finalizers remaining: {', '.join(counts)}"
            found[FINALIZERS_REMAINING] = "SomeFinalizersRemain", message
        return found


class NamespaceController(Reconciler):
    """Deletes all content of a Terminating namespace, pods first, and then takes its finalizer off.

    While something remains, the namespace's conditions say what, and it is looked at again after half the
    time that is expected to take, or as soon as its last pod has gone.
    """

    name = "namespace-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock,
        served: Iterable[Kind] = kinds.SERVED, workers: int = 5,
    ) -> None:  # fmt: skip
        self._client = client
        self._clock = clock
        # Two kinds may be views of the same objects: deleting one of them is enough.
        content = [kind for kind in served if kind.namespaced and kind.collectable]
        views = {kind.prefix: kind for kind in reversed(content)}
        self._kinds = sorted(views.values(), key=lambda kind: kind != kinds.POD)
        self._namespaces = informers.of(kinds.NAMESPACE)
        self._pods = informers.of(kinds.POD)
        self._definitions = informers.of(kinds.CUSTOM_RESOURCE_DEFINITION)
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=workers)
        self._controller.watches(self._namespaces)
        self._controller.watches(self._pods, self._waiting_for_pod)
        # Before the definitions are known a namespace could go and leave its custom resources behind.
        self._controller.watches(self._definitions, lambda _: ())

    async def reconcile(self, key: Key) -> float | None:
        namespace = self._namespaces.get(key)
        if namespace is None or not is_deleting(namespace):
            return None
        if not (namespace.get("spec") or {}).get("finalizers"):
            return None
        if (namespace.get("status") or {}).get("phase") != "Terminating":
            namespace = copy(namespace)
            namespace.setdefault("status", {})["phase"] = "Terminating"
            namespace = await self._client.update_status(kinds.NAMESPACE, namespace)
        remains = await self._delete_content(key.name)
        namespace = await self._report(namespace, remains)
        if remains.errors:
            raise ApiError(f"namespace {key.name}: {'; '.join(remains.errors)}")
        if remains.instances:
            return remains.estimate / 2 + 1
        await self._finalize(namespace)
        return None

    async def _delete_content(self, namespace: str) -> _Remains:
        """Everything else waits for the pods, which may still need their secrets and service accounts."""
        remains = _Remains()
        for kind in (*self._kinds, *self._custom_kinds()):
            try:
                await self._delete_all(kind, namespace, remains)
            except ApiError as error:
                remains.errors.append(f"{kind}: {error}")
            if kind == kinds.POD and remains.instances:
                break
        return remains

    def _custom_kinds(self) -> list[Kind]:
        """Of each established definition one version: all have the same objects."""
        served = (served_kinds(definition)[:1] for definition in self._definitions.list())
        return [kind for found in served for kind in found if kind.namespaced]

    async def _delete_all(self, kind: Kind, namespace: str, remains: _Remains) -> None:
        try:
            await self._client.delete_collection(kind, namespace, propagation="Background")
        except MethodNotSupported:
            log.debug("%s cannot be deleted as a collection", kind)
        left = (await self._client.list(kind, namespace))["items"]
        if not left:
            return
        remains.instances[kind] = len(left)
        remains.finalizers.update(name for item in left for name in item["metadata"].get("finalizers") or ())
        estimate = _grace(left) if kind == kinds.POD else FINALIZER_ESTIMATE
        remains.estimate = max(remains.estimate, estimate)

    async def _report(self, namespace: Obj, remains: _Remains) -> Obj:
        findings = remains.findings()
        conditions = [self._condition(namespace, kind, findings.get(kind)) for kind in CONDITIONS]
        if conditions == (namespace.get("status") or {}).get("conditions"):
            return namespace
        updated = copy(namespace)
        updated["status"]["conditions"] = conditions
        return await self._client.update_status(kinds.NAMESPACE, updated)

    def _condition(self, namespace: Obj, kind: _Condition, finding: tuple[str, str] | None) -> Obj:
        reason, message = finding or (kind.ok_reason, kind.ok_message)
        status = "True" if finding else "False"
        known = condition_of(namespace, kind.kind)
        when = timestamp(self._clock.now())
        if known is not None and known["status"] == status:
            when = known["lastTransitionTime"]
        return {
            "type": kind.kind,
            "status": status,
            "lastTransitionTime": when,
            "reason": reason,
            "message": message,
        }

    async def _finalize(self, namespace: Obj) -> None:
        updated = copy(namespace)
        updated["spec"]["finalizers"] = [
            name for name in updated["spec"].get("finalizers") or () if name != FINALIZER
        ]
        try:
            await self._client.update(kinds.NAMESPACE, updated, subresource="finalize")
        except NotFound:
            log.debug("namespace %s is gone already", namespace["metadata"]["name"])

    def _waiting_for_pod(self, pod: Obj) -> Iterable[Key]:
        key = Key("", pod["metadata"]["namespace"])
        namespace = self._namespaces.get(key)
        if namespace is not None and is_deleting(namespace) and not self._pods.has("namespace", key.name):
            yield key


def _grace(pods: Iterable[Obj]) -> int:
    running = (pod for pod in pods if not is_pod_finished(pod))
    return max((pod["spec"].get("terminationGracePeriodSeconds") or 0 for pod in running), default=0)
