"""What only the own cluster knows, as the interface wants to be told; `cluster` provides it.

The records are Protocols, so that the providing classes need not know the interface: any object with these
attributes serves. Against a remote API server there is no `ClusterInfo`, and the panes that need it say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.manifests import ManifestFile

ComponentCondition = Literal["running", "paused", "backing off", "stopped"]


class ApiRequest(Protocol):
    """One request as the API server saw it."""

    @property
    def time(self) -> datetime: ...
    @property
    def verb(self) -> str: ...
    @property
    def resource(self) -> str:
        """`deployments/web/scale`: plural, name and subresource as far as they were given."""

    @property
    def namespace(self) -> str: ...
    @property
    def code(self) -> int:
        """HTTP status; 0 while the request (a watch) is open."""

    @property
    def milliseconds(self) -> float: ...
    @property
    def agent(self) -> str: ...


class ComponentState(Protocol):
    """One supervised task of the control plane."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> ComponentCondition: ...
    @property
    def restarts(self) -> int: ...
    @property
    def last_error(self) -> str: ...


class Vitals(Protocol):
    """Figures sampled once a second; every one was measured."""

    @property
    def loop_lag_ms(self) -> float:
        """99th percentile over the last seconds."""

    @property
    def requests_per_second(self) -> float: ...
    @property
    def watches(self) -> int: ...
    @property
    def objects(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def store_bytes(self) -> int: ...
    @property
    def queues(self) -> Mapping[str, int]:
        """Keys waiting, by controller."""

    @property
    def pulls(self) -> Mapping[str, str]:
        """Images being pulled, and how far each is, in the runtime's words."""

    @property
    def heartbeats(self) -> Mapping[str, float]:
        """Seconds since each kubelet last renewed its lease, by node."""


class Write(Protocol):
    """One write to the store; `cause` is the revision of the write that woke its author, 0 for none."""

    @property
    def revision(self) -> int: ...
    @property
    def time(self) -> datetime: ...
    @property
    def author(self) -> str: ...
    @property
    def operation(self) -> str:
        """`create`, `update` or `delete`."""

    @property
    def subject(self) -> str:
        """`Pod default/web`"""

    @property
    def changes(self) -> Sequence[str]:
        """Paths of the fields that an update changed."""

    @property
    def cause(self) -> int: ...


class Story(Protocol):
    """How an object came to be as it is: the chain of causes of its latest write, that write first; and all
    its writes, the latest first, as far as history is kept."""

    @property
    def chain(self) -> Sequence[Write]: ...
    @property
    def writes(self) -> Sequence[Write]: ...


class RemoteCluster(Protocol):
    """A cluster of the kubeconfig that the interface looks at from outside."""

    @property
    def context(self) -> str: ...
    @property
    def contexts(self) -> Sequence[str]:
        """All that one could go on to."""

    @property
    def endpoint(self) -> str:
        """`https://10.0.0.1:6443`"""

    @property
    def version(self) -> str:
        """`v1.33.2`; empty while it is not known."""

    @property
    def milliseconds(self) -> float:
        """How long the latest request took to be answered; 0 before the first."""

    @property
    def answered(self) -> int:
        """Requests answered so far; watches not counted."""

    def requests(self) -> Sequence[ApiRequest]:
        """What this interface asked of it lately, oldest first; a bounded number."""

    async def ping(self) -> None:
        """Raises `ApiError` when no answer comes, or one that is none."""

    async def kinds(self) -> KindRegistry:
        """What it serves now. Raises `ApiError`."""


NOT_REMOTE = "not available on a remote cluster"
"""Said wherever something is shown of the own cluster alone."""


class ClusterInfo(Protocol):
    """Read by the interface once a second; answers from memory and never waits."""

    @property
    def name(self) -> str: ...
    @property
    def runtime(self) -> str:
        """`docker 20.10` or `simulated`."""

    @property
    def started(self) -> datetime: ...
    @property
    def endpoint(self) -> str:
        """Where clients reach the API (`https://127.0.0.1:6443`); empty while it listens nowhere."""

    @property
    def folder(self) -> str:
        """The manifest folder as the person named it; empty when none is watched."""

    def vitals(self) -> Vitals: ...

    def requests(self) -> Sequence[ApiRequest]:
        """The latest requests, oldest first; a bounded number."""

    def components(self) -> Sequence[ComponentState]: ...

    def alerts(self) -> Sequence[str]:
        """What is wrong with the cluster as a whole now, a sentence each, the worst first."""

    def manifests(self) -> Sequence[ManifestFile]:
        """Every file of the folder, sorted by path."""

    def verdicts(self, pod_uid: str) -> Sequence[Any]:
        """The scheduler's last cycles for a pod, oldest first."""

    async def story(self, kind: Kind, namespace: str, name: str) -> Story:
        """Read from the store's history."""

    def note_action(self, *, time: datetime, label: str, target: str, kubectl: str, outcome: str) -> None:
        """Add to the action history: what was done, to what, the same in kubectl, and how it ended."""
