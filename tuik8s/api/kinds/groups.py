"""The kinds of the named groups."""

from __future__ import annotations

from dataclasses import replace

from tuik8s.api.kinds.core import EVENTS_EVENT
from tuik8s.api.kinds.kind import Kind

_ALL = ("all",)
_EXTENSIONS = ("api-extensions",)


class _Group:
    """Makes the kinds of one version of a group; `module` is the schema package's."""

    def __init__(self, group: str, version: str = "v1", module: str = "") -> None:
        self._group = group
        self._version = version
        self._module = module or f"{group.partition('.')[0]}_{version}"

    def __call__(
        self, kind: str, plural: str, *short_names: str, namespaced: bool = True,
        categories: tuple[str, ...] = (), subresources: tuple[str, ...] = (),
    ) -> Kind:  # fmt: skip
        return Kind(
            self._group, self._version, kind, plural, namespaced, short_names, categories, subresources,
            f"{self._module}:{kind}",
        )  # fmt: skip


_STATUS, _STATUS_AND_SCALE = ("status",), ("status", "scale")

_apps = _Group("apps")
DEPLOYMENT = _apps("Deployment", "deployments", "deploy", categories=_ALL, subresources=_STATUS_AND_SCALE)
REPLICA_SET = _apps("ReplicaSet", "replicasets", "rs", categories=_ALL, subresources=_STATUS_AND_SCALE)
STATEFUL_SET = _apps("StatefulSet", "statefulsets", "sts", categories=_ALL, subresources=_STATUS_AND_SCALE)
DAEMON_SET = _apps("DaemonSet", "daemonsets", "ds", categories=_ALL, subresources=_STATUS)
CONTROLLER_REVISION = _apps("ControllerRevision", "controllerrevisions")

_batch = _Group("batch")
JOB = _batch("Job", "jobs", categories=_ALL, subresources=_STATUS)
CRON_JOB = _batch("CronJob", "cronjobs", "cj", categories=_ALL, subresources=_STATUS)

_AUTOSCALER = ("HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa")
HORIZONTAL_POD_AUTOSCALER = _Group("autoscaling", "v2")(*_AUTOSCALER, categories=_ALL, subresources=_STATUS)
HORIZONTAL_POD_AUTOSCALER_V1 = replace(
    _Group("autoscaling")(*_AUTOSCALER, categories=_ALL, subresources=_STATUS),
    encoded_as=HORIZONTAL_POD_AUTOSCALER.api_version,
)
"""The older view of the same objects."""

POD_DISRUPTION_BUDGET = _Group("policy")(
    "PodDisruptionBudget", "poddisruptionbudgets", "pdb", subresources=_STATUS
)

_networking = _Group("networking.k8s.io")
INGRESS = _networking("Ingress", "ingresses", "ing", subresources=_STATUS)
INGRESS_CLASS = _networking("IngressClass", "ingressclasses", namespaced=False)
NETWORK_POLICY = _networking("NetworkPolicy", "networkpolicies", "netpol")
IP_ADDRESS = _networking("IPAddress", "ipaddresses", "ip", namespaced=False)
SERVICE_CIDR = _networking("ServiceCIDR", "servicecidrs", namespaced=False, subresources=_STATUS)

_rbac = _Group("rbac.authorization.k8s.io")
CLUSTER_ROLE = _rbac("ClusterRole", "clusterroles", namespaced=False)
CLUSTER_ROLE_BINDING = _rbac("ClusterRoleBinding", "clusterrolebindings", namespaced=False)
ROLE = _rbac("Role", "roles")
ROLE_BINDING = _rbac("RoleBinding", "rolebindings")

_storage = _Group("storage.k8s.io")
STORAGE_CLASS = _storage("StorageClass", "storageclasses", "sc", namespaced=False)
VOLUME_ATTRIBUTES_CLASS = _storage(
    "VolumeAttributesClass", "volumeattributesclasses", "vac", namespaced=False
)
VOLUME_ATTACHMENT = _storage("VolumeAttachment", "volumeattachments", namespaced=False, subresources=_STATUS)
CSI_DRIVER = _storage("CSIDriver", "csidrivers", namespaced=False)
CSI_NODE = _storage("CSINode", "csinodes", namespaced=False, subresources=_STATUS)
CSI_STORAGE_CAPACITY = _storage("CSIStorageCapacity", "csistoragecapacities")

_admission = _Group("admissionregistration.k8s.io")
VALIDATING_WEBHOOK_CONFIGURATION = _admission(
    "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", namespaced=False,
    categories=_EXTENSIONS,
)  # fmt: skip
MUTATING_WEBHOOK_CONFIGURATION = _admission(
    "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", namespaced=False,
    categories=_EXTENSIONS,
)  # fmt: skip
VALIDATING_ADMISSION_POLICY = _admission(
    "ValidatingAdmissionPolicy", "validatingadmissionpolicies", namespaced=False, categories=_EXTENSIONS,
    subresources=_STATUS,
)  # fmt: skip
VALIDATING_ADMISSION_POLICY_BINDING = _admission(
    "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", namespaced=False,
    categories=_EXTENSIONS,
)  # fmt: skip
MUTATING_ADMISSION_POLICY = _admission(
    "MutatingAdmissionPolicy", "mutatingadmissionpolicies", namespaced=False, categories=_EXTENSIONS
)
MUTATING_ADMISSION_POLICY_BINDING = _admission(
    "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings", namespaced=False,
    categories=_EXTENSIONS,
)  # fmt: skip

