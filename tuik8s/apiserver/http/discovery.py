"""What is served: aggregated discovery (v2, v2beta1), the older lists, and the version."""

from __future__ import annotations

import platform
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from tuik8s.api.customresources import version_priority
from tuik8s.api.kinds import KUBERNETES_VERSION
from tuik8s.api.retired import retired_kinds
from tuik8s.apiserver.http.errors import no_such_resource
from tuik8s.apiserver.http.negotiation import clauses

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.objects import Obj

    Groups = dict[str, dict[str, list[Kind]]]

_OBJECT, _STREAM = ("get", "patch", "update"), ("create", "get")
_PROXY = ("create", "delete", "get", "patch", "update")
_SUBRESOURCES: dict[str, tuple[tuple[str, str, str] | None, tuple[str, ...]]] = {
    "status": (None, _OBJECT),
    "scale": (("autoscaling", "v1", "Scale"), _OBJECT),
    "binding": (("", "v1", "Binding"), ("create",)),
    "eviction": (("policy", "v1", "Eviction"), ("create",)),
    "token": (("authentication.k8s.io", "v1", "TokenRequest"), ("create",)),
    "ephemeralcontainers": (None, _OBJECT),
    "resize": (None, _OBJECT),
    "finalize": (None, ("update",)),
    "approval": (None, _OBJECT),
    "log": (None, ("get",)),
    "exec": (("", "v1", "PodExecOptions"), _STREAM),
    "attach": (("", "v1", "PodAttachOptions"), _STREAM),
    "portforward": (("", "v1", "PodPortForwardOptions"), _STREAM),
}
"""Of those that are answered: the kind they speak of (None: the resource's own) and their verbs."""
_V2, _V2_BETA = "v2", "v2beta1"


class Discovery:
    """Made of the registry's kinds, and again when they change. Groups come in its order, versions by what
    clients should prefer."""

    def __init__(self, kinds: KindRegistry) -> None:
        self._kinds = kinds
        self._made_of = -1
        self._made: Groups = {}

    @property
    def _groups(self) -> Groups:
        if self._made_of != self._kinds.revision:
            self._made_of, self._made = (
                self._kinds.revision,
                _grouped([*self._kinds, *retired_kinds(self._kinds)]),
            )
        return self._made

    def aggregated(self, accept: str, *, core: bool) -> tuple[Obj, str] | None:
        """The document and its media type; None where the client wants the older form."""
        version = _aggregated_version(accept)
        if version is None:
            return None
        groups = [group for group in self._groups if (group == "") == core]
        document = {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": f"apidiscovery.k8s.io/{version}",
            "metadata": {},
            "items": [self._group_discovery(group) for group in groups],
        }
        return document, f"application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList"

    def core_versions(self, address: str) -> Obj:
        return {
            "kind": "APIVersions",
            "versions": list(self._groups.get("", {})),
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
        }

    def group_list(self) -> Obj:
        groups = [self._api_group(group) for group in self._groups if group]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}

    def group(self, name: str) -> Obj:
        if not name or name not in self._groups:
            raise no_such_resource()
        return {"kind": "APIGroup", "apiVersion": "v1", **self._api_group(name)}

    def resources(self, group: str, version: str) -> Obj:
        kinds = self._groups.get(group, {}).get(version)
        if kinds is None:
            raise no_such_resource()
        resources = [entry for kind in kinds for entry in _resource_entries(kind)]
        group_version = f"{group}/{version}" if group else version
        return {
            "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version,
            "resources": resources,
        }  # fmt: skip

    def _api_group(self, group: str) -> Obj:
        versions = [{"groupVersion": f"{group}/{v}", "version": v} for v in self._groups[group]]
        return {"name": group, "versions": versions, "preferredVersion": versions[0]}

    def _group_discovery(self, group: str) -> Obj:
        versions = [
            {"version": version, "freshness": "Current", "resources": [_discovery_entry(k) for k in kinds]}
            for version, kinds in self._groups[group].items()
        ]
        metadata: Obj = {"name": group} if group else {}
        return {"metadata": {**metadata, "creationTimestamp": None}, "versions": versions}


