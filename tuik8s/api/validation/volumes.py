"""Volumes and their mounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors
from tuik8s.api.quantity import parse
from tuik8s.api.validation.environment import VOLUME_FIELDS, check_field_ref, check_resource_ref
from tuik8s.api.validation.values import (
    check_descending_path,
    check_dns_label,
    check_file_path,
    check_mode,
    check_no_backsteps,
    check_optional_choice,
    check_required,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_HOST_PATH_TYPES = (
    "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket",
)  # fmt: skip
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")

_REQUIRED_FIELDS: dict[str, tuple[str, ...]] = {
    "awsElasticBlockStore": ("volumeID",),
    "azureDisk": ("diskName", "diskURI"),
    "azureFile": ("secretName", "shareName"),
    "cephfs": ("monitors",),
    "cinder": ("volumeID",),
    "configMap": ("name",),
    "csi": ("driver",),
    "flexVolume": ("driver",),
    "gcePersistentDisk": ("pdName",),
    "gitRepo": ("repository",),
    "glusterfs": ("endpoints", "path"),
    "iscsi": ("targetPortal", "iqn"),
    "persistentVolumeClaim": ("claimName",),
    "photonPersistentDisk": ("pdID",),
    "portworxVolume": ("volumeID",),
    "quobyte": ("registry", "volume"),
    "rbd": ("monitors", "image"),
    "scaleIO": ("gateway", "system", "volumeName"),
    "secret": ("secretName",),
    "vsphereVolume": ("volumePath",),
}


def check_volumes(volumes: list[Obj] | None, path: str) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, volume in enumerate(volumes or ()):
        where, name = f"{path}[{index}]", volume.get("name") or ""
        yield from _check_sources(volume, where)
        if not name:
            yield errors.required(f"{where}.name")
        else:
            yield from check_dns_label(name, f"{where}.name")
        if name in seen:
            yield errors.duplicate(f"{where}.name", name)
        seen.add(name)


def _check_sources(volume: Obj, path: str) -> Iterator[FieldError]:
    sources = [field for field in volume if field != "name"]
    if not sources:
        yield errors.required(path, "must specify a volume type")
        return
    kind = sources[0]
    source, where = volume[kind], f"{path}.{kind}"
    yield from check_required(source, where, *_REQUIRED_FIELDS.get(kind, ()))
    check = _SOURCE_RULES.get(kind)
    if check is not None:
        yield from check(source, where)
    for extra in sources[1:]:
        yield errors.forbidden(f"{path}.{extra}", "may not specify more than 1 volume type")


def _check_empty_dir(source: Obj, path: str) -> Iterator[FieldError]:
    if source.get("sizeLimit") and parse(source["sizeLimit"]) < 0:
        yield errors.forbidden(f"{path}.sizeLimit", "SizeLimit field must be a valid resource quantity")


def _check_host_path(source: Obj, path: str) -> Iterator[FieldError]:
    if not source.get("path"):
        yield errors.required(f"{path}.path")
        return
    yield from check_no_backsteps(source["path"], f"{path}.path")
    yield from check_optional_choice(source.get("type"), f"{path}.type", _HOST_PATH_TYPES)


def _check_keys(source: Obj, path: str) -> Iterator[FieldError]:
    """Of a ConfigMap or Secret, alone or projected."""
    yield from check_mode(source, path, "defaultMode")
    for index, item in enumerate(source.get("items") or ()):
        where = f"{path}.items[{index}]"
        yield from check_required(item, where, "key", "path")
        yield from check_file_path(item.get("path") or "", f"{where}.path")
        yield from check_mode(item, where, "mode")


def _check_downward_api(source: Obj, path: str) -> Iterator[FieldError]:
    yield from check_mode(source, path, "defaultMode")
    for item in source.get("items") or ():
        yield from check_required(item, path, "path")
        yield from check_file_path(item.get("path") or "", f"{path}.path")
        field, resource = item.get("fieldRef"), item.get("resourceFieldRef")
        if field is not None:
            yield from check_field_ref(field, f"{path}.fieldRef", VOLUME_FIELDS)
            if resource is not None:
                yield errors.invalid(
                    path, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously"
                )
        elif resource is not None:
            yield from check_resource_ref(resource, f"{path}.resourceFieldRef", in_volume=True)
        else:
            yield errors.required(path, "one of fieldRef and resourceFieldRef is required")
        yield from check_mode(item, path, "mode")


def _check_projected(source: Obj, path: str) -> Iterator[FieldError]:
    yield from check_mode(source, path, "defaultMode")
    paths: set[str] = set()
    for index, projection in enumerate(source.get("sources") or ()):
        where = f"{path}.sources[{index}]"
        if not projection:
            yield errors.required(where, "must specify a projected source")
        elif len(projection) > 1:
            yield errors.forbidden(where, "may not specify more than 1 volume type per source")
        for kind, part in projection.items():
            yield from _check_projection(kind, part, f"{where}.{kind}")
            for file in _files(kind, part):
                if file in paths:
                    yield errors.invalid(path, part.get("name", file), "conflicting duplicate paths")
                paths.add(file)


def _check_projection(kind: str, part: Obj, path: str) -> Iterator[FieldError]:
    if kind in ("configMap", "secret"):
        yield from check_required(part, path, "name")
        yield from _check_keys(part, path)
    elif kind == "downwardAPI":
        yield from _check_downward_api(part, path)
    elif kind == "serviceAccountToken":
        seconds = part.get("expirationSeconds", 3600)
        if seconds < 600:
            yield errors.invalid(
                f"{path}.expirationSeconds", seconds, "may not specify a duration less than 10 minutes"
            )
        if seconds > 1 << 32:
            yield errors.invalid(
                f"{path}.expirationSeconds", seconds, "may not specify a duration larger than 2^32 seconds"
            )
        yield from check_required(part, path, "path")
        yield from check_file_path(part.get("path") or "", f"{path}.path")


def _files(kind: str, part: Obj) -> list[str]:
    if kind == "serviceAccountToken":
        return [part.get("path") or ""]
    return [item.get("path") or "" for item in part.get("items") or ()]


def _check_nfs(source: Obj, path: str) -> Iterator[FieldError]:
    yield from check_required(source, path, "server", "path")
    if not (source.get("path") or "").startswith("/"):
        yield errors.invalid(f"{path}.path", source.get("path") or "", "must be an absolute path")


def _check_image(source: Obj, path: str) -> Iterator[FieldError]:
    yield from check_required(source, path, "reference")
    yield from check_optional_choice(source.get("pullPolicy"), f"{path}.pullPolicy", _PULL_POLICIES)


def _check_ephemeral(source: Obj, path: str) -> Iterator[FieldError]:
    template = source.get("volumeClaimTemplate")
    if template is None:
        yield errors.required(f"{path}.volumeClaimTemplate")
        return
    spec, where = template.get("spec") or {}, f"{path}.volumeClaimTemplate.spec"
    if not spec.get("accessModes"):
        yield errors.required(f"{where}.accessModes", "at least 1 access mode is required")
    if "storage" not in ((spec.get("resources") or {}).get("requests") or {}):
        yield errors.required(f"{where}.resources[storage]")


_SOURCE_RULES: dict[str, Callable[[Obj, str], Iterator[FieldError]]] = {
    "configMap": _check_keys,
    "downwardAPI": _check_downward_api,
    "emptyDir": _check_empty_dir,
    "ephemeral": _check_ephemeral,
    "hostPath": _check_host_path,
    "image": _check_image,
    "nfs": _check_nfs,
    "projected": _check_projected,
    "secret": _check_keys,
}


def check_mounts(container: Obj, volumes: dict[str, Obj], path: str) -> Iterator[FieldError]:
    """Of one container; `volumes` are those of its pod by name."""
    devices = {
        device.get("name"): device.get("devicePath") for device in container.get("volumeDevices") or ()
    }
    seen: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or ()):
        where, name, target = f"{path}[{index}]", mount.get("name") or "", mount.get("mountPath") or ""
        yield from check_required(mount, where, "name")
        if name not in volumes:
            yield errors.not_found(f"{where}.name", name)
        yield from check_required(mount, where, "mountPath")
        if target in seen:
            yield errors.invalid(f"{where}.mountPath", target, "must be unique")
        seen.add(target)
        if name in devices:
            yield errors.invalid(f"{where}.name", name, "must not already exist in volumeDevices")
        if target in devices.values():
            yield errors.invalid(
                f"{where}.mountPath", target, "must not already exist as a path in volumeDevices"
            )
        yield from _check_sub_path(mount, path, where)
        yield from _check_propagation(mount, container, path)


def _check_sub_path(mount: Obj, path: str, where: str) -> Iterator[FieldError]:
    if mount.get("subPath"):
        yield from check_descending_path(mount["subPath"], f"{path}.subPath")
    if mount.get("subPathExpr"):
        expression = mount["subPathExpr"]
        if mount.get("subPath"):
            yield errors.invalid(
                f"{where}.subPathExpr", expression, "subPathExpr and subPath are mutually exclusive"
            )
        yield from check_descending_path(expression, f"{path}.subPathExpr")


def _check_propagation(mount: Obj, container: Obj, path: str) -> Iterator[FieldError]:
    mode = mount.get("mountPropagation")
    choices = ("Bidirectional", "HostToContainer", "None")
    yield from check_optional_choice(mode, f"{path}.mountPropagation", choices)
    if mode == "Bidirectional" and not (container.get("securityContext") or {}).get("privileged"):
        yield errors.forbidden(
            f"{path}.mountPropagation",
            "Bidirectional mount propagation is available only to privileged containers",
        )


def check_devices(container: Obj, volumes: dict[str, Obj], path: str) -> Iterator[FieldError]:
    mounts = {mount.get("name"): mount.get("mountPath") for mount in container.get("volumeMounts") or ()}
    for index, device in enumerate(container.get("volumeDevices") or ()):
        where, name = f"{path}[{index}]", device.get("name") or ""
        yield from check_required(device, where, "name", "devicePath")
        volume = volumes.get(name)
        if volume is None:
            yield errors.not_found(f"{where}.name", name)
        elif not volume.keys() & {"persistentVolumeClaim", "ephemeral"}:
            yield errors.invalid(
                f"{where}.name",
                name,
                "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
            )
        if name in mounts:
            yield errors.invalid(f"{where}.name", name, "must not already exist in volumeMounts")
