"""The extension points of a scheduling cycle, and what a plugin answers at each (kube-scheduler's framework).

PreFilter and PreScore look at the pod once and return the function that judges single nodes, or None when
the plugin has nothing to say about this pod; so the state of a cycle is what these functions close over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from tuik8s.scheduler.node_info import NodeInfo

if TYPE_CHECKING:
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

MAX_NODE_SCORE = 100


class Rejection(NamedTuple):
    """Why a node does not suit. `reasons` are counted over nodes for the event; `detail` is for one node."""

    plugin: str
    reasons: tuple[str, ...]
    resolvable: bool = True
    """Whether the pod would fit if other pods went away."""
    detail: str = ""

    @property
    def message(self) -> str:
        return self.detail or ", ".join(self.reasons)


class Change(Enum):
    """What can make a pod schedulable that was not."""

    NODE_ADDED = auto()
    NODE_ALLOCATABLE = auto()
    NODE_LABELS = auto()
    NODE_TAINTS = auto()
    NODE_REMOVED = auto()
    POD_ADDED = auto()
    POD_REMOVED = auto()
    POD_LABELS = auto()
    NAMESPACE_LABELS = auto()


class ClusterEvent(NamedTuple):
    """A change, the node it happened to (for a pod: its node), the pod if one, and the revision of it."""

    change: Change
    node: NodeInfo | None = None
    pod: PodInfo | None = None
    cause: int = 0


Check = Callable[[NodeInfo], Rejection | None]
Scorer = Callable[[NodeInfo], int]


class FilterPlugin(Protocol):
    """Says which nodes cannot take a pod."""

    name: str
    changes: frozenset[Change]
    """After which a pod this plugin rejected is worth another try."""
    local: bool
    """Whether the verdict on a node depends on that node alone."""

    def pre_filter(self, pod: PodInfo, snapshot: Snapshot) -> Check | None: ...


@runtime_checkable
class PodSensitive(Protocol):
    """A filter whose verdicts depend on other pods, wherever they are."""

    def concerns(self, pod: PodInfo, other: PodInfo, snapshot: Snapshot) -> bool:
        """Whether `other` coming, going or being relabelled can matter to `pod`."""


class ScorePlugin(Protocol):
    """Says which of the nodes that can take a pod suit it best."""

    name: str

    def pre_score(self, pod: PodInfo, nodes: Sequence[NodeInfo], snapshot: Snapshot) -> Scorer | None: ...

    def normalize(self, scores: list[int]) -> list[int]:
        """Bring scores to 0 ... MAX_NODE_SCORE."""


class Reserve(Protocol):
    """Keeps what a pod will use while it is being bound."""

    def reserve(self, pod: PodInfo, node_name: str) -> None: ...

    def unreserve(self, pod: PodInfo) -> None: ...


class Bind(Protocol):
    """Makes the choice known; raises `ApiError` when it is refused."""

    async def bind(self, pod: PodInfo, node_name: str) -> None: ...


def is_worth_retrying(plugin: FilterPlugin, pod: PodInfo, event: ClusterEvent, snapshot: Snapshot) -> bool:
    """The queueing hint: could this change make the plugin accept the pod?"""
    if event.change not in plugin.changes:
        return False
    if event.pod is not None and isinstance(plugin, PodSensitive):
        return plugin.concerns(pod, event.pod, snapshot)
    if not plugin.local or event.node is None or event.node.node is None:
        return True
    check = plugin.pre_filter(pod, snapshot)
    return check is None or check(event.node) is None


def default_normalize(scores: list[int], *, reverse: bool = False) -> list[int]:
    """Scale so that the highest becomes MAX_NODE_SCORE; `reverse` makes low scores good."""
    highest = max(scores, default=0)
    if highest == 0:
        return [MAX_NODE_SCORE] * len(scores) if reverse else scores
    scaled = [MAX_NODE_SCORE * score // highest for score in scores]
    return [MAX_NODE_SCORE - score for score in scaled] if reverse else scaled
