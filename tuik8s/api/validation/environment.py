"""Environment variables, and the references to fields and keys that they share with volumes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.quantity import canonical, parse
from tuik8s.api.validation.values import complain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

ENV_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
    "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
VOLUME_FIELDS = (
    "metadata.annotations",
    "metadata.labels",
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
)
_KNOWN_FIELDS = frozenset(
    {*ENV_FIELDS, *VOLUME_FIELDS, "spec.restartPolicy", "spec.schedulerName", "status.phase"}
)
_RESOURCES = tuple(
    f"{which}.{name}" for which in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)
_BYTE_DIVISORS = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef")


def check_env(variables: list[Obj] | None, path: str) -> Iterator[FieldError]:
    for index, variable in enumerate(variables or ()):
        where = f"{path}[{index}]"
        name = variable.get("name") or ""
        if not name:
            yield errors.required(f"{where}.name")
        else:
            yield from complain(f"{where}.name", name, names.env_var_name(name))
        if variable.get("valueFrom") is not None:
            yield from _check_value_from(variable, f"{where}.valueFrom")


def check_env_from(sources: list[Obj] | None, path: str) -> Iterator[FieldError]:
    for index, source in enumerate(sources or ()):
        where = f"{path}[{index}]"
        prefix = source.get("prefix")
        if prefix:
            yield from complain(f"{where}.prefix", prefix, names.env_var_name(prefix))
        present = [field for field in ("configMapRef", "secretRef") if source.get(field) is not None]
        for field in present:
            name = source[field].get("name") or ""
            if not name:
                yield errors.required(f"{where}.{field}.name")
            else:
                yield from complain(f"{where}.{field}.name", name, names.dns_subdomain(name))
        if not present:
            yield errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(present) > 1:
            yield errors.invalid(path, "", "may not have more than one field specified at a time")


def _check_value_from(variable: Obj, path: str) -> Iterator[FieldError]:
    source = variable["valueFrom"]
    present = [field for field in _SOURCES if source.get(field) is not None]
    for field in present:
        where = f"{path}.{field}"
        if field == "fieldRef":
            yield from check_field_ref(source[field], where, ENV_FIELDS)
        elif field == "resourceFieldRef":
            yield from check_resource_ref(source[field], where, in_volume=False)
        else:
            yield from _check_key_ref(source[field], where)
    if not present:
        choices = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
        yield errors.invalid(path, "", f"must specify one of: {choices}")
    elif variable.get("value"):
        yield errors.invalid(path, "", "may not be specified when `value` is not empty")
    elif len(present) > 1:
        yield errors.invalid(path, "", "may not have more than one field specified at a time")


def _check_key_ref(reference: Obj, path: str) -> Iterator[FieldError]:
    name, key = reference.get("name") or "", reference.get("key") or ""
    yield from complain(f"{path}.name", name, names.dns_subdomain(name))
    if not key:
        yield errors.required(f"{path}.key")
    else:
        yield from complain(f"{path}.key", key, names.config_map_key(key))


def check_field_ref(reference: Obj, path: str, allowed: tuple[str, ...]) -> Iterator[FieldError]:
    """`metadata.name`, or one label or annotation as `metadata.labels['key']`."""
    field = reference.get("fieldPath") or ""
    if not reference.get("apiVersion") or not field:
        yield errors.required(f"{path}.{'fieldPath' if reference.get('apiVersion') else 'apiVersion'}")
        return
    subscripted = re.fullmatch(r"(.*)\['([^']*)'\]", field)
    if subscripted:
        base, key = subscripted.groups()
        if base == "metadata.annotations":
            yield from complain(path, key.lower(), names.qualified_name(key.lower()))
        elif base == "metadata.labels":
            yield from complain(path, key, names.qualified_name(key))
        else:
            yield errors.invalid(path, base, "does not support subscript")
    elif field not in _KNOWN_FIELDS:
        yield errors.invalid(
            f"{path}.fieldPath", field, f"error converting fieldPath: field label not supported: {field}"
        )
    elif field not in allowed:
        yield errors.not_supported(f"{path}.fieldPath", field, allowed)


def check_resource_ref(reference: Obj, path: str, *, in_volume: bool) -> Iterator[FieldError]:
    """A container's request or limit, in units of a divisor."""
    resource = reference.get("resource") or ""
    huge = re.match(r"(limits|requests)\.hugepages-", resource)
    if in_volume and not reference.get("containerName"):
        yield errors.required(f"{path}.containerName")
    elif not resource:
        yield errors.required(f"{path}.resource")
    elif resource not in _RESOURCES and not huge:
        yield errors.not_supported(f"{path}.resource", resource, _RESOURCES)
    yield from _check_divisor(resource, reference.get("divisor") or "0", path)


def _check_divisor(resource: str, divisor: str, path: str) -> Iterator[FieldError]:
    if not parse(divisor):
        return
    name = resource.partition(".")[2]
    allowed: tuple[str, ...] = ("1m", "1")
    shown, what = "1m and 1", "cpu"
    if name != "cpu":
        what = {"memory": "memory", "ephemeral-storage": "local ephemeral storage"}.get(name, "hugepages")
        allowed, shown = _BYTE_DIVISORS, ", ".join(_BYTE_DIVISORS)
    if canonical(divisor) not in allowed:
        yield errors.invalid(
            f"{path}.divisor",
            resource,
            f"only divisor's values {shown} are supported with the {what} resource",
        )
