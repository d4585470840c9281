"""NodeRestriction: a node writes its own objects only (plugin/pkg/admission/noderestriction)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden
from tuik8s.api.objects import annotations_of, labels_of
from tuik8s.api.pods import MIRROR_ANNOTATION
from tuik8s.api.request import Verb
from tuik8s.apiserver.authorization.node import LEASE_NAMESPACE, NODES_GROUP, node_of
from tuik8s.apiserver.authorization.pod_references import resources_used

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.admission.chain import Attributes
    from tuik8s.storage import Store

RESTRICTED_PREFIX = "node-restriction.kubernetes.io"
_OWN_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")
_OWN_LABELS = frozenset((
    "beta.kubernetes.io/arch", "beta.kubernetes.io/instance-type", "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region", "failure-domain.beta.kubernetes.io/zone",
    "failure-domain.kubernetes.io/region", "failure-domain.kubernetes.io/zone", "kubernetes.io/arch",
    "kubernetes.io/hostname", "kubernetes.io/instance-type", "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region", "topology.kubernetes.io/zone",
))  # fmt: skip
"""Of Kubernetes' own domains those that a kubelet may set on its node."""


class NodeRestriction:
    """Requests of other users pass."""

    name = "NodeRestriction"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        user = attributes.request.user
        if NODES_GROUP not in user.groups:
            return
        node = node_of(user)
        if not node:
            why = f'could not determine node from user "{user.name}"'
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)
        problem = next(self._problems(node, attributes), None)
        if problem is not None:
            raise Forbidden.on(attributes.kind.resource, attributes.name, problem)

    async def admit_subresource(self, attributes: Attributes) -> None:
        await self.admit(attributes)

    def _problems(self, node: str, attributes: Attributes) -> Iterator[str]:
        kind, subresource = attributes.kind, attributes.request.subresource
        if kind == kinds.POD:
            if not subresource:
                yield from self._pod(node, attributes)
            elif subresource == "status":
                yield from self._pod_status(node, attributes)
            elif subresource == "eviction":
                if not self._runs_on(node, attributes):
                    yield f"node {node} can only evict pods with spec.nodeName set to itself"
            else:
                yield (
                    f"unexpected pod subresource \"{subresource}\", only 'status' and 'eviction' are allowed"
                )
        elif kind == kinds.NODE:
            yield from _node(node, attributes)
        elif kind == kinds.LEASE:
            yield from _lease(node, attributes)
        elif kind == kinds.CSI_NODE:
            if attributes.name != node:
                yield "can only access CSINode with the same name as the requesting node"
        elif kind == kinds.RESOURCE_SLICE:
            yield from _slice(node, attributes)
        elif kind == kinds.SERVICE_ACCOUNT and subresource == "token":
            yield from self._token(node, attributes)

    def _pod(self, node: str, attributes: Attributes) -> Iterator[str]:
        if attributes.operation is Verb.CREATE:
            yield from self._mirror_pod(node, attributes.object)
        elif attributes.operation is Verb.DELETE:
            if (attributes.object.get("spec") or {}).get("nodeName") != node:
                yield f'node "{node}" can only delete pods with spec.nodeName set to itself'
        else:
            operation = attributes.operation.upper()
            yield f'unexpected operation "{operation}", node "{node}" can only create and delete mirror pods'

    def _mirror_pod(self, node: str, pod: Obj) -> Iterator[str]:
        """It uses nothing of the API: the node would else make itself a right to read it."""
        if MIRROR_ANNOTATION not in annotations_of(pod):
            yield (
                f'pod does not have "{MIRROR_ANNOTATION}" annotation, node "{node}" can only create mirror '
                "pods"
            )
        if pod["spec"].get("nodeName") != node:
            yield f'node "{node}" can only create pods with spec.nodeName set to itself'
        yield from self._mirror_owner(node, pod["metadata"].get("ownerReferences") or [])
        for resource in resources_used(pod):
            yield f'node "{node}" can not create pods that reference {resource}'

    def _mirror_owner(self, node: str, owners: list[Obj]) -> Iterator[str]:
        """The node alone, which takes its mirrors along when it goes."""
        if len(owners) > 1:
            yield f'node "{node}" can only create pods with a single owner reference set to itself'
            return
        owner = owners[0] if owners else {}
        if (owner.get("apiVersion"), owner.get("kind"), owner.get("name")) != ("v1", "Node", node):
            yield f'node "{node}" can only create pods with an owner reference set to itself'
            return
        if not owner.get("controller"):
            yield f'node "{node}" can only create pods with a controller owner reference set to itself'
        if owner.get("blockOwnerDeletion"):
            yield f'node "{node}" must not set blockOwnerDeletion on an owner reference'
        found = self._store.get(kinds.NODE.storage_key("", node))
        uid = "" if found is None else found["metadata"]["uid"]
        if not uid or owner.get("uid") != uid:
            yield f"node {node} UID mismatch: expected {owner.get('uid', '')} got {uid}"

    def _pod_status(self, node: str, attributes: Attributes) -> Iterator[str]:
        old = attributes.old or {}
        if (old.get("spec") or {}).get("nodeName") != node:
            yield f'node "{node}" can only update pod status for pods with spec.nodeName set to itself'
        if labels_of(attributes.object) != labels_of(old):
            yield f'node "{node}" cannot update labels through pod status'

    def _runs_on(self, node: str, attributes: Attributes) -> bool:
        pod = self._store.get(kinds.POD.storage_key(attributes.namespace, attributes.request.name))
        return pod is not None and pod["spec"].get("nodeName") == node

    def _token(self, node: str, attributes: Attributes) -> Iterator[str]:
        spec = attributes.object.get("spec") or {}
        bound = spec.get("boundObjectRef")
        if not bound or bound.get("kind") != "Pod" or not bound.get("name"):
            yield "node requested token not bound to a pod"
            return
        if not bound.get("uid"):
            yield "node requested token with a pod binding without a uid"
            return
        pod = self._store.get(kinds.POD.storage_key(attributes.namespace, bound["name"]))
        if pod is None or pod["metadata"]["uid"] != bound["uid"]:
            found = pod["metadata"]["uid"] if pod is not None else ""
            yield (
                f"the UID in the bound object reference ({bound['uid']}) does not match the UID in record "
                f"({found})"
            )
            return
        if pod["spec"].get("nodeName") != node:
            yield "node requested token bound to a pod scheduled on a different node"
        known = _audiences(pod)
        for audience in spec.get("audiences") or ():
            if audience not in known:
                yield f'audience "{audience}" not found in pod spec volume'


