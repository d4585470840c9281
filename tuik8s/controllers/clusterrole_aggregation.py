"""Roles that are made of others (pkg/controller/clusterroleaggregation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.objects import Key, Obj, is_deleting, labels_of
from tuik8s.api.selectors import LabelSelector
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers


class ClusterRoleAggregationController(Reconciler):
    """Gives each ClusterRole with an aggregationRule the rules of all that it selects, once each."""

    name = "clusterrole-aggregation-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock
    ) -> None:
        self._client = client
        self._roles = informers.of(kinds.CLUSTER_ROLE)
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=1)
        self._controller.watches(self._roles, self._aggregated)

    async def reconcile(self, key: Key) -> None:
        role = self._roles.get(key)
        if role is None or is_deleting(role) or not role.get("aggregationRule"):
            return
        rules = self._collected(role)
        if rules == (role.get("rules") or []):
            return
        await self._client.patch(
            kinds.CLUSTER_ROLE, "", key.name,
            {"metadata": {"uid": role["metadata"]["uid"]}, "rules": rules},
        )  # fmt: skip

    def _collected(self, role: Obj) -> list[Obj]:
        """In the order of the selectors, and of names for each; a role never takes its own."""
        found: list[Obj] = []
        for given in role["aggregationRule"].get("clusterRoleSelectors") or ():
            selector = LabelSelector.of(given)
            others = (other for other in self._roles.list() if selector.matches(labels_of(other)))
            for other in sorted(others, key=lambda other: str(other["metadata"]["name"])):
                if other["metadata"]["name"] != role["metadata"]["name"]:
                    found += [rule for rule in other.get("rules") or () if rule not in found]
        return found

    def _aggregated(self, _: Obj) -> Iterable[Key]:
        """Any change of a role can change all that are made of others."""
        for role in self._roles.list():
            if role.get("aggregationRule"):
                yield Key("", role["metadata"]["name"])
