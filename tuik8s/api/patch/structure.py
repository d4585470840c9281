"""How the values of each type merge: which lists are maps by a key, which structs are one value.

The types and their fields come from the schema package; what that does not say (the `patchStrategy`,
`listType` and `structType` markers of the Kubernetes API types) stands here as facts, per type and field.
"""

from __future__ import annotations

import types
import typing
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

from tuik8s.api.models import model_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tuik8s.api.kinds import Kind

# patchMergeKey. The `…Status.conditions` of all kinds are merged by type and added below.
MERGE_KEYS = {
    "ObjectMeta.ownerReferences": "uid",
    "PodSpec.containers": "name",
    "PodSpec.initContainers": "name",
    "PodSpec.ephemeralContainers": "name",
    "PodSpec.imagePullSecrets": "name",
    "PodSpec.schedulingGates": "name",
    "PodSpec.volumes": "name",
    "PodSpec.resourceClaims": "name",
    "PodSpec.hostAliases": "ip",
    "PodSpec.topologySpreadConstraints": "topologyKey",
    "Container.env": "name",
    "Container.ports": "containerPort",
    "Container.volumeMounts": "mountPath",
    "Container.volumeDevices": "devicePath",
    "EphemeralContainer.env": "name",
    "EphemeralContainer.ports": "containerPort",
    "EphemeralContainer.volumeMounts": "mountPath",
    "EphemeralContainer.volumeDevices": "devicePath",
    "PodStatus.podIPs": "ip",
    "PodStatus.hostIPs": "ip",
    "PodStatus.resourceClaimStatuses": "name",
    "ContainerStatus.volumeMounts": "mountPath",
    "ContainerStatus.allocatedResourcesStatus": "name",
    "ServiceSpec.ports": "port",
    "ServiceAccount.secrets": "name",
    "NodeStatus.addresses": "type",
    "CSINodeSpec.drivers": "name",
    "MutatingWebhookConfiguration.webhooks": "name",
    "ValidatingWebhookConfiguration.webhooks": "name",
    "MutatingWebhook.matchConditions": "name",
    "ValidatingWebhook.matchConditions": "name",
    "ValidatingAdmissionPolicySpec.matchConditions": "name",
    "ValidatingAdmissionPolicySpec.variables": "name",
    "MutatingAdmissionPolicySpec.matchConditions": "name",
    "JobSchedulingConfiguration.resourceClaims": "name",
    "NodeAllocatableResourceClaimStatus.mapping": "name",
    "NodeAllocatableResourceClaimStatus.overhead": "name",
    "PodSpec.evictionResponders": "name",
    "PodStatus.nodeAllocatableResourceClaimStatuses": "resourceClaimName",
    "PodVolumeHealth.healthConditions": "status",
    "VolumeHealthStatus.healthConditions": "status",
    "CSINodeStatus.storageHealth": "name",
    "ResourceClaimStatus.reservedFor": "uid",
}
REPLACED_CONDITIONS = {
    "AllocatedDeviceStatus.conditions", "CertificateSigningRequestStatus.conditions",
    "ValidatingAdmissionPolicyStatus.conditions",
}  # fmt: skip
"""Conditions that a strategic merge patch replaces; server-side apply tells them apart by their type."""
MERGED_PRIMITIVES = {"ObjectMeta.finalizers", "NodeSpec.podCIDRs"}
RETAIN_KEYS = {
    "PodSpec.volumes", "PodSpec.resourceClaims", "PodStatus.resourceClaimStatuses", "DeploymentSpec.strategy"
}  # fmt: skip
REPLACED = {"PodDisruptionBudgetSpec.selector"}

