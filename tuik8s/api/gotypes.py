"""What the schema package leaves out about Kubernetes' Go types, for the codec in `shapes`.

The models say `int`, `dict` and `str`; the API server's answers depend on more: which integers have 64 bits,
what a map holds, which zero values disappear when an object is written out (`omitempty` on a field that is no
pointer), and what a field's type is called in an error.
"""

from __future__ import annotations

INT64_FIELDS = frozenset({
    "activeDeadlineSeconds", "deletionGracePeriodSeconds", "expirationSeconds", "fsGroup", "generation",
    "gid", "gracePeriodSeconds", "maxExpirationSeconds", "observedGeneration", "remainingItemCount",
    "revision",
    "runAsGroup", "runAsUser", "seconds", "sizeBytes", "startingDeadlineSeconds", "supplementalGroups",
    "terminationGracePeriodSeconds", "tolerationSeconds", "uid", "capacity", "defaultUser", "user", "int",
    "nodeAllocatableUpdatePeriodSeconds", "resourceSliceCount",
})  # fmt: skip
"""Integers of 64 bits; all others have 32."""

QUANTITY_MAPS = frozenset({
    "allocatable", "allocatedResources", "capacity", "consumedCapacity", "default", "defaultRequest", "hard",
    "limits", "max", "maxLimitRequestRatio", "min", "overhead", "podFixed", "requests", "used",
})  # fmt: skip
"""Maps of resource name to quantity; all others hold strings."""

OTHER_MAPS: dict[tuple[str, str], str] = {
    ("BasicDevice", "attributes"): "DeviceAttribute",
    ("BasicDevice", "capacity"): "DeviceCapacity",
    ("BasicDevice", "nodeAllocatableResources"): "NodeAllocatableResource",
    ("CertificateSigningRequestSpec", "extra"): "List[str]",
    ("CounterSet", "counters"): "Counter",
    ("Device", "attributes"): "DeviceAttribute",
    ("Device", "capacity"): "DeviceCapacity",
    ("Device", "nodeAllocatableResources"): "NodeAllocatableResource",
    ("DeviceCounterConsumption", "counters"): "Counter",
    ("JSONSchemaProps", "definitions"): "JSONSchemaProps",
    ("JSONSchemaProps", "dependencies"): "Dict",
    ("JSONSchemaProps", "patternProperties"): "JSONSchemaProps",
    ("JSONSchemaProps", "properties"): "JSONSchemaProps",
    ("PodDisruptionBudgetStatus", "disruptedPods"): "meta_v1.Time",
    ("SubjectAccessReviewSpec", "extra"): "List[str]",
    ("TokenRequestSpec", "attestations"): "List[str]",
    ("UserInfo", "extra"): "List[str]",
}
"""Maps of anything else, by what they hold, written as the models write types."""

BYTES_MAPS = frozenset({("Secret", "data"), ("ConfigMap", "binaryData")})
"""Maps whose values are base64."""

BYTES_FIELDS = frozenset({
    ("APIServiceSpec", "caBundle"), ("CertificateSigningRequestSpec", "request"),
    ("CertificateSigningRequestStatus", "certificate"), ("PodCertificateRequestSpec", "stubPKCS10Request"),
    ("WebhookClientConfig", "caBundle"),
})  # fmt: skip

KEPT_EMPTY_STRINGS = frozenset({
    ("HostPathVolumeSource", "type"), ("PersistentVolumeClaimSpec", "storageClassName"),
    ("PersistentVolumeSpec", "storageClassName"), ("PersistentVolumeClaimSpec", "volumeAttributesClassName"),
    ("NodeRuntimeHandler", "name"), ("GRPCAction", "service"), ("CronJobSpec", "timeZone"),
    ("IngressSpec", "ingressClassName"), ("IngressClassParametersReference", "apiGroup"),
    ("IngressClassParametersReference", "namespace"), ("IngressClassParametersReference", "scope"),
    ("JobSpec", "managedBy"), ("LeaseSpec", "holderIdentity"), ("LeaseSpec", "preferredHolder"),
    ("PersistentVolumeSpec", "volumeAttributesClassName"), ("TypedLocalObjectReference", "apiGroup"),
    ("TypedObjectReference", "apiGroup"), ("TypedObjectReference", "namespace"),
    ("VolumeAttachmentSource", "persistentVolumeName"), ("WebhookClientConfig", "url"),
    ("PodFailurePolicyOnExitCodesRequirement", "containerName"), ("SuccessPolicyRule", "succeededIndexes"),
    ("DeviceAttribute", "string"), ("DeviceAttribute", "version"), ("ResourceSliceSpec", "nodeName"),
})  # fmt: skip
"""Optional strings behind a pointer for which "" differs from absent."""

