"""CustomResourceDefinitions (k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from tuik8s.api import names
from tuik8s.api.customresources.naming import APPROVAL, approval_state, is_protected
from tuik8s.api.errors import duplicate, forbidden, invalid, not_supported, required, too_many
from tuik8s.api.jsonpath import compile_path
from tuik8s.api.objects import is_true
from tuik8s.api.structural.declaration import declaration_errors
from tuik8s.api.structural.invariants import structural_errors
from tuik8s.api.validation.values import check_immutable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

MOST_SELECTABLE_FIELDS = 8
_COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
_COLUMN_FORMATS = ("byte", "date", "date-time", "double", "float", "int32", "int64", "password")
_NOT_AT_ROOT = (
    "$ref", "$schema", "additionalProperties", "allOf", "anyOf", "default", "enum", "maxProperties",
    "minProperties", "not", "nullable", "oneOf", "patternProperties", "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type",
    "x-kubernetes-map-type",
)  # fmt: skip
"""Would be lost of the status, whose schema is looked at alone."""
_AT_ROOT = (
    "Description", "Type", "Format", "Title", "Maximum", "ExclusiveMaximum", "Minimum", "ExclusiveMinimum",
    "MaxLength", "MinLength", "Pattern", "MaxItems", "MinItems", "UniqueItems", "MultipleOf", "Required",
    "Items", "Properties", "ExternalDocs", "Example", "XPreserveUnknownFields", "XValidations",
)  # fmt: skip


def validate_definition(definition: Obj) -> Iterator[FieldError]:
    spec = definition.get("spec") or {}
    wanted, group = spec.get("names") or {}, spec.get("group") or ""
    if definition["metadata"].get("name") != f"{wanted.get('plural', '')}.{group}":
        why = 'must be spec.names.plural+"."+spec.group'
        yield invalid("metadata.name", definition["metadata"].get("name", ""), why)
    yield from _group(group)
    scope = spec.get("scope") or ""
    if not scope:
        yield required("spec.scope")
    elif scope not in ("Cluster", "Namespaced"):
        yield not_supported("spec.scope", scope, ("Cluster", "Namespaced"))
    yield from _versions(spec)
    yield from _names(wanted)
    yield from _conversion(spec.get("conversion") or {})
    if spec.get("preserveUnknownFields"):
        why = (
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
            "spec.versions[*].schema instead"
        )
        yield invalid("spec.preserveUnknownFields", True, why)
    yield from _approval(definition)


def validate_definition_update(definition: Obj, old: Obj) -> Iterator[FieldError]:
    """Besides the rules for new ones, which hold again."""
    spec, before = definition["spec"], old["spec"]
    if is_true(old, "Established"):
        yield from check_immutable(spec.get("scope"), before.get("scope"), "spec.scope")
        yield from check_immutable(spec["names"].get("kind"), before["names"].get("kind"), "spec.names.kind")
    yield from check_immutable(spec.get("group"), before.get("group"), "spec.group")
    yield from check_immutable(
        spec["names"].get("plural"), before["names"].get("plural"), "spec.names.plural"
    )
    yield from _stored_versions(definition)


def validate_definition_status(definition: Obj, old: Obj) -> Iterator[FieldError]:
    del old
    yield from _stored_versions(definition)


def _stored_versions(definition: Obj) -> Iterator[FieldError]:
    stored = (definition.get("status") or {}).get("storedVersions") or []
    versions = {version["name"]: version for version in definition["spec"]["versions"]}
    path = "status.storedVersions"
    if not stored:
        yield invalid(path, stored, "must have at least one stored version")
    for name, version in versions.items():
        if version.get("storage") and stored and name not in stored:
            yield invalid(path, stored, f"must have the storage version {name}")
    for index, name in enumerate(stored):
        if name not in versions:
            yield invalid(
                f"{path}[{index}]", name,
                f"missing from spec.versions; {name} was previously a storage version, and must remain in "
                f"spec.versions until a storage migration ensures no data remains persisted in {name} and "
                f"removes {name} from status.storedVersions",
            )  # fmt: skip


def _group(group: str) -> Iterator[FieldError]:
    if not group:
        yield required("spec.group")
    elif problems := names.dns_subdomain(group):
        yield invalid("spec.group", group, ",".join(problems))
    elif "." not in group:
        yield invalid("spec.group", group, "should be a domain with at least one dot")


def _names(wanted: Obj) -> Iterator[FieldError]:
    path = "spec.names"
    for part in ("plural", "singular", "kind", "listKind"):
        name = wanted.get(part) or ""
        if not name:
            yield required(f"{path}.{part}")
            continue
        mixed = part in ("kind", "listKind")
        problems = names.dns_1035_label(name.lower() if mixed else name)
        if problems:
            prefix = "may have mixed case, but should otherwise match: " if mixed else ""
            yield invalid(f"{path}.{part}", name, prefix + ",".join(problems))
    for part in ("shortNames", "categories"):
        for index, name in enumerate(wanted.get(part) or ()):
            if problems := names.dns_1035_label(name):
                yield invalid(f"{path}.{part}[{index}]", name, ",".join(problems))
    if wanted.get("kind") and wanted.get("kind") == wanted.get("listKind"):
        yield invalid(f"{path}.listKind", wanted["kind"], "kind and listKind may not be the same")


def _conversion(conversion: Obj) -> Iterator[FieldError]:
    path, strategy = "spec.conversion", conversion.get("strategy") or ""
    if not strategy:
        yield required(f"{path}.strategy")
    elif strategy == "Webhook":
        yield forbidden(
            f"{path}.strategy",
            "conversion webhooks are not called by this release of tuik8s: use None, with versions that "
            "differ in nothing but their name and schema",
        )
    elif strategy != "None":
        yield not_supported(f"{path}.strategy", strategy, ("None", "Webhook"))
    elif conversion.get("webhook"):
        yield forbidden(
            f"{path}.webhookClientConfig", "should not be set when strategy is not set to Webhook"
        )


def _approval(definition: Obj) -> Iterator[FieldError]:
    if not is_protected((definition.get("spec") or {}).get("group") or ""):
        return
    state, message = approval_state(definition)
    path = f"metadata.annotations[{APPROVAL}]"
    if state == "missing":
        yield required(path, message)
    elif state == "invalid":
        yield invalid(path, definition["metadata"]["annotations"][APPROVAL], message)


# Versions -------------------------------------------------------------------------------------------------


def _versions(spec: Obj) -> Iterator[FieldError]:
    versions: list[Obj] = spec.get("versions") or []
    found = [version.get("name") or "" for version in versions]
    for index, name in enumerate(found):
        path = f"spec.versions[{index}]"
        if problems := names.dns_1035_label(name):
            yield invalid(f"{path}.name", name, ",".join(problems))
        if not (versions[index].get("schema") or {}).get("openAPIV3Schema"):
            yield required(f"{path}.schema.openAPIV3Schema")
    if len(set(found)) < len(found):
        yield invalid("spec.versions", found, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        yield invalid("spec.versions", found, "must have exactly one version marked as storage version")
    for index, version in enumerate(versions):
        yield from _version(version, f"spec.versions[{index}]", versions)


def _version(version: Obj, path: str, versions: Sequence[Obj]) -> Iterator[FieldError]:
    """What all versions have alike is said once, of the spec, as Kubernetes' internal type has it."""

    def place(field: str, shared: str) -> str:
        alike = all(other.get(field) == version.get(field) for other in versions)
        if alike:
            return f"spec.{shared}" if version is versions[0] else ""
        return f"{path}.{field}"

    warning = version.get("deprecationWarning")
    if warning is not None and not version.get("deprecated"):
        yield invalid(f"{path}.deprecationWarning", warning, "can only be set for deprecated versions")
    elif warning is not None and len(warning) > 256:
        yield invalid(f"{path}.deprecationWarning", warning, "must be <= 256 characters long")
    schema = (version.get("schema") or {}).get("openAPIV3Schema") or {}
    subresources = version.get("subresources") or {}
    if schema and (where := place("schema", "validation")):
        encoded = msgspec.json.encode(schema)
        yield from _schema_errors(encoded, f"{where}.openAPIV3Schema", has_status="status" in subresources)
    if where := place("subresources", "subresources"):
        yield from _scale(subresources.get("scale"), f"{where}.scale")
    if where := place("additionalPrinterColumns", "additionalPrinterColumns"):
        for index, column in enumerate(version.get("additionalPrinterColumns") or ()):
            yield from _column(column, f"{where}[{index}]")
    if where := place("selectableFields", "selectableFields"):
        yield from _selectable(version.get("selectableFields") or [], schema, where)


