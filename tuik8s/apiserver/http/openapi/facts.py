"""What the schema package leaves out about the fields of the API: closed sets of values, and defaults."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS: Mapping[str, Any] = {
    "AzureDiskVolumeSource.cachingMode": "ReadWrite",
    "AzureDiskVolumeSource.fsType": "ext4",
    "AzureDiskVolumeSource.kind": "Shared",
    "AzureDiskVolumeSource.readOnly": False,
    "ContainerPort.protocol": "TCP",
    "DeviceToleration.operator": "Equal",
    "FileKeySelector.optional": False,
    "GRPCAction.service": "",
    "ISCSIPersistentVolumeSource.iscsiInterface": "default",
    "ISCSIVolumeSource.iscsiInterface": "default",
    "LocalObjectReference.name": "",
    "RBDPersistentVolumeSource.keyring": "/etc/ceph/keyring",
    "RBDPersistentVolumeSource.pool": "rbd",
    "RBDPersistentVolumeSource.user": "admin",
    "RBDVolumeSource.keyring": "/etc/ceph/keyring",
    "RBDVolumeSource.pool": "rbd",
    "RBDVolumeSource.user": "admin",
    "ReplicationControllerSpec.minReadySeconds": 0,
    "ReplicationControllerSpec.replicas": 1,
    "ScaleIOPersistentVolumeSource.fsType": "xfs",
    "ScaleIOPersistentVolumeSource.storageMode": "ThinProvisioned",
    "ScaleIOVolumeSource.fsType": "xfs",
    "ScaleIOVolumeSource.storageMode": "ThinProvisioned",
    "ScaleSpec.replicas": 0,
    "ServicePort.protocol": "TCP",
}
"""Of optional fields, as the types of the API say; those of required ones are the zero values."""


@cache
def enums() -> Mapping[str, tuple[str, ...]]:
    """By `Struct.field`, sorted."""
    found: dict[str, tuple[str, ...]] = {}
    for line in resources.files(__package__).joinpath("enums.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            place, _, values = line.partition(": ")
            found[place] = tuple("" if value == '""' else value for value in values.split(", "))
    return found