# listMapKey where it is not the merge key alone.
LIST_MAP_KEYS: dict[str, tuple[str, ...]] = {
    "PodSpec.topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "Container.ports": ("containerPort", "protocol"),
    "EphemeralContainer.ports": ("containerPort", "protocol"),
    "ServiceSpec.ports": ("port", "protocol"),
    "ResourceRequirements.claims": ("name",),
    "PodStatus.volumeHealth": ("name",),
    "PodVolumeHealth.healthConditions": ("status", "reason"),
    "VolumeHealthStatus.healthConditions": ("status", "reason"),
    "ResourceStatus.resources": ("resourceID",),
    "ResourceClaimStatus.devices": ("driver", "device", "pool", "shareID"),
    **dict.fromkeys(REPLACED_CONDITIONS, ("type",)),
}
KEY_DEFAULTS = {"protocol": "TCP"}
# Fields whose Go types have no `omitempty`: they are always there, and so never added.
ALWAYS_PRESENT = frozenset(("metadata", "spec", "status", "strategy", "template", "containers", "resources"))
SETS = {
    "ObjectMeta.finalizers", "NodeSpec.podCIDRs", "Endpoint.addresses", "VolumeMount.bindMountOptions",
    "ValidatingAdmissionPolicyBindingSpec.validationActions", "PodFailurePolicyOnExitCodesRequirement.values",
    "UncountedTerminatedPods.succeeded", "UncountedTerminatedPods.failed",
    "ContainerRestartRuleOnExitCodes.values", "NodeAllocatableResourceClaimStatus.containers",
    "NodePodPreemptionPolicy.disableResizePreemption", "NonResourcePolicyRule.verbs",
    "NonResourcePolicyRule.nonResourceURLs", "ResourcePolicyRule.verbs", "ResourcePolicyRule.apiGroups",
    "ResourcePolicyRule.resources", "ResourcePolicyRule.namespaces", "CSIDriverSpec.volumeLifecycleModes",
    "DeviceRequestAllocationResult.skipNodeOperations", "ResourceSliceSpec.skipNodeOperations",
}  # fmt: skip
ATOMIC_FIELDS = {
    "PodStatus.hostIPs", "JobStatus.conditions", "ObjectMeta.managedFields", "PodSpec.nodeSelector",
    "ServiceSpec.selector", "ReplicationControllerSpec.selector", "Endpoint.deprecatedTopology",
    "Scheduling.nodeSelector",
}  # fmt: skip
ATOMIC_TYPES = {
    "CrossVersionObjectReference", "EndpointAddress", "EndpointPort", "EvictionResponder", "MatchResources",
    "NamedRuleWithOperations", "ParamKind", "ParamRef", "RoleRef", "ServiceBackendPort", "Subject",
    "Variable", "ConfigMapKeySelector", "FileKeySelector", "LabelSelector", "LocalObjectReference",
    "NodeSelector",
    "NodeSelectorTerm", "ObjectFieldSelector", "ObjectReference", "OwnerReference", "ResourceFieldSelector",
    "ScopeSelector", "SecretKeySelector", "SecretReference", "TopologySelectorTerm",
    "TypedLocalObjectReference",
}  # fmt: skip


@dataclass(eq=False)
class Structure:
    """One type at one place of an object. `fields` of structs and `element` of maps and lists lead on."""

    shape: Literal["scalar", "struct", "map", "list"]
    hint: Any = None
    atomic: bool = False
    merge_key: str = ""
    merged_primitives: bool = False
    retain_keys: bool = False
    list_keys: tuple[str, ...] = ()
    """Of lists that are maps: the fields, sorted, that tell their items apart."""
    is_set: bool = False
    place: str = field(default="", repr=False)
    key_defaults: Mapping[str, Any] = field(default_factory=lambda: KEY_DEFAULTS, repr=False)
    always_present: frozenset[str] = field(default=ALWAYS_PRESENT, repr=False)
    """Fields that exist in every value, so that nobody adds them."""

    @cached_property
    def fields(self) -> Mapping[str, Structure]:
        return _fields(self.hint) if self.shape == "struct" else {}

    @cached_property
    def element(self) -> Structure:
        return _resolve(self.hint, "") if self.shape == "list" and self.hint is not None else SCALAR

    def child(self, name: str) -> Structure:
        """What a field of a struct, or a value of a map, is; a field nobody knows is one value."""
        return self.fields.get(name, SCALAR)


SCALAR = Structure("scalar", atomic=True)


@cache
def structure_of(kind: Kind) -> Structure:
    """The root: an object of this kind."""
    return structure_named(kind.model)


@cache
def structure_named(model: str) -> Structure:
    """Of `module:Class` in the schema package."""
    return Structure("struct", model_of(model))


@cache
def _fields(struct: type) -> dict[str, Structure]:
    encoded = dict(zip(struct.__struct_fields__, struct.__struct_encode_fields__, strict=True))  # type: ignore[attr-defined]
    return {
        encoded[name]: _resolve(hint, f"{struct.__name__}.{encoded[name]}")
        for name, hint in typing.get_type_hints(struct).items()
    }


def _resolve(hint: Any, place: str) -> Structure:
    hint = _without_none(hint)
    origin = typing.get_origin(hint) or hint
    if origin is list:
        return _list(typing.get_args(hint)[0], place)
    if origin is dict:
        return Structure("map", atomic=place in ATOMIC_FIELDS)
    if hasattr(origin, "__struct_fields__"):
        name = origin.__name__
        return Structure(
            "struct", origin, name in ATOMIC_TYPES, retain_keys=place in RETAIN_KEYS, place=place
        )
    return SCALAR


def _list(element: Any, place: str) -> Structure:
    merge_key = merge_key_of(place)
    keys = LIST_MAP_KEYS.get(place, (merge_key,) if merge_key else ())
    is_set = place in SETS
    atomic = place in ATOMIC_FIELDS or not (keys or is_set)
    return Structure(
        "list", element, atomic, merge_key, place in MERGED_PRIMITIVES, place in RETAIN_KEYS,
        () if atomic else tuple(sorted(keys)), is_set, place,
    )  # fmt: skip


def merge_key_of(place: str) -> str:
    """The field that tells the items of a list apart in a strategic merge patch; empty where none does."""
    if place.endswith("Status.conditions") and place not in REPLACED_CONDITIONS:
        return "type"
    return MERGE_KEYS.get(place, "")


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        kept = [item for item in typing.get_args(hint) if item is not type(None)]
        return kept[0] if len(kept) == 1 else str
    return hint
