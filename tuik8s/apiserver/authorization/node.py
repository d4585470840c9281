"""What a node may do: read what its pods use, and write what is its own (plugin/pkg/auth/authorizer/node)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.apiserver.authorization.authorizer import ALLOWED, NO_OPINION, Decision, KnownRules, Verdict
from tuik8s.apiserver.authorization.defaults import default_rules
from tuik8s.apiserver.authorization.node_pods import NodePods
from tuik8s.apiserver.authorization.pod_references import uses
from tuik8s.apiserver.authorization.rules import concerns

if TYPE_CHECKING:
    from tuik8s.api.request import User
    from tuik8s.apiserver.authorization.attributes import Attributes
    from tuik8s.storage import Store

NODES_GROUP, USER_PREFIX = "system:nodes", "system:node:"
LEASE_NAMESPACE = "kube-node-lease"
_ON_NODE = re.compile(r"(?:^|,)\s*spec\.nodeName\s*==?\s*([^,!=\s]+)\s*(?:,|$)")
MOST_KNOWN = 1_000
_READ = frozenset(("get", "list", "watch"))


def node_of(user: User) -> str:
    """The node that the user is; empty for everybody else."""
    if NODES_GROUP not in user.groups or not user.name.startswith(USER_PREFIX):
        return ""
    return user.name.removeprefix(USER_PREFIX)


class NodeAuthorizer:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._pods = NodePods(store)
        self._rules = default_rules("system:node")
        self._known: dict[tuple[str, str, str, str], Verdict] = {}
        """What the rules say, which are the same for all nodes and never change."""

    def authorize(self, attributes: Attributes) -> Verdict:
        node = node_of(attributes.user)
        if not node:
            return NO_OPINION
        match (attributes.group, attributes.resource):
            case ("", "secrets" | "configmaps"):
                return self._by_pods(node, attributes, _READ)
            case ("", "persistentvolumeclaims") if attributes.subresource == "status":
                return self._by_pods(node, attributes, frozenset(("get", "update", "patch")))
            case ("", "persistentvolumeclaims" | "persistentvolumes"):
                return self._by_pods(node, attributes, frozenset(("get",)))
            case ("", "serviceaccounts") if attributes.subresource == "token":
                return self._by_pods(node, attributes, frozenset(("create",)))
            case ("", "serviceaccounts"):
                return self._by_pods(node, attributes, frozenset(("get",)))
            case ("", "nodes") if attributes.verb in _READ:
                return self._own(node, attributes)
            case ("", "pods") if attributes.verb in _READ and not attributes.subresource:
                return self._reading_pods(node, attributes)
            case ("coordination.k8s.io", "leases"):
                return self._lease(node, attributes)
            case ("storage.k8s.io", "csinodes"):
                return self._own(node, attributes)
            case ("resource.k8s.io", "resourceslices"):
                return self._slice(node, attributes)
        return self._static(attributes)

    def known_rules(self, user: User, namespace: str) -> KnownRules:
        incomplete = bool(node_of(user))
        errors = ["node authorizer does not support user rule resolution"] if incomplete else []
        return KnownRules([], incomplete, errors)

    def _static(self, attributes: Attributes) -> Verdict:
        asked = attributes.verb, attributes.group, attributes.full_resource, attributes.path
        verdict = self._known.get(asked)
        if verdict is None:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            allowed = any(concerns(rule, attributes) for rule in self._rules)
            verdict = self._known[asked] = ALLOWED if allowed else NO_OPINION
        return verdict

    def _by_pods(self, node: str, attributes: Attributes, verbs: frozenset[str]) -> Verdict:
        """One object by its name, if a pod of the node uses it."""
        if attributes.verb not in verbs:
            return _no(f"can only {_spoken(verbs)} resources of this type")
        if not attributes.name:
            return _no("No Object name found")
        if attributes.subresource not in ("", "status", "token"):
            return _no("cannot get subresource")
        resource, namespace, name = attributes.resource, attributes.namespace, attributes.name
        if resource == "persistentvolumes":
            return self._volume(node, name)
        if any(uses(pod, resource, namespace, name) for pod in self._pods.of(node)):
            return ALLOWED
        return _unrelated(node)

    def _volume(self, node: str, name: str) -> Verdict:
        """Through the claim it is bound to."""
        volume = self._store.get(f"/registry/persistentvolumes/{name}")
        claim = ((volume or {}).get("spec") or {}).get("claimRef") or {}
        namespace, claimed = claim.get("namespace", ""), claim.get("name", "")
        if any(uses(pod, "persistentvolumeclaims", namespace, claimed) for pod in self._pods.of(node)):
            return ALLOWED
        return _unrelated(node)

    def _own(self, node: str, attributes: Attributes) -> Verdict:
        if attributes.name and attributes.name != node:
            own = f"only its own {_singular(attributes)} object"
            return _no(f"node '{node}' cannot {attributes.verb} '{attributes.name}', {own}")
        if not attributes.name and attributes.verb != "create":
            return _no(f"can only {attributes.verb} its own {_singular(attributes)} object")
        return self._static(attributes)

    def _reading_pods(self, node: str, attributes: Attributes) -> Verdict:
        if attributes.verb == "get":
            found = self._pods.find(node, attributes.namespace, attributes.name)
            return ALLOWED if found is not None else _unrelated(node)
        if _selects(node, attributes):
            return self._static(attributes)
        if attributes.name and self._pods.find(node, attributes.namespace, attributes.name) is not None:
            return self._static(attributes)
        return _no("can only list/watch pods with spec.nodeName field selector")

    def _lease(self, node: str, attributes: Attributes) -> Verdict:
        if attributes.namespace != LEASE_NAMESPACE:
            return _no(f'can only access leases in the "{LEASE_NAMESPACE}" system namespace')
        if attributes.verb != "create" and attributes.name != node:
            return _no("can only access node lease with the same name as the requesting node")
        return self._static(attributes)

    def _slice(self, node: str, attributes: Attributes) -> Verdict:
        """The devices of this node; whose are made is for NodeRestriction to see."""
        if attributes.subresource:
            return _no("cannot authorize ResourceSlice subresources")
        if attributes.verb in ("list", "watch", "deletecollection"):
            if not _selects(node, attributes):
                why = "can only list/watch/deletecollection resourceslices with spec.nodeName field selector"
                return _no(why)
        elif attributes.verb != "create":
            found = self._store.get(kinds.RESOURCE_SLICE.storage_key("", attributes.name))
            if found is None or (found.get("spec") or {}).get("nodeName") != node:
                return _unrelated(node)
        return self._static(attributes)


def _selects(node: str, attributes: Attributes) -> bool:
    """Nothing but what is on the node."""
    selected = _ON_NODE.search(attributes.field_selector)
    return selected is not None and selected[1] == node


def _no(reason: str) -> Verdict:
    return Verdict(Decision.NO_OPINION, reason)


def _unrelated(node: str) -> Verdict:
    return _no(f"no relationship found between node '{node}' and this object")


def _spoken(verbs: frozenset[str]) -> str:
    return "/".join(sorted(verbs))


def _singular(attributes: Attributes) -> str:
    return "CSINode" if attributes.resource == "csinodes" else kinds.NODE.kind
