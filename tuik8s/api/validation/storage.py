"""PersistentVolumes, claims, and the kinds of storage.k8s.io (pkg/apis/{core,storage}/validation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.quantity import parse
from tuik8s.api.validation.resources import check_resource_amount
from tuik8s.api.validation.values import (
    check_choice,
    check_dns_label,
    check_dns_subdomain,
    check_immutable,
    check_label_selector,
    check_optional_choice,
    check_required,
    complain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

ACCESS_MODES = ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod")
VOLUME_MODES = ("Block", "Filesystem")
_SOURCES = (
    "awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "fc", "flexVolume",
    "flocker", "gcePersistentDisk", "glusterfs", "hostPath", "iscsi", "local", "nfs", "photonPersistentDisk",
    "portworxVolume", "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume",
)  # fmt: skip
_REQUIRED: dict[str, tuple[str, ...]] = {
    "hostPath": ("path",),
    "local": ("path",),
    "nfs": ("server", "path"),
    "csi": ("driver", "volumeHandle"),
    "gcePersistentDisk": ("pdName",),
    "awsElasticBlockStore": ("volumeID",),
    "azureDisk": ("diskName", "diskURI"),
    "azureFile": ("secretName", "shareName"),
    "cephfs": ("monitors",),
    "cinder": ("volumeID",),
    "flexVolume": ("driver",),
    "glusterfs": ("endpoints", "path"),
    "iscsi": ("targetPortal", "iqn"),
    "quobyte": ("registry", "volume"),
    "rbd": ("monitors", "image"),
    "vsphereVolume": ("volumePath",),
}
_PARAMETERS_LIMIT = 256 * 1024
_CLAIM_FIXED = (
    "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound "
    "claims"
)


def validate_persistent_volume(volume: Obj) -> Iterator[FieldError]:
    spec = volume.get("spec") or {}
    yield from _check_access_modes(spec.get("accessModes") or [], "spec.accessModes")
    capacity = spec.get("capacity") or {}
    if not capacity:
        yield errors.required("spec.capacity")
    elif set(capacity) != {"storage"}:
        yield errors.not_supported("spec.capacity", capacity, ("storage",))
    for name, amount in capacity.items():
        yield from _check_positive(amount, f"spec.capacity[{name}]")
    policy = spec.get("persistentVolumeReclaimPolicy")
    yield from check_optional_choice(
        policy, "spec.persistentVolumeReclaimPolicy", ("Delete", "Recycle", "Retain")
    )
    yield from _check_source(spec)
    if spec.get("storageClassName"):
        yield from check_dns_subdomain(spec["storageClassName"], "spec.storageClassName")
    yield from check_optional_choice(spec.get("volumeMode"), "spec.volumeMode", VOLUME_MODES)
    affinity = spec.get("nodeAffinity")
    if affinity is not None and affinity.get("required") is None:
        yield errors.required("spec.nodeAffinity.required", "must specify required node constraints")
    if spec.get("local") is not None and affinity is None:
        yield errors.required("metadata.annotations", "Local volume requires node affinity")


def _check_source(spec: Obj) -> Iterator[FieldError]:
    found = [source for source in _SOURCES if spec.get(source) is not None]
    if not found:
        yield errors.required("spec", "must specify a volume type")
    for source in found[1:]:
        yield errors.forbidden(f"spec.{source}", "may not specify more than 1 volume type")
    for source in found[:1]:
        yield from check_required(spec[source], f"spec.{source}", *_REQUIRED.get(source, ()))
    path = (spec.get("hostPath") or {}).get("path", "")
    if path == "/" and spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        yield errors.forbidden(
            "spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'"
        )


def validate_persistent_volume_update(volume: Obj, old: Obj) -> Iterator[FieldError]:
    new, before = volume.get("spec") or {}, old.get("spec") or {}
    if any(new.get(source) != before.get(source) for source in _SOURCES):
        yield errors.forbidden(
            "spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation"
        )
    yield from check_immutable(new.get("volumeMode"), before.get("volumeMode"), "spec.volumeMode")
    if before.get("nodeAffinity") is not None:
        yield from check_immutable(new.get("nodeAffinity"), before.get("nodeAffinity"), "spec.nodeAffinity")


def validate_claim(claim: Obj) -> Iterator[FieldError]:
    return check_claim_spec(claim.get("spec") or {}, "spec")


def check_claim_spec(spec: Obj, path: str) -> Iterator[FieldError]:
    modes = spec.get("accessModes") or []
    if not modes:
        yield errors.required(f"{path}.accessModes", "at least 1 access mode is required")
    else:
        yield from _check_access_modes(modes, f"{path}.accessModes")
    yield from check_label_selector(spec.get("selector"), f"{path}.selector")
    requests = (spec.get("resources") or {}).get("requests") or {}
    if "storage" not in requests:
        yield errors.required(f"{path}.resources[storage]")
    else:
        yield from _check_positive(requests["storage"], f"{path}.resources[storage]")
    if spec.get("storageClassName"):
        yield from check_dns_subdomain(spec["storageClassName"], f"{path}.storageClassName")
    yield from check_optional_choice(spec.get("volumeMode"), f"{path}.volumeMode", VOLUME_MODES)
    for field in ("dataSource", "dataSourceRef"):
        source = spec.get(field)
        if source is not None:
            yield from check_required(source, f"{path}.{field}", "name", "kind")
            if not source.get("apiGroup") and source.get("kind") != "PersistentVolumeClaim":
                yield errors.invalid(
                    f"{path}.{field}", source.get("kind", ""),
                    "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
                )  # fmt: skip


def validate_claim_update(claim: Obj, old: Obj) -> Iterator[FieldError]:
    """Of a bound claim the request may grow; the binder names the volume, once."""
    new, before = dict(claim.get("spec") or {}), dict(old.get("spec") or {})
    bound = (old.get("status") or {}).get("phase") == "Bound"
    if not before.get("volumeName"):
        new.pop("volumeName", None)
        before.pop("volumeName", None)
    if "storageClassName" not in before:
        new.pop("storageClassName", None)
    if bound:
        for spec in (new, before):
            spec.pop("volumeAttributesClassName", None)
            spec["resources"] = {**(spec.get("resources") or {}), "requests": {}}
    if new != before:
        yield errors.forbidden("spec", _CLAIM_FIXED)
    yield from _check_not_shrunk(claim, old)


def _check_not_shrunk(claim: Obj, old: Obj) -> Iterator[FieldError]:
    wanted, had = (
        ((obj.get("spec") or {}).get("resources") or {}).get("requests", {}).get("storage")
        for obj in (claim, old)
    )
    capacity = ((old.get("status") or {}).get("capacity") or {}).get("storage")
    if wanted is None or had is None or parse(wanted) >= parse(had):
        return
    if capacity is None or parse(wanted) < parse(capacity):
        path = "spec.resources.requests.storage"
        yield errors.forbidden(path, "field can not be less than status.capacity")


def _check_access_modes(modes: Sequence[str], path: str) -> Iterator[FieldError]:
    if not modes:
        yield errors.required(path)
    for mode in modes:
        if mode not in ACCESS_MODES:
            yield errors.not_supported(path, mode, ACCESS_MODES)
    if "ReadWriteOncePod" in modes and len(set(modes)) > 1:
        yield errors.forbidden(path, "may not use ReadWriteOncePod with other access modes")


def _check_positive(amount: str, path: str) -> Iterator[FieldError]:
    yield from check_resource_amount("storage", amount, path)
    if parse(amount) <= 0:
        yield errors.invalid(path, amount, "must be greater than zero")


def validate_storage_class(storage_class: Obj) -> Iterator[FieldError]:
    provisioner = storage_class.get("provisioner", "")
    if not provisioner:
        yield errors.required("provisioner")
    else:
        yield from complain("provisioner", provisioner, names.qualified_name(provisioner.lower()))
    yield from _check_parameters(storage_class, required=False)
    yield from check_optional_choice(
        storage_class.get("reclaimPolicy"), "reclaimPolicy", ("Delete", "Retain")
    )
    yield from check_choice(
        storage_class.get("volumeBindingMode"), "volumeBindingMode", ("Immediate", "WaitForFirstConsumer")
    )


def validate_storage_class_update(storage_class: Obj, old: Obj) -> Iterator[FieldError]:
    for field in ("parameters", "provisioner", "reclaimPolicy"):
        if (storage_class.get(field) or {}) != (old.get(field) or {}):
            yield errors.forbidden(field, f"updates to {field} are forbidden.")
    mode = "volumeBindingMode"
    yield from check_immutable(storage_class.get(mode), old.get(mode), mode)


def validate_attributes_class(attributes_class: Obj) -> Iterator[FieldError]:
    yield from _check_driver(attributes_class.get("driverName", ""), "driverName")
    yield from _check_parameters(attributes_class, required=True)


def validate_attributes_class_update(attributes_class: Obj, old: Obj) -> Iterator[FieldError]:
    for field in ("driverName", "parameters"):
        if (attributes_class.get(field) or {}) != (old.get(field) or {}):
            yield errors.forbidden(field, f"updates to {field} are forbidden.")


def _check_parameters(obj: Obj, *, required: bool) -> Iterator[FieldError]:
    parameters = obj.get("parameters") or {}
    if required and not parameters:
        yield errors.required("parameters", "must contain at least one key/value pair")
    if any(not key for key in parameters):
        yield errors.invalid("parameters", "", "field can not be empty.")
    if sum(len(key) + len(value) for key, value in parameters.items()) > _PARAMETERS_LIMIT:
        yield errors.too_long("parameters", _PARAMETERS_LIMIT)


def _check_driver(name: str, path: str) -> Iterator[FieldError]:
    if not name:
        yield errors.required(path)
    else:
        if len(name) > names.LABEL_LENGTH:
            yield errors.too_long(path, names.LABEL_LENGTH)
        yield from complain(path, name, names.dns_subdomain(name.lower()))


def validate_attachment(attachment: Obj) -> Iterator[FieldError]:
    spec = attachment.get("spec") or {}
    yield from _check_driver(spec.get("attacher", ""), "spec.attacher")
    source = spec.get("source") or {}
    named, inline = source.get("persistentVolumeName"), source.get("inlineVolumeSpec")
    if named is None and inline is None:
        yield errors.required(
            "spec.source", "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
        )
    elif named is not None and inline is not None:
        why = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
        yield errors.invalid("spec.source", source, why)
    if named == "":
        yield errors.required(
            "spec.source.persistentVolumeName", "must specify non empty persistentVolumeName"
        )
    if not spec.get("nodeName"):
        yield errors.required("spec.nodeName", "name part must be non-empty")


def validate_attachment_update(attachment: Obj, old: Obj) -> Iterator[FieldError]:
    if attachment.get("spec") != old.get("spec"):
        yield errors.invalid("spec", attachment.get("spec"), "field is immutable")


def validate_csi_driver(driver: Obj) -> Iterator[FieldError]:
    spec = driver.get("spec") or {}
    yield from _check_driver((driver.get("metadata") or {}).get("name", ""), "metadata.name")
    for field in ("attachRequired", "podInfoOnMount", "storageCapacity"):
        if spec.get(field) is None:
            yield errors.required(f"spec.{field}")
    policies = ("File", "None", "ReadWriteOnceWithFSType")
    yield from check_optional_choice(spec.get("fsGroupPolicy"), "spec.fsGroupPolicy", policies)
    for mode in spec.get("volumeLifecycleModes") or ():
        if mode not in ("Persistent", "Ephemeral"):
            yield errors.not_supported("spec.volumeLifecycleModes", mode, ("Ephemeral", "Persistent"))


def validate_csi_node(node: Obj) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, driver in enumerate((node.get("spec") or {}).get("drivers") or ()):
        path = f"spec.drivers[{index}]"
        yield from _check_driver(driver.get("name", ""), f"{path}.name")
        if not driver.get("nodeID"):
            yield errors.required(f"{path}.nodeID")
        if driver.get("name") in seen:
            yield errors.duplicate(f"{path}.name", driver["name"])
        seen.add(driver.get("name", ""))


def validate_csi_capacity(capacity: Obj) -> Iterator[FieldError]:
    name = capacity.get("storageClassName", "")
    if not name:
        yield errors.required("storageClassName")
    else:
        yield from check_dns_subdomain(name, "storageClassName")
    yield from check_label_selector(capacity.get("nodeTopology"), "nodeTopology")
    if capacity.get("capacity") is not None:
        yield from check_resource_amount("storage", capacity["capacity"], "capacity")


def validate_csi_capacity_update(capacity: Obj, old: Obj) -> Iterator[FieldError]:
    for field in ("nodeTopology", "storageClassName"):
        yield from check_immutable(capacity.get(field), old.get(field), field)


def validate_runtime_class(runtime_class: Obj) -> Iterator[FieldError]:
    yield from check_dns_label(runtime_class.get("handler", ""), "handler")
    overhead = (runtime_class.get("overhead") or {}).get("podFixed") or {}
    for name, amount in overhead.items():
        yield from check_resource_amount(name, amount, f"overhead.podFixed[{name}]")


def validate_runtime_class_update(runtime_class: Obj, old: Obj) -> Iterator[FieldError]:
    return check_immutable(runtime_class.get("handler"), old.get("handler"), "handler")
