"""What an authoriser answers (k8s.io/apiserver/pkg/authorization/authorizer)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from tuik8s.api.errors import Forbidden

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import User
    from tuik8s.apiserver.authorization.attributes import Attributes


class Decision(Enum):
    ALLOW = "allow"
    DENY = "deny"
    """Ends the asking: no later authoriser can allow it."""
    NO_OPINION = "no opinion"


class Verdict(NamedTuple):
    decision: Decision
    reason: str = ""

    @property
    def allowed(self) -> bool:
        return self.decision is Decision.ALLOW


ALLOWED, NO_OPINION = Verdict(Decision.ALLOW), Verdict(Decision.NO_OPINION)


@dataclass(slots=True)
class KnownRules:
    """What a user may do in one namespace, as RBAC rules; `incomplete` where that cannot all be told."""

    rules: list[Obj] = field(default_factory=list)
    incomplete: bool = False
    errors: list[str] = field(default_factory=list)

    def __add__(self, other: KnownRules) -> KnownRules:
        incomplete = self.incomplete or other.incomplete
        return KnownRules(self.rules + other.rules, incomplete, self.errors + other.errors)


class Authorizer(Protocol):
    def authorize(self, attributes: Attributes) -> Verdict: ...

    def known_rules(self, user: User, namespace: str) -> KnownRules: ...


def forbidden(attributes: Attributes, reason: str = "") -> Forbidden:
    """The refusal, in the words of k8s.io/apiserver/pkg/endpoints/handlers/responsewriters."""
    who = f'User "{attributes.user.name}" cannot {attributes.verb}'
    tail = f": {reason}" if reason else ""
    if attributes.path:
        return Forbidden(f'forbidden: {who} path "{attributes.path}"{tail}', details={})
    scope = f'in the namespace "{attributes.namespace}"' if attributes.namespace else "at the cluster scope"
    why = f'{who} resource "{attributes.full_resource}" in API group "{attributes.group}" {scope}{tail}'
    dotted = f"{attributes.resource}.{attributes.group}" if attributes.group else attributes.resource
    error = Forbidden.on(dotted, attributes.name, why)
    details = {"name": attributes.name, "group": attributes.group, "kind": attributes.resource}
    error.details = {key: value for key, value in details.items() if value}
    return error