def _audiences(pod: Obj) -> set[str]:
    """Of the tokens that the pod mounts."""
    volumes = pod["spec"].get("volumes") or ()
    sources = (
        source for volume in volumes for source in (volume.get("projected") or {}).get("sources") or ()
    )
    return {
        (source["serviceAccountToken"] or {}).get("audience", "")
        for source in sources
        if "serviceAccountToken" in source
    }


def _node(node: str, attributes: Attributes) -> Iterator[str]:
    if attributes.name != node:
        yield f'node "{node}" is not allowed to modify node "{attributes.name}"'
        return
    old = attributes.old or {}
    if attributes.operation is Verb.CREATE:
        changed = set(labels_of(attributes.object))
    elif attributes.operation is Verb.UPDATE:
        now, before = labels_of(attributes.object), labels_of(old) if old else {}
        changed = {key for key in {*now, *before} if now.get(key) != before.get(key)}
        taints = [(obj.get("spec") or {}).get("taints") or [] for obj in (attributes.object, old)]
        if taints[0] != taints[1] and not attributes.request.subresource:
            yield f'node "{node}" is not allowed to modify taints'
        if attributes.object["metadata"].get("ownerReferences") != old.get("metadata", {}).get(
            "ownerReferences"
        ):
            yield f'node "{node}" is not allowed to modify ownerReferences'
    else:
        return
    refused = sorted(label for label in changed if not _may_label(label))
    if refused:
        word = "set" if attributes.operation is Verb.CREATE else "modify"
        yield f'node "{node}" is not allowed to {word} the following labels: {", ".join(refused)}'


def _may_label(label: str) -> bool:
    domain, slash, _ = label.partition("/")
    if not slash or label in _OWN_LABELS:
        return True
    if _within(domain, (RESTRICTED_PREFIX,)):
        return False
    return _within(domain, _OWN_DOMAINS) or not _within(domain, ("kubernetes.io", "k8s.io"))


def _within(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith(f".{parent}") for parent in parents)


def _lease(node: str, attributes: Attributes) -> Iterator[str]:
    if attributes.namespace != LEASE_NAMESPACE:
        yield f'can only access leases in the "{LEASE_NAMESPACE}" system namespace'
    if attributes.name != node:
        yield "can only access node lease with the same name as the requesting node"


def _slice(node: str, attributes: Attributes) -> Iterator[str]:
    """Neither made for another node, nor taken from one, nor handed to one."""
    states = (attributes.object, attributes.old or attributes.object)
    if any((state.get("spec") or {}).get("nodeName") != node for state in states):
        yield f"can only {attributes.operation} ResourceSlice with the same NodeName as the requesting node"
