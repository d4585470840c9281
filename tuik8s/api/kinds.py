"""The kinds this release serves: names, scope, subresources, schema.

`KindRegistry` answers what a manifest, a URL or a person may call a kind. A kind that the schema package
knows but this list does not is refused with an error that says so (`KindRegistry.explain_unknown`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KUBERNETES_VERSION = "v1.37.0"
"""The Kubernetes release whose semantics are followed: that of the schema package."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource type, in one served version."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    model: str = ""
    """Where the schema package keeps its struct: `module:Class`."""
    stored_as: str = ""
    """Storage prefix when two kinds are views of the same objects (events); else derived."""
    columns: tuple[str, ...] = field(default=(), compare=False)

    @property
    def api_version(self) -> str:
        """As manifests write it: `apps/v1`, or `v1` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """As error messages and RBAC write it: `deployments.apps`, or `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def singular(self) -> str:
        return self.kind.lower()

    @property
    def list_kind(self) -> str:
        return f"{self.kind}List"

    @property
    def prefix(self) -> str:
        """Under which its objects are stored; always ends in a slash."""
        return f"/registry/{self.stored_as or self.resource}/"

    def storage_key(self, namespace: str, name: str) -> str:
        return f"{self.prefix}{namespace}/{name}" if self.namespaced else f"{self.prefix}{name}"

    def __str__(self) -> str:
        return self.resource


NAMESPACE = Kind(
    "", "v1", "Namespace", "namespaces", False, ("ns",), (), ("status", "finalize"), "core_v1:Namespace"
)
NODE = Kind("", "v1", "Node", "nodes", False, ("no",), (), ("status", "proxy"), "core_v1:Node")
POD = Kind(
    "", "v1", "Pod", "pods", True, ("po",), ("all",),
    ("status", "binding", "eviction", "log", "exec", "attach", "portforward", "proxy", "ephemeralcontainers",
     "resize"),
    "core_v1:Pod",
)  # fmt: skip
SERVICE = Kind(
    "", "v1", "Service", "services", True, ("svc",), ("all",), ("status", "proxy"), "core_v1:Service"
)
ENDPOINTS = Kind("", "v1", "Endpoints", "endpoints", True, ("ep",), (), (), "core_v1:Endpoints")
CONFIG_MAP = Kind("", "v1", "ConfigMap", "configmaps", True, ("cm",), (), (), "core_v1:ConfigMap")
SECRET = Kind("", "v1", "Secret", "secrets", True, (), (), (), "core_v1:Secret")
SERVICE_ACCOUNT = Kind(
    "", "v1", "ServiceAccount", "serviceaccounts", True, ("sa",), (), ("token",), "core_v1:ServiceAccount"
)
EVENT = Kind("", "v1", "Event", "events", True, ("ev",), (), (), "core_v1:Event", stored_as="events")
EVENTS_EVENT = Kind(
    "events.k8s.io", "v1", "Event", "events", True, ("ev",), (), (), "events_v1:Event", stored_as="events"
)
LEASE = Kind("coordination.k8s.io", "v1", "Lease", "leases", True, (), (), (), "coordination_v1:Lease")
ENDPOINT_SLICE = Kind(
    "discovery.k8s.io",
    "v1",
    "EndpointSlice",
    "endpointslices",
    True,
    (),
    (),
    (),
    "discovery_v1:EndpointSlice",
)
REPLICA_SET = Kind(
    "apps",
    "v1",
    "ReplicaSet",
    "replicasets",
    True,
    ("rs",),
    ("all",),
    ("status", "scale"),
    "apps_v1:ReplicaSet",
)
DEPLOYMENT = Kind(
    "apps",
    "v1",
    "Deployment",
    "deployments",
    True,
    ("deploy",),
    ("all",),
    ("status", "scale"),
    "apps_v1:Deployment",
)

SERVED: tuple[Kind, ...] = (
    NAMESPACE, NODE, POD, SERVICE, ENDPOINTS, CONFIG_MAP, SECRET, SERVICE_ACCOUNT, EVENT,
    DEPLOYMENT, REPLICA_SET, LEASE, ENDPOINT_SLICE, EVENTS_EVENT,
)  # fmt: skip
"""In order of preference when a short name is ambiguous: the core group first."""


class KindRegistry:
    """Look kinds up by what people and machines call them."""

    def __init__(self, kinds: Iterable[Kind] = SERVED) -> None:
        self._kinds = list(kinds)

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds)

    def by_kind(self, api_version: str, kind: str) -> Kind | None:
        """`("apps/v1", "Deployment")`, as a manifest names it."""
        return next((k for k in self._kinds if k.kind == kind and k.api_version == api_version), None)

    def by_plural(self, group: str, version: str, plural: str) -> Kind | None:
        """As a URL names it."""
        wanted = (group, version, plural)
        return next((k for k in self._kinds if (k.group, k.version, k.plural) == wanted), None)

    def find(self, text: str) -> Kind | None:
        """As a person types it: `po`, `deploy`, `Deployments.apps`, any case."""
        word = text.lower()
        for kind in self._kinds:
            names = (kind.plural, kind.singular, *kind.short_names)
            if word in names or (kind.group and word in [f"{name}.{kind.group}" for name in names]):
                return kind
        return None