@lru_cache(maxsize=256)
def _schema_errors(encoded: bytes, path: str, *, has_status: bool) -> tuple[FieldError, ...]:
    """Remembered: a schema of some thousand fields takes a tenth of a second, and is seen again and again."""
    try:
        return tuple(_schema(msgspec.json.decode(encoded), path, has_status=has_status))
    except RecursionError:
        return (forbidden(path, "exceeded max depth"),)


def _schema(schema: Obj, path: str, *, has_status: bool) -> Iterator[FieldError]:
    if has_status and any(schema.get(name) not in (None, "", False, [], {}) for name in _NOT_AT_ROOT):
        why = (
            f"only [{' '.join(_AT_ROOT)}] fields are allowed at the root of the schema if the status "
            "subresource is enabled"
        )
        yield invalid(path, {"type": schema.get("type", "")}, why)
    if schema.get("nullable"):
        yield forbidden(f"{path}.nullable", "nullable cannot be true at the root")
    found = structural_errors(schema, path)
    yield from found
    yield from declaration_errors(schema, path, is_structural=not found)


def _scale(scale: Obj | None, path: str) -> Iterator[FieldError]:
    if scale is None:
        return
    for field, roots in (
        ("specReplicasPath", (".spec.",)), ("statusReplicasPath", (".status.",)),
        ("labelSelectorPath", (".spec.", ".status.")),
    ):  # fmt: skip
        value = scale.get(field) or ""
        shown = " or ".join(root.rstrip(".") for root in roots)
        if not value:
            if field != "labelSelectorPath":
                yield required(f"{path}.{field}")
        elif not value.startswith("."):
            yield invalid(f"{path}.{field}", value, "must be a simple json path starting with .")
        elif not value.startswith(roots):
            either = "either " if len(roots) > 1 else ""
            yield invalid(f"{path}.{field}", value, f"should be a json path under {either}{shown}")


