"""Rules of roles: what they match, and whether some include others (pkg/registry/rbac/validation).

A rule is an object as in a Role: verbs with apiGroups and resources, or with nonResourceURLs.
"""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.authorization.attributes import Attributes

EVERYTHING: tuple[Obj, ...] = (
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)
"""What a master holds."""


def concerns(rule: Obj, attributes: Attributes) -> bool:
    """Whether it allows the verb on the resource or path; a rule with resourceNames only for those names."""
    verbs = rule.get("verbs") or ()
    if "*" not in verbs and attributes.verb not in verbs:
        return False
    if attributes.path:
        return any(covers_path(url, attributes.path) for url in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if "*" not in groups and attributes.group not in groups:
        return False
    resources = rule.get("resources") or ()
    return (
        "*" in resources
        or attributes.full_resource in resources
        or (bool(attributes.subresource) and f"*/{attributes.subresource}" in resources)
    )


def covers_path(url: str, path: str) -> bool:
    return url in ("*", path) or (url.endswith("*") and path.startswith(url.rstrip("*")))


def missing(wanted: Sequence[Obj], held: Sequence[Obj]) -> list[Obj]:
    """The parts of the wanted rules that no held rule includes: each of one verb, group, resource, name."""
    return [
        part for rule in wanted for part in _parts(rule) if not any(_includes(other, part) for other in held)
    ]


def _parts(rule: Obj) -> Iterator[Obj]:
    verbs, names = rule.get("verbs") or (), rule.get("resourceNames") or ()
    for group, resource, verb in product(rule.get("apiGroups") or (), rule.get("resources") or (), verbs):
        part = {"verbs": [verb], "apiGroups": [group], "resources": [resource]}
        if not names:
            yield part
        for name in names:
            yield {**part, "resourceNames": [name]}
    for url, verb in product(rule.get("nonResourceURLs") or (), verbs):
        yield {"verbs": [verb], "nonResourceURLs": [url]}


def _includes(rule: Obj, part: Obj) -> bool:
    if not _has(rule.get("verbs"), part["verbs"][0]):
        return False
    if "nonResourceURLs" in part:
        wanted = part["nonResourceURLs"][0]
        return any(covers_path(url, wanted) for url in rule.get("nonResourceURLs") or ())
    if not _has(rule.get("apiGroups"), part["apiGroups"][0]):
        return False
    resource: str = part["resources"][0]
    resources = rule.get("resources") or ()
    _, slash, subresource = resource.partition("/")
    if not _has(resources, resource) and not (slash and f"*/{subresource}" in resources):
        return False
    names = rule.get("resourceNames") or ()
    return not names or any(name in names for name in part.get("resourceNames") or ())


def _has(values: Iterable[str] | None, wanted: str) -> bool:
    return "*" in (values or ()) or wanted in (values or ())


def compact(parts: Iterable[Obj]) -> list[Obj]:
    """Parts of the same resource or path put together again, verbs side by side; others stay as they are."""
    merged: dict[str, Obj] = {}
    for part in parts:
        key = json.dumps({field: value for field, value in part.items() if field != "verbs"}, sort_keys=True)
        if key in merged:
            merged[key]["verbs"] += [verb for verb in part["verbs"] if verb not in merged[key]["verbs"]]
        else:
            merged[key] = {**part, "verbs": list(part["verbs"])}
    return list(merged.values())


def shown(rule: Obj) -> str:
    """`{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`, as refusals show it."""
    fields = (
        ("apiGroups", "APIGroups"), ("resources", "Resources"), ("nonResourceURLs", "NonResourceURLs"),
        ("resourceNames", "ResourceNames"), ("verbs", "Verbs"),
    )  # fmt: skip
    parts = [f"{word}:{json.dumps(rule[field])}" for field, word in fields if rule.get(field)]
    return "{" + ", ".join(parts) + "}"
