"""Nobody grants what he does not hold (pkg/registry/rbac/*/policybased).

A role may be written by who holds all its rules, or has the verb `escalate` on it; a binding by who holds all
rules of its role, or has the verb `bind` on that role.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden, NotFound
from tuik8s.api.request import Verb
from tuik8s.apiserver.authorization import Attributes as AccessAttributes
from tuik8s.apiserver.authorization.modes import MASTERS
from tuik8s.apiserver.authorization.rules import EVERYTHING, compact, missing, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.admission.chain import Attributes
    from tuik8s.apiserver.authorization import Authorization

_ROLES = (kinds.ROLE, kinds.CLUSTER_ROLE)
_BINDINGS = (kinds.ROLE_BINDING, kinds.CLUSTER_ROLE_BINDING)


class RoleEscalation:
    name = "RoleEscalation"

    def __init__(self, authorization: Authorization) -> None:
        self._authorization = authorization

    async def admit(self, attributes: Attributes) -> None:
        if attributes.kind not in (*_ROLES, *_BINDINGS) or attributes.operation is Verb.DELETE:
            return
        if MASTERS in attributes.request.user.groups:
            return
        if attributes.kind in _ROLES:
            self._check_role(attributes)
        else:
            self._check_binding(attributes)

    def _check_role(self, attributes: Attributes) -> None:
        role, old = attributes.object, attributes.old or {}
        same = all(role.get(field) == old.get(field) for field in ("rules", "aggregationRule"))
        if (attributes.old is not None and same) or self._may(
            attributes, "escalate", attributes.kind, attributes.name
        ):
            return
        if (role.get("aggregationRule") or old.get("aggregationRule")) and self._lacks(
            attributes, EVERYTHING
        ):
            why = "must have cluster-admin privileges to use an aggregationRule"
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)
        self._check_held(attributes, role.get("rules") or [])

    def _check_binding(self, attributes: Attributes) -> None:
        binding, old = attributes.object, attributes.old
        if old is not None and all(binding.get(f) == old.get(f) for f in ("subjects", "roleRef")):
            return
        reference = binding.get("roleRef") or {}
        kind = kinds.ROLE if reference.get("kind") == "Role" else kinds.CLUSTER_ROLE
        name = reference.get("name", "")
        if self._may(attributes, "bind", kind, name):
            return
        rules = self._authorization.rbac.rules_of(attributes.namespace, kind.kind, name)
        if rules is None:
            raise NotFound.of(kind.resource, name)
        self._check_held(attributes, rules)

    def _may(self, attributes: Attributes, verb: str, kind: Kind, name: str) -> bool:
        namespace = attributes.namespace
        asked = AccessAttributes(
            attributes.request.user, verb, kind.group, kind.plural, namespace=namespace, name=name
        )
        return self._authorization.authorize(asked).allowed

    def _lacks(self, attributes: Attributes, rules: Sequence[Obj]) -> list[Obj]:
        known = self._authorization.known_rules(attributes.request.user, attributes.namespace)
        return missing(rules, known.rules)

    def _check_held(self, attributes: Attributes, rules: Sequence[Obj]) -> None:
        lacking = self._lacks(attributes, rules)
        if not lacking:
            return
        user = attributes.request.user
        groups = json.dumps(list(user.groups), separators=(" ", ":"))
        lines = sorted(shown(rule) for rule in compact(lacking))
        why = (
            f'user "{user.name}" (groups={groups}) is attempting to grant RBAC permissions not currently '
            "held:" + "".join(f"\n{line}" for line in lines)
        )
        raise Forbidden.on(attributes.kind.resource, attributes.name, why)
