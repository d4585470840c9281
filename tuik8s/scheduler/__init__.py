"""The scheduler: it finds a node for every pod that has none (kube-scheduler's framework).

`scheduler` is the loop, `queue` says whose turn it is, `snapshot` is what is known of the nodes, `algorithm`
filters, scores and picks, `plugins` hold one rule each, `verdicts` remembers why. A scheduling cycle never
waits, so the state it decides on cannot change under it; binding happens behind it, and until the cache shows
the result the pod is assumed to be where it was put.

Not here: preemption, volumes, dynamic resources, several profiles.
"""

from tuik8s.scheduler.scheduler import Scheduler, SchedulerStatistics
from tuik8s.scheduler.verdicts import Cycle, NodeVerdict

__all__ = ["Cycle", "NodeVerdict", "Scheduler", "SchedulerStatistics"]
