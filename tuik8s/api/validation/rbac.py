"""Roles and their bindings (pkg/apis/rbac/validation)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import errors, names
from tuik8s.api.validation.values import check_label_selector, complain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

GROUP = "rbac.authorization.k8s.io"


def validate_role(role: Obj) -> Iterator[FieldError]:
    for index, rule in enumerate(role.get("rules") or ()):
        yield from _check_rule(rule, f"rules[{index}]", namespaced=True)


def validate_cluster_role(role: Obj) -> Iterator[FieldError]:
    for index, rule in enumerate(role.get("rules") or ()):
        yield from _check_rule(rule, f"rules[{index}]", namespaced=False)
    aggregation = role.get("aggregationRule")
    if aggregation is None:
        return
    path, selectors = "aggregationRule.clusterRoleSelectors", aggregation.get("clusterRoleSelectors") or ()
    if not selectors:
        yield errors.required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil")
    for index, selector in enumerate(selectors):
        yield from check_label_selector(selector, f"{path}[{index}]")


def _check_rule(rule: Obj, path: str, *, namespaced: bool) -> Iterator[FieldError]:
    if not rule.get("verbs"):
        yield errors.required(f"{path}.verbs", "verbs must contain at least one value")
    urls = rule.get("nonResourceURLs")
    if urls:
        if namespaced:
            why = "namespaced rules cannot apply to non-resource URLs"
            yield errors.invalid(f"{path}.nonResourceURLs", urls, why)
        if any(rule.get(field) for field in ("apiGroups", "resources", "resourceNames")):
            why = "rules cannot apply to both regular resources and non-resource URLs"
            yield errors.invalid(f"{path}.nonResourceURLs", urls, why)
        return
    if not rule.get("apiGroups"):
        yield errors.required(f"{path}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield errors.required(f"{path}.resources", "resource rules must supply at least one resource")


def validate_role_binding(binding: Obj) -> Iterator[FieldError]:
    yield from _check_binding(binding, ("Role", "ClusterRole"), namespaced=True)


def validate_cluster_role_binding(binding: Obj) -> Iterator[FieldError]:
    yield from _check_binding(binding, ("ClusterRole",), namespaced=False)


def _check_binding(binding: Obj, kinds: tuple[str, ...], *, namespaced: bool) -> Iterator[FieldError]:
    reference = binding.get("roleRef") or {}
    group, kind, name = (reference.get(field, "") for field in ("apiGroup", "kind", "name"))
    if group != GROUP:
        yield errors.not_supported("roleRef.apiGroup", group, [GROUP])
    if kind not in kinds:
        yield errors.not_supported("roleRef.kind", kind, kinds)
    if not name:
        yield errors.required("roleRef.name")
    else:
        yield from complain("roleRef.name", name, names.path_segment(name))
    for index, subject in enumerate(binding.get("subjects") or ()):
        yield from _check_subject(subject, f"subjects[{index}]", namespaced=namespaced)


def _check_subject(subject: Obj, path: str, *, namespaced: bool) -> Iterator[FieldError]:
    kind, name, group = (subject.get(field, "") for field in ("kind", "name", "apiGroup"))
    if not name:
        yield errors.required(f"{path}.name")
    if kind == "ServiceAccount":
        if name:
            yield from complain(f"{path}.name", name, names.dns_subdomain(name))
        if group:
            yield errors.not_supported(f"{path}.apiGroup", group, [""])
        if not namespaced and not subject.get("namespace"):
            yield errors.required(f"{path}.namespace")
    elif kind in ("User", "Group"):
        if group != GROUP:
            yield errors.not_supported(f"{path}.apiGroup", group, [GROUP])
    else:
        yield errors.not_supported(f"{path}.kind", kind, ["ServiceAccount", "User", "Group"])


def validate_binding_update(binding: Obj, old: Obj) -> Iterator[FieldError]:
    if binding.get("roleRef") != old.get("roleRef"):
        yield errors.invalid("roleRef", binding.get("roleRef"), "cannot change roleRef")
