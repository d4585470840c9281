"""Where a pod may run: node selectors, affinity, tolerations, spreading; and the taints of nodes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.validation.values import (
    NOT_POSITIVE,
    SET_OPERATORS,
    check_label_selector,
    check_optional_choice,
    check_qualified_name,
    check_set,
    complain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_WEIGHT_PROBLEM = "must be in the range 1-100"
_INCLUSION = ("Honor", "Ignore")


def check_affinity(affinity: Obj | None, path: str) -> Iterator[FieldError]:
    affinity = affinity or {}
    node = affinity.get("nodeAffinity") or {}
    if node.get(_REQUIRED) is not None:
        yield from _check_node_selector(node[_REQUIRED], f"{path}.nodeAffinity.{_REQUIRED}")
    for index, term in enumerate(node.get(_PREFERRED) or ()):
        where = f"{path}.nodeAffinity.{_PREFERRED}[{index}]"
        yield from _check_weight(term, where)
        yield from _check_node_term(term.get("preference") or {}, f"{where}.preference", values=False)
    for field in ("podAffinity", "podAntiAffinity"):
        pods = affinity.get(field) or {}
        for index, term in enumerate(pods.get(_REQUIRED) or ()):
            yield from _check_pod_term(term, f"{path}.{field}.{_REQUIRED}[{index}]")
        for index, term in enumerate(pods.get(_PREFERRED) or ()):
            where = f"{path}.{field}.{_PREFERRED}[{index}]"
            yield from _check_weight(term, where)
            yield from _check_pod_term(term.get("podAffinityTerm") or {}, f"{where}.podAffinityTerm")


def _check_weight(term: Obj, path: str) -> Iterator[FieldError]:
    weight = term.get("weight", 0)
    if not 1 <= weight <= 100:
        yield errors.invalid(f"{path}.weight", weight, _WEIGHT_PROBLEM)


def _check_node_selector(selector: Obj, path: str) -> Iterator[FieldError]:
    terms = selector.get("nodeSelectorTerms") or []
    if not terms:
        yield errors.required(f"{path}.nodeSelectorTerms", "must have at least one node selector term")
    for index, term in enumerate(terms):
        yield from _check_node_term(term, f"{path}.nodeSelectorTerms[{index}]", values=True)


def _check_node_term(term: Obj, path: str, *, values: bool) -> Iterator[FieldError]:
    """Label values of preferences go unchecked: with one node they never mattered."""
    for index, requirement in enumerate(term.get("matchExpressions") or ()):
        yield from _check_node_requirement(
            requirement, f"{path}.matchExpressions[{index}]", check_values=values
        )
    for index, requirement in enumerate(term.get("matchFields") or ()):
        yield from _check_node_field(requirement, f"{path}.matchFields[{index}]")


def _check_node_requirement(requirement: Obj, path: str, *, check_values: bool) -> Iterator[FieldError]:
    operator, values = requirement.get("operator", ""), requirement.get("values") or []
    if operator in SET_OPERATORS:
        yield from check_set(operator, values, f"{path}.values")
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            yield errors.required(
                f"{path}.values", "must be specified single value when `operator` is 'Lt' or 'Gt'"
            )
    else:
        yield errors.invalid(f"{path}.operator", operator, "not a valid selector operator")
    yield from check_qualified_name(requirement.get("key", ""), f"{path}.key")
    for index, value in enumerate(values if check_values else ()):
        yield from complain(f"{path}.values[{index}]", value, names.label_value(value))


def _check_node_field(requirement: Obj, path: str) -> Iterator[FieldError]:
    operator, values = requirement.get("operator", ""), requirement.get("values") or []
    if operator not in ("In", "NotIn"):
        yield errors.invalid(f"{path}.operator", operator, "not a valid selector operator")
    elif len(values) != 1:
        yield errors.required(
            f"{path}.values",
            "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
        )
    key = requirement.get("key", "")
    if key != "metadata.name":
        yield errors.invalid(f"{path}.key", key, "not a valid field selector key")
        return
    for index, value in enumerate(values):
        yield from complain(f"{path}.values[{index}]", value, names.dns_subdomain(value))


def _check_pod_term(term: Obj, path: str) -> Iterator[FieldError]:
    yield from check_label_selector(term.get("labelSelector"), f"{path}.labelSelector")
    yield from check_label_selector(term.get("namespaceSelector"), f"{path}.namespaceSelector")
    for name in term.get("namespaces") or ():
        yield from complain(f"{path}.namespace", name, names.dns_label(name))
    yield from _check_label_keys(term, path)
    key = term.get("topologyKey") or ""
    if not key:
        yield errors.required(f"{path}.topologyKey", "can not be empty")
    yield from check_qualified_name(key, f"{path}.topologyKey")


def _check_label_keys(term: Obj, path: str) -> Iterator[FieldError]:
    """Keys whose values are taken from the pod itself need a selector to be added to."""
    keys = term.get("matchLabelKeys") or []
    for field in ("matchLabelKeys", "mismatchLabelKeys"):
        if term.get(field) and term.get("labelSelector") is None:
            yield errors.forbidden(f"{path}.{field}", "must not be specified when labelSelector is not set")
        for index, key in enumerate(term.get(field) or ()):
            yield from check_qualified_name(key, f"{path}.{field}[{index}]")
    for index, key in enumerate(term.get("mismatchLabelKeys") or ()):
        if key in keys:
            yield errors.invalid(
                f"{path}.matchLabelKeys[{keys.index(key)}]",
                key,
                f"exists in both matchLabelKeys and mismatchLabelKeys[{index}]",
            )


def check_tolerations(tolerations: list[Obj] | None, path: str) -> Iterator[FieldError]:
    for index, toleration in enumerate(tolerations or ()):
        yield from _check_toleration(toleration, f"{path}[{index}]")


def _check_toleration(toleration: Obj, path: str) -> Iterator[FieldError]:
    key, operator = toleration.get("key") or "", toleration.get("operator") or ""
    value, effect = toleration.get("value") or "", toleration.get("effect") or ""
    if key:
        yield from check_qualified_name(key, f"{path}.key")
    elif operator != "Exists":
        yield errors.invalid(
            f"{path}.operator",
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        )
    if toleration.get("tolerationSeconds") is not None and effect != "NoExecute":
        yield errors.invalid(
            f"{path}.effect", effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"
        )
    if operator in ("", "Equal"):
        problems = names.label_value(value)
        if problems:
            yield errors.invalid(f"{path}.operator", value, ";".join(problems))
    elif operator == "Exists":
        if value:
            yield errors.invalid(f"{path}.operator", value, "value must be empty when `operator` is 'Exists'")
    else:
        yield errors.not_supported(f"{path}.operator", operator, ("Equal", "Exists"))
    yield from check_optional_choice(effect or None, f"{path}.effect", _EFFECTS)


def check_taints(taints: list[Obj] | None, path: str) -> Iterator[FieldError]:
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints or ()):
        where = f"{path}[{index}]"
        key, value, effect = taint.get("key") or "", taint.get("value") or "", taint.get("effect") or ""
        yield from check_qualified_name(key, f"{where}.key")
        problems = names.label_value(value)
        if problems:
            yield errors.invalid(f"{where}.value", value, ";".join(problems))
        if not effect:
            yield errors.required(f"{where}.effect")
        else:
            yield from check_optional_choice(effect, f"{where}.effect", _EFFECTS)
        if (key, effect) in seen:
            yield errors.duplicate(where, taint)
        seen.add((key, effect))


def check_topology_spread(constraints: list[Obj] | None, path: str) -> Iterator[FieldError]:
    pairs: set[tuple[str, str]] = set()
    for index, constraint in enumerate(constraints or ()):
        where = f"{path}[{index}]"
        key, action = constraint.get("topologyKey") or "", constraint.get("whenUnsatisfiable") or ""
        if constraint.get("maxSkew", 0) <= 0:
            yield errors.invalid(f"{where}.maxSkew", constraint.get("maxSkew", 0), NOT_POSITIVE)
        if not key:
            yield errors.required(f"{where}.topologyKey", "can not be empty")
        if action not in ("DoNotSchedule", "ScheduleAnyway"):
            yield errors.not_supported(
                f"{where}.whenUnsatisfiable", action, ("DoNotSchedule", "ScheduleAnyway")
            )
        if (key, action) in pairs:
            yield errors.duplicate(f"{where}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
        pairs.add((key, action))
        yield from _check_min_domains(constraint.get("minDomains"), action, f"{where}.minDomains")
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            yield from check_optional_choice(constraint.get(field), f"{where}.{field}", _INCLUSION)
        yield from _check_spread_keys(constraint, where)
        yield from check_label_selector(constraint.get("labelSelector"), f"{where}.labelSelector")


def _check_min_domains(value: int | None, action: str, path: str) -> Iterator[FieldError]:
    if value is None:
        return
    if value <= 0:
        yield errors.invalid(path, value, NOT_POSITIVE)
    if action != "DoNotSchedule":
        yield errors.invalid(
            path, value, f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        )


def _check_spread_keys(constraint: Obj, path: str) -> Iterator[FieldError]:
    selector = constraint.get("labelSelector") or {}
    used = {*(selector.get("matchLabels") or {})}
    used |= {expression.get("key") for expression in selector.get("matchExpressions") or ()}
    keys = constraint.get("matchLabelKeys") or []
    if keys and not selector:
        yield errors.forbidden(
            f"{path}.matchLabelKeys", "must not be specified when labelSelector is not set"
        )
    for index, key in enumerate(keys):
        yield from check_qualified_name(key, f"{path}.matchLabelKeys[{index}]")
        if key in used:
            yield errors.invalid(
                f"{path}.matchLabelKeys[{index}]", key, "exists in both matchLabelKeys and labelSelector"
            )


def check_gates(spec: Obj, path: str) -> Iterator[FieldError]:
    """Scheduling and readiness gates."""
    for index, gate in enumerate(spec.get("readinessGates") or ()):
        where = f"{path}.readinessGates[{index}].conditionType"
        yield from check_qualified_name(gate.get("conditionType") or "", where)
    seen: set[str] = set()
    for index, gate in enumerate(spec.get("schedulingGates") or ()):
        where, name = f"{path}.schedulingGates[{index}]", gate.get("name") or ""
        yield from check_qualified_name(name, where)
        if name in seen:
            yield errors.duplicate(where, name)
        seen.add(name)


def is_deletion_cost(text: str) -> bool:
    """A 32-bit number without plus sign or leading zeros."""
    return re.fullmatch("0|-?[1-9][0-9]*", text) is not None and -(2**31) <= int(text) < 2**31