def _column(column: Obj, path: str) -> Iterator[FieldError]:
    kind, format_, source = column.get("type"), column.get("format"), column.get("jsonPath") or ""
    if not column.get("name"):
        yield required(f"{path}.name")
    if not kind:
        yield required(f"{path}.type", f"must be one of {','.join(_COLUMN_TYPES)}")
    elif kind not in _COLUMN_TYPES:
        yield invalid(f"{path}.type", kind, f"must be one of {','.join(_COLUMN_TYPES)}")
    if format_ and format_ not in _COLUMN_FORMATS:
        yield invalid(f"{path}.format", format_, f"must be one of {','.join(_COLUMN_FORMATS)}")
    if not source:
        yield required(f"{path}.JSONPath")
    elif not source.startswith("."):
        yield invalid(f"{path}.JSONPath", source, "must be a simple json path starting with .")
    else:
        try:
            compile_path(source)
        except ValueError as error:
            yield invalid(f"{path}.JSONPath", source, f"is an invalid path: {error}")


def _selectable(fields: Sequence[Obj], schema: Obj, path: str) -> Iterator[FieldError]:
    seen = set()
    for index, item in enumerate(fields):
        source, where = item.get("jsonPath") or "", f"{path}[{index}].jsonPath"
        if not source:
            yield required(where)
            continue
        found = _schema_at(schema, source)
        if found is None:
            yield invalid(where, source, "is an invalid path: does not refer to a valid field")
        elif source.startswith(".metadata"):
            yield invalid(where, source, "must not point to fields in metadata")
        elif found.get("type") not in ("string", "boolean", "integer"):
            why = (
                "must point to a field of type string, boolean or integer. Enum string fields and strings "
                "with formats are allowed."
            )
            yield invalid(where, source, why)
        elif source in seen:
            yield duplicate(where, source)
        seen.add(source)
    if len(seen) > MOST_SELECTABLE_FIELDS:
        yield too_many(path, len(seen), MOST_SELECTABLE_FIELDS)


def _schema_at(schema: Any, source: str) -> Obj | None:
    """What a path of fields leads to."""
    if not source.startswith("."):
        return None
    for name in source[1:].split("."):
        schema = (schema.get("properties") or {}).get(name) if isinstance(schema, dict) else None
    return schema if isinstance(schema, dict) else None
