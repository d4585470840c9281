"""The kinds of the core group, and events in both their groups."""

from __future__ import annotations

from tuik8s.api.kinds.kind import VERBS, Kind


def _core(
    kind: str, plural: str, short_name: str = "", *, namespaced: bool = True,
    categories: tuple[str, ...] = (), subresources: tuple[str, ...] = (), verbs: tuple[str, ...] = VERBS,
) -> Kind:  # fmt: skip
    short_names = (short_name,) if short_name else ()
    return Kind(
        "", "v1", kind, plural, namespaced, short_names, categories, subresources, f"core_v1:{kind}",
        verbs=verbs,
    )  # fmt: skip


NAMESPACE = _core(
    "Namespace", "namespaces", "ns", namespaced=False, subresources=("status", "finalize"),
    verbs=tuple(verb for verb in VERBS if verb != "deletecollection"),
)  # fmt: skip
NODE = _core("Node", "nodes", "no", namespaced=False, subresources=("status", "proxy"))
POD = _core(
    "Pod", "pods", "po", categories=("all",),
    subresources=(
        "status", "binding", "eviction", "log", "exec", "attach", "portforward", "proxy",
        "ephemeralcontainers", "resize",
    ),
)  # fmt: skip
SERVICE = _core("Service", "services", "svc", categories=("all",), subresources=("status", "proxy"))
ENDPOINTS = _core("Endpoints", "endpoints", "ep")
CONFIG_MAP = _core("ConfigMap", "configmaps", "cm")
SECRET = _core("Secret", "secrets")
SERVICE_ACCOUNT = _core("ServiceAccount", "serviceaccounts", "sa", subresources=("token",))
EVENT = Kind("", "v1", "Event", "events", True, ("ev",), (), (), "core_v1:Event", stored_as="events")
EVENTS_EVENT = Kind(
    "events.k8s.io", "v1", "Event", "events", True, ("ev",), (), (), "events_v1:Event", stored_as="events",
    encoded_as=EVENT.api_version,
)  # fmt: skip
PERSISTENT_VOLUME = _core(
    "PersistentVolume", "persistentvolumes", "pv", namespaced=False, subresources=("status",)
)
PERSISTENT_VOLUME_CLAIM = _core(
    "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", subresources=("status",)
)
REPLICATION_CONTROLLER = _core(
    "ReplicationController", "replicationcontrollers", "rc", categories=("all",),
    subresources=("status", "scale"),
)  # fmt: skip
POD_TEMPLATE = _core("PodTemplate", "podtemplates")
RESOURCE_QUOTA = _core("ResourceQuota", "resourcequotas", "quota", subresources=("status",))
LIMIT_RANGE = _core("LimitRange", "limitranges", "limits")

COMPONENT_STATUS = _core(
    "ComponentStatus", "componentstatuses", "cs", namespaced=False, verbs=("get", "list")
)
BINDING = _core("Binding", "bindings", verbs=("create",))

CORE = (
    NAMESPACE, NODE, POD, SERVICE, ENDPOINTS, CONFIG_MAP, SECRET, SERVICE_ACCOUNT, EVENT,
    PERSISTENT_VOLUME, PERSISTENT_VOLUME_CLAIM, REPLICATION_CONTROLLER, POD_TEMPLATE, RESOURCE_QUOTA,
    LIMIT_RANGE, COMPONENT_STATUS, BINDING,
)  # fmt: skip
