"""Kinds that are served though nothing in this release acts on their objects.

Storing them without a word would be a lie: the API server warns of each that is created or applied, and the
manifests pane and `check` say it. Whoever adds what acts on a kind takes its line out of the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind

_NOTHING = "nothing will act on it"
_DEVICES = "devices are not allocated"
_UNROUTED = "nothing is routed through it"
_NOT_ASKED = "requests are not held against it"

WITHOUT_CONTROLLER: dict[str, str] = {
    "statefulsets.apps": _NOTHING,
    "daemonsets.apps": _NOTHING,
    "jobs.batch": _NOTHING,
    "cronjobs.batch": _NOTHING,
    "horizontalpodautoscalers.autoscaling": "nothing is scaled by it",
    "persistentvolumes": "no claim is bound to it",
    "persistentvolumeclaims": "no volume is bound to it",
    "volumeattachments.storage.k8s.io": "nothing is attached",
    "resourcequotas": "nothing is counted or refused by it",
    "limitranges": "nothing is limited or defaulted by it",
    "ingresses.networking.k8s.io": _UNROUTED,
    "networkpolicies.networking.k8s.io": "no connection is refused by it",
    "servicecidrs.networking.k8s.io": "service addresses come from the range the cluster was started with",
    "ipaddresses.networking.k8s.io": "service addresses are allocated without it",
    "apiservices.apiregistration.k8s.io": "no requests are handed on to its service",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io": "its webhooks are not called",
    "validatingwebhookconfigurations.admissionregistration.k8s.io": "its webhooks are not called",
    "mutatingadmissionpolicies.admissionregistration.k8s.io": _NOT_ASKED,
    "mutatingadmissionpolicybindings.admissionregistration.k8s.io": _NOT_ASKED,
    "validatingadmissionpolicies.admissionregistration.k8s.io": _NOT_ASKED,
    "validatingadmissionpolicybindings.admissionregistration.k8s.io": _NOT_ASKED,
    "podcertificaterequests.certificates.k8s.io": "no certificate is issued for it",
    "flowschemas.flowcontrol.apiserver.k8s.io": "requests are not sorted by it",
    "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io": "requests are not queued by it",
    "runtimeclasses.node.k8s.io": "every pod runs on the cluster's one container runtime",
    "resourceclaims.resource.k8s.io": _DEVICES,
    "resourceclaimtemplates.resource.k8s.io": _DEVICES,
    "deviceclasses.resource.k8s.io": _DEVICES,
    "resourceslices.resource.k8s.io": _DEVICES,
    "devicetaintrules.resource.k8s.io": _DEVICES,
    "storageversionmigrations.storagemigration.k8s.io": "nothing is migrated",
}
"""By resource: what does not happen. Kinds that are data for others (StorageClass, …) are not among them."""


def uncontrolled(kind: Kind) -> str:
    """What a client is told about a new object of this kind; empty when its controller is there."""
    consequence = WITHOUT_CONTROLLER.get(kind.resource, "")
    return f"{kind.kind} has no controller in this release of tuik8s: {consequence}" if consequence else ""
