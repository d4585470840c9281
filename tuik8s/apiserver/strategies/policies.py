"""Strategies of what rules over others (pkg/registry/{policy,networking,certificates,…}/*/strategy.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tuik8s.api import kinds
from tuik8s.api.clock import timestamp
from tuik8s.apiserver.strategies.base import Strategy, keep
from tuik8s.apiserver.strategies.workloads import SpecStrategy

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import User

VERDICTS = ("Approved", "Denied")


class AutoscalerStrategy(Strategy):
    def prepare_for_create(self, obj: Obj) -> None:
        super().prepare_for_create(obj)
        obj["status"] = {"desiredReplicas": 0}
        if self.kind == kinds.HORIZONTAL_POD_AUTOSCALER_V1:
            obj["status"]["currentReplicas"] = 0


class DisruptionBudgetStrategy(SpecStrategy):
    allow_unconditional_update = False
    initial_status: ClassVar[Obj | None] = {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    }


class IngressStrategy(SpecStrategy):
    initial_status: ClassVar[Obj | None] = {"loadBalancer": {}}


class ClaimStrategy(Strategy):
    """Claims and volumes begin as Pending."""

    initial_status: ClassVar[Obj | None] = {"phase": "Pending"}


class QuotaStrategy(Strategy):
    initial_status: ClassVar[Obj | None] = {}


class LimitRangeStrategy(Strategy):
    allow_create_on_update = True


class ConditionalStrategy(Strategy):
    """An update must say which state it changes."""

    allow_unconditional_update = False


class ConditionalSpecStrategy(SpecStrategy):
    allow_unconditional_update = False


class PriorityClassStrategy(Strategy):
    """The generation never changes: neither does the value."""

    counts_generation = True
    generation_of = ()


class WebhooksStrategy(ConditionalSpecStrategy):
    generation_of = ("webhooks",)


class CertificateRequestStrategy(Strategy):
    """Who asks is written down by the server; only the approval subresource judges."""

    initial_status: ClassVar[Obj | None] = {}

    def note_author(self, obj: Obj, user: User) -> None:
        spec = {key: value for key, value in obj["spec"].items() if key not in ("uid", "extra")}
        spec |= {"username": user.name, "groups": list(user.groups)}
        if user.uid:
            spec["uid"] = user.uid
        if user.extra:
            spec["extra"] = {key: list(values) for key, values in user.extra}
        obj["spec"] = spec

    def prepare_for_update(self, obj: Obj, old: Obj) -> None:
        super().prepare_for_update(obj, old)
        keep(obj, old, "spec")

    def prepare_for_subresource(self, subresource: str, obj: Obj, old: Obj) -> None:
        self.prepare_for_status_update(obj, old)
        before, given = old.get("status") or {}, obj.get("status") or {}
        judging = subresource == "approval"
        conditions = [*_verdicts(given if judging else before), *_others(before if judging else given)]
        status = {key: value for key, value in (before if judging else given).items() if key != "conditions"}
        if conditions:
            status["conditions"] = self._stamped(conditions, before)
        obj["status"] = status

    def _stamped(self, conditions: list[Obj], before: Obj) -> list[Obj]:
        now = timestamp(self.clock.now())
        known = {(old["type"], old.get("status")): old for old in before.get("conditions") or ()}
        stamped = []
        for condition in conditions:
            earlier = known.get((condition["type"], condition.get("status")), {})
            times = {"lastUpdateTime": now, "lastTransitionTime": earlier.get("lastTransitionTime", now)}
            stamped.append({**times, **condition})
        return stamped


def _verdicts(status: Obj) -> list[Obj]:
    return [condition for condition in status.get("conditions") or () if condition["type"] in VERDICTS]


def _others(status: Obj) -> list[Obj]:
    return [condition for condition in status.get("conditions") or () if condition["type"] not in VERDICTS]
