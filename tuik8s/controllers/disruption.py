"""How many more pods of a PodDisruptionBudget may be evicted now (pkg/controller/disruption)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds
from tuik8s.api.clock import parse_time
from tuik8s.api.disruption import disruption_allowed
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Key, Obj, controller_of, is_deleting, is_pod_ready, labels_of
from tuik8s.api.selectors import LabelSelector
from tuik8s.api.workloads import replicas_of, scaled_value
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informer, Informers

DELETION_LIMIT = timedelta(minutes=2)
"""A pod whose eviction was granted and that has not begun to end by then counts again."""
_SCALED = (kinds.REPLICA_SET, kinds.STATEFUL_SET, kinds.REPLICATION_CONTROLLER)


class Unscaled(Exception):
    """A pod's controller is not one that says how many pods there should be."""


class Expected(NamedTuple):
    pods: int
    healthy: int
    unmanaged: list[str]
    """Names of pods without a controller."""


class DisruptionController(Reconciler):
    """Keeps the status of every budget; the API server holds evictions against it."""

    name = "disruption-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock
    ) -> None:
        self._client = client
        self._recorder = recorder
        self._clock = clock
        self._budgets = informers.of(kinds.POD_DISRUPTION_BUDGET)
        self._pods = informers.of(kinds.POD)
        self._deployments = informers.of(kinds.DEPLOYMENT)
        self._scaled = {kind.kind: informers.of(kind) for kind in _SCALED}
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=1)
        self._controller.watches(self._budgets)
        self._controller.watches(self._pods, self._budgets_of)
        # Before all of them are known, pods seem to be nobody's, and a budget seems to be wrong.
        for owners in (self._deployments, *self._scaled.values()):
            self._controller.watches(owners, lambda _: ())

    async def reconcile(self, key: Key) -> float | None:
        budget = self._budgets.get(key)
        if budget is None or is_deleting(budget):
            return None
        selector = LabelSelector.of(budget["spec"].get("selector"))
        pods = [pod for pod in self._pods.list(key.namespace) if selector.matches(labels_of(pod))]
        if not pods:
            self._recorder.event(budget, "Normal", "NoPods", "No matching pods found")
        try:
            expected = self._expected(budget["spec"], pods)
        except Unscaled as problem:
            message = f"Failed to calculate the number of expected pods: {problem}"
            self._recorder.event(budget, "Warning", "CalculateExpectedPodCountFailed", message)
            await self._report(budget, {"disruptionsAllowed": 0}, failure=str(problem))
            return None
        self._tell_of_unmanaged(budget, expected.unmanaged)
        disrupted, again = self._disrupted(budget, {pod["metadata"]["name"]: pod for pod in pods})
        healthy = sum(_is_healthy(pod) and pod["metadata"]["name"] not in disrupted for pod in pods)
        allowed = max(healthy - expected.healthy, 0) if expected.pods > 0 else 0
        counts = {
            "currentHealthy": healthy, "desiredHealthy": expected.healthy, "expectedPods": expected.pods,
            "disruptionsAllowed": allowed, **({"disruptedPods": disrupted} if disrupted else {}),
        }  # fmt: skip
        await self._report(budget, counts)
        return again

    def _budgets_of(self, pod: Obj) -> Iterable[Key]:
        namespace = pod["metadata"]["namespace"]
        for budget in self._budgets.list(namespace):
            if LabelSelector.of(budget["spec"].get("selector")).matches(labels_of(pod)):
                yield Key(namespace, budget["metadata"]["name"])

    # How many there should be -----------------------------------------------------------------------------

    def _expected(self, spec: Obj, pods: list[Obj]) -> Expected:
        """Only a plain number of pods that must stay needs no controllers."""
        least, most = spec.get("minAvailable"), spec.get("maxUnavailable")
        if most is not None:
            total, unmanaged = self._scale(pods)
            return Expected(total, max(total - scaled_value(most, total, round_up=True), 0), unmanaged)
        if isinstance(least, str):
            total, unmanaged = self._scale(pods)
            return Expected(total, scaled_value(least, total, round_up=True), unmanaged)
        return Expected(len(pods), least, []) if least is not None else Expected(0, 0, [])

    def _scale(self, pods: list[Obj]) -> tuple[int, list[str]]:
        """What the pods' controllers ask for together."""
        scales: dict[str, int] = {}
        unmanaged = []
        for pod in pods:
            reference = controller_of(pod)
            if reference is None:
                unmanaged.append(pod["metadata"]["name"])
            elif reference["uid"] not in scales:
                owner = self._controller_of(pod, reference)
                scales[reference["uid"]] = 0
                scales[owner["metadata"]["uid"]] = replicas_of(owner)
        return sum(scales.values()), unmanaged

    def _controller_of(self, pod: Obj, reference: Obj) -> Obj:
        """A Deployment counts instead of its ReplicaSets. Raises `Unscaled`."""
        namespace = pod["metadata"]["namespace"]
        owner = _owner(self._scaled.get(reference["kind"]), namespace, reference)
        above = controller_of(owner) if owner is not None else None
        if above is not None and above["kind"] == kinds.DEPLOYMENT.kind:
            owner = _owner(self._deployments, namespace, above)
        if owner is None:
            raise Unscaled(f'found no controllers for pod "{pod["metadata"]["name"]}"')
        return owner

    # Evictions under way ----------------------------------------------------------------------------------

    def _disrupted(self, budget: Obj, pods: dict[str, Obj]) -> tuple[dict[str, str], float | None]:
        """Pods whose eviction was granted and that have not begun to end; when the first counts again."""
        now = self._clock.now()
        kept: dict[str, str] = {}
        due: datetime | None = None
        for name, granted in ((budget.get("status") or {}).get("disruptedPods") or {}).items():
            pod = pods.get(name)
            if pod is None or is_deleting(pod):
                continue
            until = parse_time(granted) + DELETION_LIMIT
            if until <= now:
                meta = budget["metadata"]
                message = (
                    f"Pod was expected by PDB {meta['namespace']}/{meta['name']} to be deleted but it wasn't"
                )
                self._recorder.event(pod, "Warning", "NotDeleted", message)
                continue
            kept[name] = granted
            due = min(due or until, until)
        return kept, (due - now).total_seconds() if due else None

    # Reporting --------------------------------------------------------------------------------------------

    def _tell_of_unmanaged(self, budget: Obj, names: list[str]) -> None:
        if names:
            message = (
                f"Pods selected by this PodDisruptionBudget (selector: {_text(budget)}) were found to be"
                " unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may"
                " result in undefined behavior. To account for these pods please set"
                ' ".spec.minAvailable" field of the PDB to an integer value.'
            )
            self._recorder.event(budget, "Warning", "UnmanagedPods", message)

    async def _report(self, budget: Obj, counts: Obj, *, failure: str = "") -> None:
        old = budget.get("status") or {}
        generation = budget["metadata"].get("generation", 0)
        status = {**(old if failure else {}), **counts, "observedGeneration": generation}
        condition = disruption_allowed(
            old, counts["disruptionsAllowed"], generation, self._clock.now(), failure
        )
        others = [c for c in old.get("conditions") or () if c["type"] != condition["type"]]
        status["conditions"] = [*others, condition]
        if status == old:
            return
        try:
            await self._client.update_status(kinds.POD_DISRUPTION_BUDGET, {**budget, "status": status})
        except NotFound:
            return  # the budget is gone


def _owner(informer: Informer | None, namespace: str, reference: Obj) -> Obj | None:
    found = informer.find(namespace, reference["name"]) if informer is not None else None
    return found if found is not None and found["metadata"]["uid"] == reference["uid"] else None


def _is_healthy(pod: Obj) -> bool:
    return is_pod_ready(pod) and not is_deleting(pod)


def _text(budget: Obj) -> str:
    return str(LabelSelector.of(budget["spec"].get("selector")))