def _grouped(kinds: Iterable[Kind]) -> Groups:
    found: Groups = {}
    for kind in kinds:
        found.setdefault(kind.group, {}).setdefault(kind.version, []).append(kind)
    for group, versions in found.items():
        preferred = sorted(versions, key=version_priority, reverse=True)
        found[group] = {name: sorted(versions[name], key=lambda kind: kind.plural) for name in preferred}
    return found


def version() -> Obj:
    major, minor = KUBERNETES_VERSION.removeprefix("v").split(".")[:2]
    return {
        "major": major, "minor": minor, "gitVersion": f"{KUBERNETES_VERSION}+tuik8s", "gitCommit": "",
        "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "",
        "compiler": platform.python_implementation(), "platform": f"{platform.system().lower()}/{_machine()}",
    }  # fmt: skip


def _machine() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _aggregated_version(accept: str) -> str | None:
    for clause in clauses(accept):
        parameters = clause.parameters
        if parameters.get("as") == "APIGroupDiscoveryList" and parameters.get("g") == "apidiscovery.k8s.io":
            if parameters.get("v") in (_V2, _V2_BETA):
                return parameters["v"]
        elif "as" not in parameters and clause.media_type in ("application/json", "*/*", "application/*"):
            return None
    return None


def subresources_of(kind: Kind) -> list[tuple[str, tuple[str, str, str], tuple[str, ...]]]:
    own = (kind.group, kind.version, kind.kind)
    found: list[tuple[str, tuple[str, str, str], tuple[str, ...]]] = []
    for name in kind.subresources:
        if name == "proxy":
            found.append((name, (kind.group, kind.version, f"{kind.kind}ProxyOptions"), _PROXY))
        elif name in _SUBRESOURCES:
            response, verbs = _SUBRESOURCES[name]
            found.append((name, response or own, verbs))
    return sorted(found)


def _discovery_entry(kind: Kind) -> Obj:
    entry: Obj = {
        "resource": kind.plural,
        "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular,
        "verbs": list(kind.verbs),
    }
    entry |= _names(kind)
    subresources = [
        {
            "subresource": name,
            "responseKind": {"group": response[0], "version": response[1], "kind": response[2]},
            "verbs": list(verbs),
        }
        for name, response, verbs in subresources_of(kind)
    ]
    if subresources:
        entry["subresources"] = subresources
    return entry


def _resource_entries(kind: Kind) -> list[Obj]:
    main: Obj = {
        "name": kind.plural, "singularName": kind.singular, "namespaced": kind.namespaced,
        "kind": kind.kind, "verbs": list(kind.verbs),
    }  # fmt: skip
    entries = [main | _names(kind) | _storage_version_hash(kind)]
    for name, (group, version_, response_kind), verbs in subresources_of(kind):
        entry: Obj = {
            "name": f"{kind.plural}/{name}", "singularName": "", "namespaced": kind.namespaced,
            "kind": response_kind, "verbs": list(verbs),
        }  # fmt: skip
        if (group, version_) != (kind.group, kind.version):
            entry |= {"group": group, "version": version_}
        entries.append(entry)
    return entries


def _storage_version_hash(kind: Kind) -> Obj:
    """By which a migrator of stored objects knows that they are written in another version now."""
    if not kind.collectable:
        return {}
    group, _, version = kind.storage_version.rpartition("/")
    digest = sha256(f"{group}/{version}/{kind.kind}".encode()).digest()
    return {"storageVersionHash": b64encode(digest[:8]).decode()}


def _names(kind: Kind) -> Obj:
    names: Obj = {}
    if kind.short_names:
        names["shortNames"] = list(kind.short_names)
    if kind.categories:
        names["categories"] = list(kind.categories)
    return names
