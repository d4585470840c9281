"""What `kubectl get componentstatuses` is told: Kubernetes' programs, of which ours are many parts of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from tuik8s.cluster.supervisor import ComponentState

_SCHEDULER = ("kube-scheduler", "scheduler-informers")
_INFORMERS = "controller-manager-informers"


def component_health(states: Iterable[ComponentState], controllers: Collection[str]) -> dict[str, str]:
    """Program to what is wrong with it: the error of a part that crashes again and again. The store has none:
    it answers, or nothing does."""
    failing = {state.name: state.last_error for state in states if state.state == "backing off"}
    groups = {"controller-manager": (*controllers, _INFORMERS), "scheduler": _SCHEDULER, "etcd-0": ()}
    return {
        program: next((f"{name}: {failing[name]}" for name in parts if name in failing), "")
        for program, parts in groups.items()
    }
