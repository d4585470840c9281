"""What may stand in the schema of a CustomResourceDefinition beyond being structural.

Follows ValidateCustomResourceDefinitionOpenAPISchema (…/pkg/apis/apiextensions/validation) and the checks of
defaults (…/pkg/apiserver/schema/defaulting/validation.go).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tuik8s.api import cel
from tuik8s.api.cel.values import type_of
from tuik8s.api.errors import FieldError, forbidden, invalid, not_supported, required
from tuik8s.api.objects import copy
from tuik8s.api.scalars import Mismatch
from tuik8s.api.structural.lists import LIST_TYPE, MAP_KEYS
from tuik8s.api.structural.pruning import EMBEDDED, PRESERVE, pruner
from tuik8s.api.structural.rules import RULES, compile_rule
from tuik8s.api.structural.values import checker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj
    from tuik8s.api.structural.places import Found

TYPES = ("array", "boolean", "integer", "number", "object", "string")
REASONS = ("FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired")
MAP_TYPE = "x-kubernetes-map-type"
META_FIELDS = frozenset(("metadata", "kind", "apiVersion"))
_UNSUPPORTED = ("id", "additionalItems", "patternProperties", "definitions", "dependencies", "$ref")


@dataclass(frozen=True, slots=True)
class _Context:
    """What the nodes above say of this one."""

    is_root: bool = False
    in_metadata: bool = False
    no_defaults: str = ""
    """Why there may be no default."""
    uncorrelated: str = ""
    """The path of the innermost node above whose old value cannot be told."""


def declaration_errors(schema: Obj, path: str, *, is_structural: bool = True) -> list[FieldError]:
    """Of the root. Defaults are tried, and rules compiled, only where all else is right."""
    found = list(_node(schema, path, _Context(is_root=True)))
    if found or not is_structural:
        return found
    return [*_defaults(schema, path), *_rules_below(schema, path, _Context(is_root=True))]


def _node(schema: Obj, path: str, context: _Context) -> Iterator[FieldError]:
    yield from _standard(schema, path, context)
    yield from _map_type(schema, path)
    yield from _list_type(schema, path)
    yield from _rules(schema, path)
    for below, where, inner in _below(schema, path, context):
        yield from _node(below, where, inner)
    for name in ("allOf", "anyOf", "oneOf"):
        for index, part in enumerate(schema.get(name) or ()):
            yield from _node(part, f"{path}.{name}[{index}]", replace(context, is_root=False))
    if isinstance(schema.get("not"), dict):
        yield from _node(schema["not"], f"{path}.not", replace(context, is_root=False))


def _below(schema: Obj, path: str, context: _Context) -> Iterator[tuple[Obj, str, _Context]]:
    plain = replace(context, is_root=False)
    atomic = schema.get(MAP_TYPE) == "atomic"
    for name, part in (schema.get("properties") or {}).items():
        inner = replace(plain, uncorrelated=plain.uncorrelated or path) if atomic else plain
        if name in META_FIELDS and (context.is_root or schema.get(EMBEDDED)):
            inner = replace(inner, in_metadata=True)
            if context.is_root:
                inner = replace(inner, no_defaults=f"in top-level {name}")
        yield part, f"{path}.properties[{name}]", inner
    additional = schema.get("additionalProperties")
    if isinstance(additional, dict):
        why = "inside additionalProperties applying to object metadata"
        inner = replace(plain, no_defaults=why) if context.in_metadata else plain
        yield additional, f"{path}.additionalProperties", inner
    items = schema.get("items")
    if isinstance(items, dict):
        keyed = schema.get(LIST_TYPE) == "map"
        inner = plain if keyed else replace(plain, uncorrelated=plain.uncorrelated or path)
        yield items, f"{path}.items", inner


def _standard(schema: Obj, path: str, context: _Context) -> Iterator[FieldError]:
    found = schema.get("type") or ""
    if found == "null":
        yield forbidden(f"{path}.type", "type cannot be set to null, use nullable as an alternative")
    if found and found not in TYPES:
        yield not_supported(f"{path}.type", found, TYPES)
    if schema.get("default") is not None and context.no_defaults:
        yield forbidden(f"{path}.default", f"must not be set {context.no_defaults}")
    for name in _UNSUPPORTED:
        if schema.get(name) not in (None, "", {}, []):
            yield forbidden(f"{path}.{name}", f"{name} is not supported")
    if isinstance(schema.get("items"), list):
        yield forbidden(f"{path}.items", "items must be a schema object and not an array")
    if context.in_metadata and schema.get(EMBEDDED):
        yield forbidden(f"{path}.{EMBEDDED}", "must not be used inside of resource meta")
    if schema.get("uniqueItems"):
        why = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        yield forbidden(f"{path}.uniqueItems", why)
    if schema.get("properties") and schema.get("additionalProperties") not in (None, True):
        why = "additionalProperties and properties are mutual exclusive"
        yield forbidden(f"{path}.additionalProperties", why)
    if schema.get(PRESERVE) is False:
        yield invalid(f"{path}.{PRESERVE}", False, "must be true or undefined")


def _of_type(schema: Obj, wanted: str, because: str, path: str) -> Iterator[FieldError]:
    found = schema.get("type") or ""
    why = f"must be {wanted} if {because} is specified"
    if found != wanted:
        yield invalid(f"{path}.type", found, why) if found else required(f"{path}.type", why)


def _map_type(schema: Obj, path: str) -> Iterator[FieldError]:
    if schema.get(MAP_TYPE) is None:
        return
    yield from _of_type(schema, "object", MAP_TYPE, path)
    if schema[MAP_TYPE] not in ("atomic", "granular"):
        yield not_supported(f"{path}.{MAP_TYPE}", schema[MAP_TYPE], ("atomic", "granular"))


def _list_type(schema: Obj, path: str) -> Iterator[FieldError]:
    kind, keys = schema.get(LIST_TYPE), schema.get(MAP_KEYS) or []
    items = schema.get("items") if isinstance(schema.get("items"), dict) else None
    if kind is not None:
        yield from _of_type(schema, "array", LIST_TYPE, path)
        if kind not in ("atomic", "set", "map"):
            yield not_supported(f"{path}.{LIST_TYPE}", kind, ("atomic", "set", "map"))
    if keys and kind != "map":
        why = "must be map if x-kubernetes-list-map-keys is non-empty"
        yield invalid(f"{path}.{LIST_TYPE}", kind, why) if kind else required(f"{path}.{LIST_TYPE}", why)
    if kind == "set" and items is not None:
        yield from _set_items(items, path)
    if kind == "map":
        yield from _map_items(schema, keys, items, path)
    if kind in ("set", "map") and items is not None and items.get("nullable"):
        yield forbidden(f"{path}.items.nullable", f"cannot be nullable when {LIST_TYPE} is {kind}")


def _set_items(items: Obj, path: str) -> Iterator[FieldError]:
    why = "must be atomic as item of a list with x-kubernetes-list-type=set"
    if items.get("type") == "array" and items.get(LIST_TYPE) not in (None, "atomic"):
        yield invalid(f"{path}.items.{LIST_TYPE}", items.get(LIST_TYPE), why)
    if items.get("type") == "object" and items.get(MAP_TYPE) != "atomic":
        yield invalid(f"{path}.items.{MAP_TYPE}", items.get(MAP_TYPE), why)


def _map_items(schema: Obj, keys: list[str], items: Obj | None, path: str) -> Iterator[FieldError]:
    if not keys:
        yield required(f"{path}.{MAP_KEYS}", "must not be empty if x-kubernetes-list-type is map")
    if items is None:
        yield required(f"{path}.items", "must have a schema if x-kubernetes-list-type is map")
        return
    if items.get("type") != "object":
        why = "must be object if parent array's x-kubernetes-list-type is map"
        yield invalid(f"{path}.items.type", items.get("type") or "", why)
        return
    properties, needed = items.get("properties") or {}, items.get("required") or ()
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield invalid(f"{path}.{MAP_KEYS}", keys, "must not contain duplicate entries")
        part = properties.get(key)
        where = f"{path}.items.properties[{key}]"
        if part is None:
            yield invalid(f"{path}.{MAP_KEYS}", keys, "entries must all be names of item properties")
            continue
        if part.get("type") in ("array", "object"):
            why = "must be a scalar type if parent array's x-kubernetes-list-type is map"
            yield invalid(f"{where}.type", items["type"], why)
        if key not in needed and part.get("default") is None:
            yield required(
                f"{where}.default",
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required "
                "property",
            )
        if part.get("nullable"):
            why = "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"
            yield forbidden(f"{where}.nullable", why)


# Rules ----------------------------------------------------------------------------------------------------


def _rules(schema: Obj, path: str) -> Iterator[FieldError]:
    for index, rule in enumerate(schema.get(RULES) or ()):
        where = f"{path}.{RULES}[{index}]"
        source, message = (rule.get("rule") or "").strip(), rule.get("message") or ""
        if not source:
            yield required(f"{where}.rule", "rule is not specified")
        elif message and not message.strip():
            yield invalid(f"{where}.message", message, "must be non-empty if specified")
        elif "\n" in message.strip():
            yield invalid(f"{where}.message", message, "must not contain line breaks")
        elif "\n" in source and not message.strip():
            yield required(f"{where}.message", "message must be specified if rule contains line breaks")
        told = rule.get("messageExpression") or ""
        if told and not told.strip():
            yield required(f"{where}.messageExpression", "messageExpression must be non-empty if specified")
        if rule.get("reason") and rule["reason"] not in REASONS:
            yield not_supported(f"{where}.reason", rule["reason"], REASONS)


def _rules_below(schema: Obj, path: str, context: _Context) -> Iterator[FieldError]:
    for index, rule in enumerate(schema.get(RULES) or ()):
        where = f"{path}.{RULES}[{index}]"
        try:
            compiled = compile_rule(rule, type_of(schema))
        except cel.CelError as error:
            yield invalid(f"{where}.rule", rule, str(error))
            continue
        if compiled.is_transition and context.uncorrelated:
            why = "oldSelf cannot be used on the uncorrelatable portion of the schema within "
            why += context.uncorrelated
            yield invalid(f"{where}.rule", rule["rule"], why)
        if not compiled.is_transition and rule.get("optionalOldSelf") is not None:
            why = "may not be set if oldSelf is not used in rule"
            yield invalid(f"{where}.optionalOldSelf", rule["optionalOldSelf"], why)
    for below, where, inner in _below(schema, path, context):
        yield from _rules_below(below, where, inner)


# Defaults -------------------------------------------------------------------------------------------------


def _defaults(schema: Obj, path: str) -> Iterator[FieldError]:
    """A default is pruned and valid itself."""
    default: Any = schema.get("default")
    if default is not None:
        yield from _default(schema, default, f"{path}.default")
    for below, where, _ in _below(schema, path, _Context()):
        yield from _defaults(below, where)


def _default(schema: Obj, default: Any, path: str) -> Iterator[FieldError]:
    try:
        pruned = pruner(schema)(copy(default), None, [])
    except (Mismatch, ValueError) as problem:
        yield invalid(path, default, f"must result in valid metadata: {problem}")
        return
    if pruned != default:
        yield invalid(path, default, "must not have unknown fields")
    found: list[Found] = []
    checker(schema)(default, None, found)
    for error, _ in found:
        where = f"{path}.{error.path}" if error.path not in ("", "<nil>") else path
        text = error.text.replace(" in body ", f"{path} in body ", 1) if not error.path else error.text
        yield FieldError(error.cause_reason, where, text)
