"""PersistentVolumes, claims, StorageClasses, CSIDrivers (pkg/apis/{core,storage}/v1/defaults.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.defaults.volumes import default_source

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

_GROUP_POLICY = "ReadWriteOnceWithFSType"


def default_persistent_volume(volume: Obj) -> None:
    spec = volume.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    default_source(spec)
    volume.setdefault("status", {}).setdefault("phase", "Pending")


def default_claim(claim: Obj) -> None:
    claim.setdefault("status", {}).setdefault("phase", "Pending")
    default_claim_spec(claim.setdefault("spec", {}))


def default_claim_spec(spec: Obj) -> None:
    """`dataSource` and `dataSourceRef` say the same unless the latter names a namespace."""
    spec.setdefault("volumeMode", "Filesystem")
    spec.setdefault("resources", {})
    source, reference = spec.get("dataSource"), spec.get("dataSourceRef")
    if source is not None and reference is None:
        spec["dataSourceRef"] = dict(source)
    elif reference is not None and source is None and not reference.get("namespace"):
        spec["dataSource"] = {key: reference[key] for key in ("apiGroup", "kind", "name") if key in reference}


def default_storage_class(storage_class: Obj) -> None:
    storage_class.setdefault("reclaimPolicy", "Delete")
    storage_class.setdefault("volumeBindingMode", "Immediate")


def default_csi_driver(driver: Obj) -> None:
    spec = driver.setdefault("spec", {})
    spec.setdefault("attachRequired", True)
    spec.setdefault("fsGroupPolicy", _GROUP_POLICY)
    for field in ("podInfoOnMount", "requiresRepublish", "seLinuxMount", "storageCapacity"):
        spec.setdefault(field, False)
    if not spec.get("volumeLifecycleModes"):
        spec["volumeLifecycleModes"] = ["Persistent"]
