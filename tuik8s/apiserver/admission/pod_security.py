"""PodSecurity: pods keep to the standard that their namespace names (k8s.io/pod-security-admission)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden, Invalid
from tuik8s.api.pods import SPEC_PATHS
from tuik8s.api.podsecurity import PRIVILEGED, policy_of, text_of
from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.podsecurity import Policy, Standard
    from tuik8s.apiserver.admission.chain import Attributes
    from tuik8s.storage import Store

MOST_PODS = 3000
"""As many of a namespace are looked at when its standard changes."""
_PODS_AT_ONCE = 100
"""Without giving the loop back: some milliseconds."""


class PodSecurity:
    """Refuses pods, warns of pods and of workloads whose pods will be refused, and checks the labels."""

    name = "PodSecurity"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if attributes.operation is Verb.DELETE:
            return
        if attributes.kind == kinds.NAMESPACE:
            await self._admit_namespace(attributes)
        elif attributes.kind == kinds.POD:
            self._admit_pod(attributes)
        elif attributes.kind.kind in SPEC_PATHS and attributes.kind.group in _WORKLOAD_GROUPS:
            self._look_at_template(attributes)

    async def admit_subresource(self, attributes: Attributes) -> None:
        if attributes.kind == kinds.POD and attributes.request.subresource == "ephemeralcontainers":
            self._admit_pod(attributes)

    def _admit_pod(self, attributes: Attributes) -> None:
        policy = self._policy(attributes)
        if policy is None or not _matters(attributes):
            return
        pod = attributes.object
        violations = policy.enforce.violations(pod["metadata"], pod["spec"])
        if violations:
            why = f'violates PodSecurity "{policy.enforce}": {text_of(violations)}'
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)
        _warn(attributes, policy.warn, pod["metadata"], pod["spec"])

    def _look_at_template(self, attributes: Attributes) -> None:
        policy = self._policy(attributes)
        *path, last = SPEC_PATHS[attributes.kind.kind]
        template: Obj | None = attributes.object
        for name in path:
            template = (template or {}).get(name)
        if policy is not None and template:
            _warn(attributes, policy.warn, template.get("metadata") or {}, template.get(last) or {})

    def _policy(self, attributes: Attributes) -> Policy | None:
        """None where nothing is asked for."""
        namespace = self._store.get(kinds.NAMESPACE.storage_key("", attributes.namespace))
        policy = policy_of(_labels(namespace))
        return None if policy.enforce.level == policy.warn.level == PRIVILEGED.level else policy

    async def _admit_namespace(self, attributes: Attributes) -> None:
        new, old = policy_of(_labels(attributes.object)), policy_of(_labels(attributes.old))
        if new.errors and new.errors != old.errors:
            kind = attributes.kind
            raise Invalid.of(kind.kind, kind.group, attributes.name, list(new.errors))
        relaxed = new.enforce.minor == old.enforce.minor and (
            new.enforce.strictness <= old.enforce.strictness
        )
        if attributes.old is not None and new.enforce.level != PRIVILEGED.level and not relaxed:
            attributes.warnings += await self._of_existing(attributes.name, new.enforce)

    async def _of_existing(self, namespace: str, standard: Standard) -> list[str]:
        """Nothing happens to pods that are there: they are only told of."""
        pods = _one_of_each_first(self._store.list(f"{kinds.POD.prefix}{namespace}/").items)
        breaking: dict[str, list[str]] = {}
        for number, pod in enumerate(pods[:MOST_PODS]):
            if number % _PODS_AT_ONCE == _PODS_AT_ONCE - 1:
                await asyncio.sleep(0)
            violations = standard.violations(pod["metadata"], pod["spec"])
            if violations:
                reasons = ", ".join(violation.reason for violation in violations)
                breaking.setdefault(reasons, []).append(pod["metadata"]["name"])
        warnings = []
        if len(pods) > MOST_PODS:
            checked = f"only checked against the first {MOST_PODS} of {len(pods)} existing pods"
            warnings.append(f"new PodSecurity enforce level {checked}")
        if breaking:
            what = f'violate the new PodSecurity enforce level "{standard}"'
            warnings.append(f'existing pods in namespace "{namespace}" {what}')
        return warnings + sorted(f"{_who(names)}: {reasons}" for reasons, names in breaking.items())


_WORKLOAD_GROUPS = frozenset(("", "apps", "batch"))


def _labels(namespace: Obj | None) -> Obj:
    return (namespace or {}).get("metadata", {}).get("labels") or {}


def _matters(attributes: Attributes) -> bool:
    """Whether a container is another, or has another image: nothing else of a pod can become worse."""
    old = attributes.old
    if old is None:
        return True
    fields = ("initContainers", "containers", "ephemeralContainers")
    return any(_images(attributes.object, field) != _images(old, field) for field in fields)


def _images(pod: Obj, field: str) -> list[tuple[str, str]]:
    return [(c.get("name", ""), c.get("image", "")) for c in pod["spec"].get(field) or ()]


def _warn(attributes: Attributes, standard: Standard, meta: Obj, spec: Obj) -> None:
    violations = standard.violations(meta, spec)
    if violations:
        attributes.warnings.append(f'would violate PodSecurity "{standard}": {text_of(violations)}')


def _one_of_each_first(pods: list[Obj]) -> list[Obj]:
    """The pods of one controller are alike: those after its first come last."""
    seen: set[str] = set()
    firsts: list[Obj] = []
    others: list[Obj] = []
    for pod in pods:
        owners = pod["metadata"].get("ownerReferences") or ()
        uid = next((owner["uid"] for owner in owners if owner.get("controller")), "")
        (others if uid in seen else firsts).append(pod)
        if uid:
            seen.add(uid)
    return firsts + others


def _who(names: list[str]) -> str:
    first, *others = sorted(names)
    if not others:
        return first
    return f"{first} (and {len(others)} other pod{'s' if len(others) > 1 else ''})"
