"""Resources inside of custom resources have a type and valid metadata (…/apiserver/schema/objectmeta)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api import errors, names
from tuik8s.api.structural.places import Found, Place, text
from tuik8s.api.structural.pruning import EMBEDDED
from tuik8s.api.structural.walking import everywhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj
    from tuik8s.api.structural.places import Check, Findings


def embedded_resources(schema: Obj) -> Check | None:
    """None where nothing below is a resource."""
    return everywhere(schema, _own)


def _own(schema: Obj) -> Check | None:
    return _check_resource if schema.get(EMBEDDED) else None


def _check_resource(value: Any, place: Place, findings: Findings) -> None:
    if isinstance(value, dict):
        findings += [Found(error, place) for error in _resource_errors(value, text(place))]


def _resource_errors(value: Obj, path: str) -> Iterator[FieldError]:
    for field in ("apiVersion", "kind"):
        if not value.get(field):
            yield errors.required(f"{path}.{field}", "must not be empty")
    kind, version = value.get("kind") or "", value.get("apiVersion") or ""
    if isinstance(kind, str) and kind and (problems := names.dns_1035_label(kind.lower())):
        why = f"may have mixed case, but should otherwise match: {','.join(problems)}"
        yield errors.invalid(f"{path}.kind", kind, why)
    if isinstance(version, str) and version.count("/") > 1:
        why = f"unexpected GroupVersion string: {version}"
        yield errors.invalid(f"{path}.apiVersion", version, why)
    meta = value.get("metadata")
    if not isinstance(meta, dict):
        return
    name = meta.get("name") or ""
    if name and (problems := names.dns_subdomain(name)):
        yield errors.invalid(f"{path}.metadata.name", name, "; ".join(problems))
    for key, text_ in (meta.get("labels") or {}).items():
        for problem in (*names.qualified_name(key), *names.label_value(text_)):
            yield errors.invalid(f"{path}.metadata.labels", key, problem)