API_SERVICE = _Group("apiregistration.k8s.io")(
    "APIService", "apiservices", namespaced=False, categories=_EXTENSIONS, subresources=_STATUS
)

_certificates = _Group("certificates.k8s.io")
CERTIFICATE_SIGNING_REQUEST = _certificates(
    "CertificateSigningRequest", "certificatesigningrequests", "csr", namespaced=False,
    subresources=("status", "approval"),
)  # fmt: skip
CLUSTER_TRUST_BUNDLE = _certificates("ClusterTrustBundle", "clustertrustbundles", namespaced=False)
POD_CERTIFICATE_REQUEST = _certificates(
    "PodCertificateRequest", "podcertificaterequests", subresources=_STATUS
)

PRIORITY_CLASS = _Group("scheduling.k8s.io")("PriorityClass", "priorityclasses", "pc", namespaced=False)
RUNTIME_CLASS = _Group("node.k8s.io")("RuntimeClass", "runtimeclasses", namespaced=False)
LEASE = _Group("coordination.k8s.io")("Lease", "leases")
ENDPOINT_SLICE = _Group("discovery.k8s.io")("EndpointSlice", "endpointslices")

_flow_control = _Group("flowcontrol.apiserver.k8s.io")
FLOW_SCHEMA = _flow_control("FlowSchema", "flowschemas", namespaced=False, subresources=_STATUS)
PRIORITY_LEVEL_CONFIGURATION = _flow_control(
    "PriorityLevelConfiguration", "prioritylevelconfigurations", namespaced=False, subresources=_STATUS
)

_resource = _Group("resource.k8s.io")
DEVICE_CLASS = _resource("DeviceClass", "deviceclasses", namespaced=False)
DEVICE_TAINT_RULE = _resource("DeviceTaintRule", "devicetaintrules", namespaced=False, subresources=_STATUS)
RESOURCE_CLAIM = _resource("ResourceClaim", "resourceclaims", subresources=_STATUS)
RESOURCE_CLAIM_TEMPLATE = _resource("ResourceClaimTemplate", "resourceclaimtemplates")
RESOURCE_SLICE = _resource("ResourceSlice", "resourceslices", namespaced=False)

_extensions = _Group("apiextensions.k8s.io")
CUSTOM_RESOURCE_DEFINITION = _extensions(
    "CustomResourceDefinition", "customresourcedefinitions", "crd", "crds", namespaced=False,
    categories=_EXTENSIONS, subresources=_STATUS,
)  # fmt: skip

STORAGE_VERSION_MIGRATION = _Group("storagemigration.k8s.io")(
    "StorageVersionMigration", "storageversionmigrations", namespaced=False, subresources=_STATUS
)

NAMED_GROUPS = (
    API_SERVICE,
    DEPLOYMENT, REPLICA_SET, STATEFUL_SET, DAEMON_SET, CONTROLLER_REVISION,
    EVENTS_EVENT,
    HORIZONTAL_POD_AUTOSCALER, HORIZONTAL_POD_AUTOSCALER_V1,
    JOB, CRON_JOB,
    CERTIFICATE_SIGNING_REQUEST, CLUSTER_TRUST_BUNDLE, POD_CERTIFICATE_REQUEST,
    INGRESS, INGRESS_CLASS, NETWORK_POLICY, IP_ADDRESS, SERVICE_CIDR,
    POD_DISRUPTION_BUDGET,
    CLUSTER_ROLE, CLUSTER_ROLE_BINDING, ROLE, ROLE_BINDING,
    STORAGE_CLASS, VOLUME_ATTRIBUTES_CLASS, VOLUME_ATTACHMENT, CSI_DRIVER, CSI_NODE, CSI_STORAGE_CAPACITY,
    VALIDATING_WEBHOOK_CONFIGURATION, MUTATING_WEBHOOK_CONFIGURATION,
    VALIDATING_ADMISSION_POLICY, VALIDATING_ADMISSION_POLICY_BINDING,
    MUTATING_ADMISSION_POLICY, MUTATING_ADMISSION_POLICY_BINDING,
    PRIORITY_CLASS, LEASE, RUNTIME_CLASS, ENDPOINT_SLICE,
    DEVICE_CLASS, DEVICE_TAINT_RULE, RESOURCE_CLAIM, RESOURCE_CLAIM_TEMPLATE, RESOURCE_SLICE,
    FLOW_SCHEMA, PRIORITY_LEVEL_CONFIGURATION, STORAGE_VERSION_MIGRATION, CUSTOM_RESOURCE_DEFINITION,
)  # fmt: skip
"""Groups in the order of their priority; of two versions of a kind the preferred one first."""

_READ = ("get", "list")
NODE_METRICS = Kind("metrics.k8s.io", "v1beta1", "NodeMetrics", "nodes", False, verbs=_READ)
POD_METRICS = Kind("metrics.k8s.io", "v1beta1", "PodMetrics", "pods", True, verbs=_READ)
MEASURED = (NODE_METRICS, POD_METRICS)
"""Made when they are asked for: nothing is stored, and no schema says what they are."""
