"""The roles and bindings that every cluster has, read from a table."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

RBAC_GROUP = "rbac.authorization.k8s.io"
AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate"
_LABEL = ("kubernetes.io/bootstrapping", "rbac-defaults")
_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
_CONTROLLER = "system:controller:"
_VERBS = {
    "read": ("get", "list", "watch"),
    "write": ("create", "delete", "deletecollection", "patch", "update"),
}


class Default(NamedTuple):
    kind: Kind
    namespace: str
    object: Obj


@cache
def default_roles() -> tuple[Default, ...]:
    """All of them, roles before the bindings that name them. Shared: not to be changed."""
    text = resources.files(__package__).joinpath("default_roles.txt").read_text()
    roles: list[Default] = []
    bindings: list[Default] = []
    for line in text.splitlines():
        if line.startswith("["):
            heading, _, options = line[1:].partition("]")
            role, binding = _section(heading, options.split())
            roles.append(role)
            bindings += [binding] if binding else []
        elif line and not line.startswith("#"):
            roles[-1].object["rules"].append(_rule(line.split()))
    return (*roles, *bindings)


@cache
def default_rules(role: str) -> tuple[Obj, ...]:
    """Of one ClusterRole."""
    found = next(
        d for d in default_roles() if d.kind == kinds.CLUSTER_ROLE and d.object["metadata"]["name"] == role
    )
    return tuple(found.object["rules"])


def _section(heading: str, options: list[str]) -> tuple[Default, Default | None]:
    namespace, _, name = heading.rpartition("/")
    given = dict(option.partition("=")[::2] for option in options)
    role = _object(kinds.ROLE if namespace else kinds.CLUSTER_ROLE, namespace, name)
    if "aggregate" in given:
        wholes = given["aggregate"].split(",")
        role.object["metadata"]["labels"] |= {_AGGREGATE + whole: "true" for whole in wholes}
    if "aggregates" in given:
        selector = {"matchLabels": {_AGGREGATE + given["aggregates"]: "true"}}
        role.object["aggregationRule"] = {"clusterRoleSelectors": [selector]}
    else:
        role.object["rules"] = []
    subjects = list(_subjects(name, given))
    if not subjects and "unbound" not in given:
        return role, None
    kind = kinds.ROLE_BINDING if namespace else kinds.CLUSTER_ROLE_BINDING
    binding = _object(kind, namespace, given.get("binding", name))
    binding.object["roleRef"] = {"apiGroup": RBAC_GROUP, "kind": role.kind.kind, "name": name}
    if subjects:
        binding.object["subjects"] = subjects
    return role, binding


def _object(kind: Kind, namespace: str, name: str) -> Default:
    metadata: Obj = {"name": name, "labels": dict([_LABEL]), "annotations": {AUTOUPDATE: "true"}}
    if namespace:
        metadata["namespace"] = namespace
    return Default(kind, namespace, {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata})


def _subjects(role: str, given: dict[str, str]) -> Iterator[Obj]:
    for option, kind in (("users", "User"), ("groups", "Group")):
        for name in filter(None, given.get(option, "").split(",")):
            yield {"apiGroup": RBAC_GROUP, "kind": kind, "name": name}
    accounts = [account for account in given.get("accounts", "").split(",") if account]
    if role.startswith(_CONTROLLER):
        accounts.append(f"kube-system/{role.removeprefix(_CONTROLLER)}")
    for account in accounts:
        namespace, _, name = account.partition("/")
        yield {"kind": "ServiceAccount", "name": name, "namespace": namespace}


def _rule(words: list[str]) -> Obj:
    verbs = [verb for word in words[0].split(",") for verb in _VERBS.get(word, (word,))]
    targets = [word for word in words[1:] if not word.startswith(("@", "names="))]
    if targets[0].startswith("/"):
        urls = ["*"] if targets == ["/*"] else targets
        return {"nonResourceURLs": sorted(urls), "verbs": sorted(verbs)}
    groups = next((word[1:].split(",") for word in words if word.startswith("@")), ["-"])
    names = next((word.removeprefix("names=").split(",") for word in words if word.startswith("names=")), [])
    rule: Obj = {"apiGroups": sorted("" if group == "-" else group for group in groups)}
    if names:
        rule["resourceNames"] = sorted(names)
    return {**rule, "resources": sorted(targets), "verbs": sorted(verbs)}
