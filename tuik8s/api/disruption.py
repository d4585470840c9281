"""What a PodDisruptionBudget says of itself, shared by its controller and by the eviction of pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.clock import timestamp

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj

ALLOWED = "DisruptionAllowed"


def disruption_allowed(status: Obj, allowed: int, generation: int, now: datetime, failure: str = "") -> Obj:
    """The condition for so many allowed disruptions; its time is kept where the answer is the same."""
    reason = "SyncFailed" if failure else "SufficientPods" if allowed > 0 else "InsufficientPods"
    answer = "True" if allowed > 0 and not failure else "False"
    old: Obj = next((c for c in status.get("conditions") or () if c["type"] == ALLOWED), {})
    since = old["lastTransitionTime"] if old.get("status") == answer else timestamp(now)
    return {
        "type": ALLOWED, "status": answer, "reason": reason, "message": failure,
        "observedGeneration": generation, "lastTransitionTime": since,
    }  # fmt: skip
