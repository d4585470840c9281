"""Which authorisers are asked, and in which order (--authorization-mode)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.authorization.attributes import Attributes, attributes_of
from tuik8s.apiserver.authorization.authorizer import ALLOWED, Decision, KnownRules, Verdict, forbidden
from tuik8s.apiserver.authorization.node import NodeAuthorizer
from tuik8s.apiserver.authorization.rbac import Rbac
from tuik8s.apiserver.authorization.rules import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.request import Request, User
    from tuik8s.apiserver.authorization.authorizer import Authorizer
    from tuik8s.storage import Store

MASTERS = "system:masters"
MODES = ("AlwaysAllow", "AlwaysDeny", "Node", "RBAC")


class BadMode(ValueError):
    """Modes that cannot be; the text is for the person who gave them."""


class AlwaysAllow:
    def authorize(self, attributes: Attributes) -> Verdict:
        return ALLOWED

    def known_rules(self, user: User, namespace: str) -> KnownRules:
        return KnownRules(list(EVERYTHING))


class AlwaysDeny:
    def authorize(self, attributes: Attributes) -> Verdict:
        return Verdict(Decision.NO_OPINION, "Everything is forbidden.")

    def known_rules(self, user: User, namespace: str) -> KnownRules:
        return KnownRules()


class Authorization:
    """Asks each mode in turn until one has an opinion; refuses what none allows."""

    def __init__(self, store: Store, modes: Sequence[str]) -> None:
        check_modes(modes)
        self.modes = tuple(modes)
        self.rbac = Rbac(store)
        """Answers questions about roles, also where it does not decide."""
        self.bootstraps = "RBAC" in modes
        self._authorizers = [self._made(store, mode) for mode in modes]

    def authorize(self, attributes: Attributes) -> Verdict:
        if MASTERS in attributes.user.groups:
            return ALLOWED
        reasons = []
        for authorizer in self._authorizers:
            verdict = authorizer.authorize(attributes)
            if verdict.decision is not Decision.NO_OPINION:
                return verdict
            if verdict.reason:
                reasons.append(verdict.reason)
        return Verdict(Decision.NO_OPINION, "\n".join(reasons))

    def check(self, attributes: Attributes) -> None:
        """Raises Forbidden."""
        verdict = self.authorize(attributes)
        if not verdict.allowed:
            raise forbidden(attributes, verdict.reason)

    def check_request(self, request: Request) -> None:
        """Raises Forbidden."""
        if MASTERS not in request.user.groups:
            self.check(attributes_of(request))

    def known_rules(self, user: User, namespace: str) -> KnownRules:
        if MASTERS in user.groups:
            return KnownRules(list(EVERYTHING))
        known = KnownRules()
        for authorizer in self._authorizers:
            known += authorizer.known_rules(user, namespace)
        return known

    def _made(self, store: Store, mode: str) -> Authorizer:
        match mode:
            case "RBAC":
                return self.rbac
            case "Node":
                return NodeAuthorizer(store)
            case "AlwaysDeny":
                return AlwaysDeny()
        return AlwaysAllow()


def check_modes(modes: Sequence[str]) -> None:
    """Raises `BadMode`."""
    if not modes:
        raise BadMode("at least one authorization mode is needed")
    for mode in modes:
        if mode not in MODES:
            raise BadMode(f"authorization mode {mode!r} is not known: {', '.join(MODES)} are")
        if modes.count(mode) > 1:
            raise BadMode(f"authorization mode {mode!r} is given more than once")