DROPPED_FALSE = frozenset({
    "chapAuthDiscovery", "chapAuthSession", "clusterScope", "globalDefault", "sslEnabled",
    "hostIPC", "hostNetwork", "hostPID", "notReady", "paused", "publishNotReadyAddresses", "readOnly",
    "stdin", "stdinOnce", "tty", "unschedulable", "unsatisfiable",
})  # fmt: skip
"""Booleans that are no pointers: false is written as absent."""

DROPPED_ZERO = frozenset({
    "availableReplicas", "count", "deprecatedCount", "fullyLabeledReplicas", "generation",
    "healthCheckNodePort", "hostPort", "failureThreshold", "initialDelaySeconds", "minReadySeconds",
    "nodePort", "observedGeneration", "numberAvailable", "numberUnavailable", "updatedNumberScheduled",
    "partition",
    "periodSeconds", "readyReplicas", "signal", "successThreshold", "unavailableReplicas", "updatedReplicas",
})  # fmt: skip
"""Optional integers that are no pointers: zero is written as absent."""

DROPPED_ZERO_IN = frozenset({
    ("Probe", "timeoutSeconds"), ("DeploymentStatus", "replicas"), ("Status", "code"),
    ("StatefulSetStatus", "currentReplicas"), ("HorizontalPodAutoscalerStatus", "currentReplicas"),
    ("JobStatus", "active"), ("JobStatus", "failed"), ("JobStatus", "succeeded"),
    ("ServiceBackendPort", "number"), ("ScaleSpec", "replicas"),
})  # fmt: skip

KEPT_ZERO_IN = frozenset({
    ("StatefulSetStatus", "availableReplicas"), ("RollingUpdateStatefulSetStrategy", "partition"),
})  # fmt: skip
"""Exceptions from DROPPED_ZERO: there the zero is written, or is a value behind a pointer."""

NAMED_STRINGS: dict[tuple[str, str], str] = {
    ("Container", "imagePullPolicy"): "v1.PullPolicy",
    ("Container", "restartPolicy"): "v1.ContainerRestartPolicy",
    ("Container", "terminationMessagePolicy"): "v1.TerminationMessagePolicy",
    ("ContainerPort", "protocol"): "v1.Protocol",
    ("DeploymentStrategy", "type"): "v1.DeploymentStrategyType",
    ("EmptyDirVolumeSource", "medium"): "v1.StorageMedium",
    ("HTTPGetAction", "scheme"): "v1.URIScheme",
    ("HostPathVolumeSource", "type"): "v1.HostPathType",
    ("LabelSelectorRequirement", "operator"): "v1.LabelSelectorOperator",
    ("NamespaceStatus", "phase"): "v1.NamespacePhase",
    ("NodeSelectorRequirement", "operator"): "v1.NodeSelectorOperator",
    ("ObjectMeta", "uid"): "types.UID",
    ("OwnerReference", "uid"): "types.UID",
    ("PodSpec", "dnsPolicy"): "v1.DNSPolicy",
    ("PodSpec", "restartPolicy"): "v1.RestartPolicy",
    ("PodStatus", "phase"): "v1.PodPhase",
    ("Secret", "type"): "v1.SecretType",
    ("ServicePort", "protocol"): "v1.Protocol",
    ("ServiceSpec", "externalTrafficPolicy"): "v1.ServiceExternalTrafficPolicy",
    ("ServiceSpec", "internalTrafficPolicy"): "v1.ServiceInternalTrafficPolicy",
    ("ServiceSpec", "sessionAffinity"): "v1.ServiceAffinity",
    ("ServiceSpec", "type"): "v1.ServiceType",
    ("Taint", "effect"): "v1.TaintEffect",
    ("Toleration", "effect"): "v1.TaintEffect",
    ("Toleration", "operator"): "v1.TolerationOperator",
    ("TopologySpreadConstraint", "whenUnsatisfiable"): "v1.UnsatisfiableConstraintAction",
    ("VolumeMount", "mountPropagation"): "v1.MountPropagationMode",
}
"""Strings with a type of their own, as errors about them say."""
