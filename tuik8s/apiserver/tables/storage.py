"""PersistentVolumes, their claims and classes, and what CSI drivers say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age
from tuik8s.api.objects import is_deleting
from tuik8s.api.volumes import class_name, is_default_class
from tuik8s.apiserver.tables.printer import AGE, NAME, UNSET, Cells, Printer, column, joined

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tuik8s.api.objects import Obj

_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def volume_cells(volume: Obj, now: datetime) -> Cells:
    spec, status = volume["spec"], volume.get("status") or {}
    claim = spec.get("claimRef")
    return [
        volume["metadata"]["name"],
        (spec.get("capacity") or {}).get("storage", "0"),
        _modes(spec.get("accessModes") or ()),
        spec.get("persistentVolumeReclaimPolicy", ""),
        _phase(volume),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        class_name(volume),
        spec.get("volumeAttributesClassName") or UNSET,
        status.get("reason", ""),
        age(volume, now),
        spec.get("volumeMode") or UNSET,
    ]


def claim_cells(claim: Obj, now: datetime) -> Cells:
    spec, status = claim["spec"], claim.get("status") or {}
    bound = bool(spec.get("volumeName"))
    return [
        claim["metadata"]["name"],
        _phase(claim),
        spec.get("volumeName", ""),
        (status.get("capacity") or {}).get("storage", "0") if bound else "",
        _modes(status.get("accessModes") or ()) if bound else "",
        class_name(claim),
        spec.get("volumeAttributesClassName") or UNSET,
        age(claim, now),
        spec.get("volumeMode") or UNSET,
    ]


def storage_class_cells(storage_class: Obj, now: datetime) -> Cells:
    name = storage_class["metadata"]["name"]
    return [
        f"{name} (default)" if is_default_class(storage_class) else name,
        storage_class.get("provisioner", ""),
        storage_class.get("reclaimPolicy", "Delete"),
        storage_class.get("volumeBindingMode", "Immediate"),
        bool(storage_class.get("allowVolumeExpansion")),
        age(storage_class, now),
    ]


def attributes_class_cells(attributes_class: Obj, now: datetime) -> Cells:
    meta = attributes_class["metadata"]
    return [meta["name"], attributes_class.get("driverName", ""), age(attributes_class, now)]


def attachment_cells(attachment: Obj, now: datetime) -> Cells:
    spec = attachment["spec"]
    return [
        attachment["metadata"]["name"],
        spec.get("attacher", ""),
        (spec.get("source") or {}).get("persistentVolumeName") or "",
        spec.get("nodeName", ""),
        bool((attachment.get("status") or {}).get("attached")),
        age(attachment, now),
    ]


def csi_driver_cells(driver: Obj, now: datetime) -> Cells:
    spec = driver["spec"]
    requests = spec.get("tokenRequests") or ()
    return [
        driver["metadata"]["name"],
        spec.get("attachRequired") is not False,
        bool(spec.get("podInfoOnMount")),
        bool(spec.get("storageCapacity")),
        joined((request.get("audience", "") for request in requests), empty=UNSET),
        bool(spec.get("requiresRepublish")),
        joined(spec.get("volumeLifecycleModes") or ()),
        age(driver, now),
    ]


def csi_node_cells(node: Obj, now: datetime) -> Cells:
    return [node["metadata"]["name"], len(node["spec"].get("drivers") or ()), age(node, now)]


def csi_capacity_cells(capacity: Obj, now: datetime) -> Cells:
    return [
        capacity["metadata"]["name"],
        capacity.get("storageClassName", ""),
        capacity.get("capacity") or UNSET,
    ]


def _modes(modes: Iterable[str]) -> str:
    """In this order, each once."""
    present = set(modes)
    return ",".join(short for mode, short in _MODES.items() if mode in present)


def _phase(obj: Obj) -> str:
    return "Terminating" if is_deleting(obj) else (obj.get("status") or {}).get("phase", "")


_CAPACITY = column("Capacity", "How much it holds.")
_ACCESS_MODES = column("Access Modes", "How it may be mounted.")
_STORAGE_CLASS = column("StorageClass", "The class it belongs to.")
_ATTRIBUTES_CLASS = column("VolumeAttributesClass", "The class of its changeable attributes.")
_VOLUME_MODE = column("VolumeMode", "A file system or a raw device.", wide=True)

VOLUME_PRINTER = Printer(
    [
        NAME,
        _CAPACITY,
        _ACCESS_MODES,
        column("Reclaim Policy", "What becomes of it when its claim goes."),
        column("Status", "Its phase."),
        column("Claim", "The claim it is bound to."),
        _STORAGE_CLASS,
        _ATTRIBUTES_CLASS,
        column("Reason", "Why it is in this phase."),
        AGE,
        _VOLUME_MODE,
    ],
    volume_cells,
)
CLAIM_PRINTER = Printer(
    [
        NAME,
        column("Status", "Its phase."),
        column("Volume", "The volume bound to it."),
        _CAPACITY,
        _ACCESS_MODES,
        _STORAGE_CLASS,
        _ATTRIBUTES_CLASS,
        AGE,
        _VOLUME_MODE,
    ],
    claim_cells,
)
STORAGE_CLASS_PRINTER = Printer(
    [
        NAME,
        column("Provisioner", "Who makes its volumes."),
        column("ReclaimPolicy", "What becomes of volumes when their claim goes."),
        column("VolumeBindingMode", "When volumes are bound."),
        column("AllowVolumeExpansion", "Whether claims may grow."),
        AGE,
    ],
    storage_class_cells,
)
ATTRIBUTES_CLASS_PRINTER = Printer(
    [NAME, column("DriverName", "The CSI driver."), AGE], attributes_class_cells
)
ATTACHMENT_PRINTER = Printer(
    [
        NAME,
        column("Attacher", "The CSI driver that attaches."),
        column("PV", "The volume."),
        column("Node", "The node it is attached to."),
        column("Attached", "Whether it is attached."),
        AGE,
    ],
    attachment_cells,
)
CSI_DRIVER_PRINTER = Printer(
    [
        NAME,
        column("AttachRequired", "Whether volumes are attached before they are mounted."),
        column("PodInfoOnMount", "Whether the driver is told of the pod."),
        column("StorageCapacity", "Whether the scheduler minds its capacity."),
        column("TokenRequests", "The audiences of the tokens it is given."),
        column("RequiresRepublish", "Whether volumes are published again from time to time."),
        column("Modes", "The kinds of volumes it makes."),
        AGE,
    ],
    csi_driver_cells,
)
CSI_NODE_PRINTER = Printer(
    [NAME, column("Drivers", "CSI drivers of the node.", of="integer"), AGE], csi_node_cells
)
CSI_CAPACITY_PRINTER = Printer(
    [NAME, column("StorageClassName", "The class of the volumes."), column("Capacity", "What is left.")],
    csi_capacity_cells,
)
