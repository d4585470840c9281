"""Eviction: a deletion that disruption budgets may hold back (pkg/registry/core/pod/storage/eviction.go)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.api.disruption import ALLOWED, disruption_allowed
from tuik8s.api.errors import Forbidden, InternalError, TooManyRequests
from tuik8s.api.kinds import Kind
from tuik8s.api.objects import is_deleting, is_pod_ready, labels_of
from tuik8s.api.request import DeleteOptions, Response, Verb
from tuik8s.api.selectors import LabelSelector
from tuik8s.apiserver.deletion import delete
from tuik8s.apiserver.storing import Changed
from tuik8s.apiserver.subresources.pods import body_of, success

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request
    from tuik8s.apiserver.registry import Registry

EVICTION = Kind("policy", "v1", "Eviction", "evictions", True, model="policy_v1:Eviction")
MOST_DISRUPTED = 2000
"""Evictions that the disruption controller has not confirmed; with more of them none is granted."""
VIOLATED = "Cannot evict pod as it would violate the pod's disruption budget."


async def evict(registry: Registry, request: Request) -> Response:
    """POST of an Eviction deletes the pod with its options, if its budget allows one more disruption."""
    body = await body_of(EVICTION, registry, request)
    options = body.get("deleteOptions") or {}
    preconditions = options.get("preconditions") or {}
    dry_run = request.dry_run or "All" in (options.get("dryRun") or ())
    wanted = DeleteOptions(
        grace_period_seconds=options.get("gracePeriodSeconds"),
        propagation=options.get("propagationPolicy"),
        uid=preconditions.get("uid", ""),
        resource_version=preconditions.get("resourceVersion", ""),
    )
    deletion = replace(request, verb=Verb.DELETE, subresource="", body=None, delete=wanted, dry_run=dry_run)
    await _ask_budget(registry, deletion, registry.current(request.namespace, request.name))
    pod = (await delete(registry, deletion)).object
    return Response(success(pod["metadata"]["resourceVersion"]))


async def _ask_budget(registry: Registry, request: Request, pod: Obj) -> None:
    """Take one disruption from the pod's budget. Raises TooManyRequests when there is none left."""
    phase = (pod.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed", "Pending") or is_deleting(pod):
        return  # nothing that serves is disrupted
    while True:
        budgets = _budgets_of(registry, pod)
        if not budgets:
            return
        if len(budgets) > 1:
            raise InternalError(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not"
                " support."
            )
        (budget,) = budgets
        if not is_pod_ready(pod) and _lets_unhealthy_go(budget):
            return
        granted = _granted(budget, pod, registry)
        if request.dry_run:
            return
        kind, writer = kinds.POD_DISRUPTION_BUDGET, registry.context.writer
        key = kind.storage_key(request.namespace, budget["metadata"]["name"])
        try:
            await writer.update(kind, key, granted, budget, request)
        except Changed:
            await writer.settled(key)
        else:
            return


def _budgets_of(registry: Registry, pod: Obj) -> list[Obj]:
    prefix = f"{kinds.POD_DISRUPTION_BUDGET.prefix}{pod['metadata']['namespace']}/"
    return [
        budget
        for budget in registry.context.store.list(prefix).items
        if LabelSelector.of(budget["spec"].get("selector")).matches(labels_of(pod))
    ]


def _lets_unhealthy_go(budget: Obj) -> bool:
    """A pod that is not ready serves nobody: by default it may go while enough others are."""
    if budget["spec"].get("unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    status = budget.get("status") or {}
    desired = status.get("desiredHealthy", 0)
    return bool(0 < desired <= status.get("currentHealthy", 0))


def _granted(budget: Obj, pod: Obj, registry: Registry) -> Obj:
    """The budget with one disruption less, and the pod noted. Raises TooManyRequests, Forbidden."""
    name, status = budget["metadata"]["name"], budget.get("status") or {}
    allowed = status.get("disruptionsAllowed", 0)
    disrupted = status.get("disruptedPods") or {}
    if status.get("observedGeneration", 0) < budget["metadata"].get("generation", 0):
        raise _refusal(f"The disruption budget {name} is still being processed by the server.")
    if len(disrupted) > MOST_DISRUPTED:
        why = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
        raise Forbidden.on("poddisruptionbudget.policy", name, why)
    if allowed <= 0:
        raise _refusal(
            f"The disruption budget {name} needs {status.get('desiredHealthy', 0)} healthy pods"
            f" and has {status.get('currentHealthy', 0)} currently"
        )
    now = registry.context.clock.now()
    changed = {
        **status,
        "disruptionsAllowed": allowed - 1,
        "disruptedPods": {**disrupted, pod["metadata"]["name"]: timestamp(now)},
    }
    if allowed == 1:
        condition = disruption_allowed(status, 0, budget["metadata"].get("generation", 0), now)
        others = [c for c in status.get("conditions") or () if c["type"] != ALLOWED]
        changed["conditions"] = [*others, condition]
    return {**budget, "status": changed}


def _refusal(cause: str) -> TooManyRequests:
    return TooManyRequests(VIOLATED, details={"causes": [{"reason": "DisruptionBudget", "message": cause}]})
