"""Answers to reviews: who one is, what one may, whose a token is (pkg/registry/auth{entic,oriz}ation)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tuik8s.api import kinds
from tuik8s.api.errors import BadRequest, FieldError, Invalid, invalid
from tuik8s.api.request import Response, User
from tuik8s.apiserver.authentication import BadToken
from tuik8s.apiserver.authentication.service_account_names import API_AUDIENCE
from tuik8s.apiserver.authorization import Attributes, Decision
from tuik8s.apiserver.decoding import decode_body
from tuik8s.apiserver.rules import rules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request
    from tuik8s.apiserver.authentication import Authenticator
    from tuik8s.apiserver.authorization import Authorization

_RESOURCE, _PATH = "spec.resourceAttributes", "spec.nonResourceAttributes"


class Knowing(Protocol):
    """Who can be asked; the authenticator may be another one later."""

    authenticator: Authenticator
    authorization: Authorization


class Reviews:
    def __init__(self, server: Knowing) -> None:
        self._server = server

    def answer(self, request: Request) -> Response:
        """The review with its status."""
        review, warnings = decode_body(rules_of(request.kind), request)
        if review["metadata"].keys() - {"namespace", "creationTimestamp", "managedFields"}:
            _refuse(request.kind, [invalid("metadata", review["metadata"], "must be empty")])
        review["metadata"].setdefault("creationTimestamp", None)
        match request.kind:
            case kinds.SELF_SUBJECT_REVIEW:
                review["status"] = {"userInfo": user_info(request.user)}
            case kinds.TOKEN_REVIEW:
                review["status"] = self._token(review.get("spec") or {})
            case kinds.SELF_SUBJECT_RULES_REVIEW:
                review.setdefault("spec", {})
                review["status"] = self._rules(request.user, review["spec"].get("namespace", ""))
            case _:
                review["status"] = self._access(request, review)
        return Response(review, warnings, created=True)

    def _access(self, request: Request, review: Obj) -> Obj:
        spec = review.get("spec") or {}
        own = request.kind == kinds.SELF_SUBJECT_ACCESS_REVIEW
        _refuse(request.kind, list(_access_problems(spec, own=own)))
        if request.kind == kinds.LOCAL_SUBJECT_ACCESS_REVIEW:
            _refuse(request.kind, list(_local_problems(spec, request.namespace)))
        user = request.user if own else _subject(spec)
        verdict = self._server.authorization.authorize(_attributes(user, spec))
        status: Obj = {"allowed": verdict.allowed}
        if verdict.decision is Decision.DENY:
            status["denied"] = True
        if verdict.reason:
            status["reason"] = verdict.reason
        return status

    def _rules(self, user: User, namespace: str) -> Obj:
        if not namespace:
            raise BadRequest("no namespace on request")
        known = self._server.authorization.known_rules(user, namespace)
        paths = [rule for rule in known.rules if rule.get("nonResourceURLs")]
        status: Obj = {
            "resourceRules": [_plain(rule) for rule in known.rules if not rule.get("nonResourceURLs")],
            "nonResourceRules": [_plain(rule) for rule in paths],
            "incomplete": known.incomplete,
        }
        if known.errors:
            status["evaluationError"] = ", ".join(known.errors)
        return status

    def _token(self, spec: Obj) -> Obj:
        token, audiences = spec.get("token", ""), spec.get("audiences") or []
        if not token:
            raise BadRequest("token is required for TokenReview in authentication")
        try:
            found = self._server.authenticator.authenticate_token(token, audiences)
        except BadToken as error:
            return {"user": {}, "error": f"[invalid bearer token, {error}]"}
        if found is None:
            return {"user": {}, "error": "invalid bearer token"}
        # What knows no audiences of its own is for the API, and for nobody else.
        known = found.audiences or tuple(a for a in audiences or (API_AUDIENCE,) if a == API_AUDIENCE)
        if not known:
            return {"user": {}}
        return {"authenticated": True, "user": user_info(found.user), "audiences": list(known)}


def user_info(user: User) -> Obj:
    info: Obj = {"username": user.name}
    if user.uid:
        info["uid"] = user.uid
    if user.groups:
        info["groups"] = list(user.groups)
    if user.extra:
        info["extra"] = {key: list(values) for key, values in user.extra}
    return info


def _plain(rule: Obj) -> Obj:
    fields = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")
    return {field: rule[field] for field in fields if rule.get(field)}


def _subject(spec: Obj) -> User:
    extra = tuple((key, tuple(values)) for key, values in (spec.get("extra") or {}).items())
    return User(spec.get("user", ""), tuple(spec.get("groups") or ()), spec.get("uid", ""), extra)


def _attributes(user: User, spec: Obj) -> Attributes:
    asked = spec.get("nonResourceAttributes")
    if asked is not None:
        return Attributes(user, asked.get("verb", ""), path=asked.get("path", ""))
    asked = spec["resourceAttributes"]
    verb, group, resource, subresource, namespace, name = (
        asked.get(field, "") for field in ("verb", "group", "resource", "subresource", "namespace", "name")
    )
    selector = _selector(asked.get("fieldSelector") or {})
    return Attributes(user, verb, group, resource, subresource, namespace, name, field_selector=selector)


def _selector(given: Obj) -> str:
    """Requirements on single values as a selector has them; others select nothing that can be counted on."""
    if given.get("rawSelector"):
        return str(given["rawSelector"])
    requirements = given.get("requirements") or ()
    return ",".join(
        f"{r.get('key')}={r['values'][0]}"
        for r in requirements
        if r.get("operator") == "In" and len(r.get("values") or ()) == 1
    )


def _access_problems(spec: Obj, *, own: bool) -> Iterator[FieldError]:
    resource, path = spec.get("resourceAttributes"), spec.get("nonResourceAttributes")
    if resource is not None and path is not None:
        why = "cannot be specified in combination with resourceAttributes"
        yield invalid(_PATH, path, why)
    if resource is None and path is None:
        why = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
        yield invalid(_RESOURCE, None, why)
    if not own and not spec.get("user") and not spec.get("groups"):
        yield invalid("spec.user", "", "at least one of user or group must be specified")


def _local_problems(spec: Obj, namespace: str) -> Iterator[FieldError]:
    resource = spec.get("resourceAttributes")
    if resource is None:
        why = "disallowed on this kind of request"
        yield invalid(_PATH, spec.get("nonResourceAttributes"), why)
    elif resource.get("namespace", "") != namespace:
        yield invalid(
            f"{_RESOURCE}.namespace", resource.get("namespace", ""), "must match metadata.namespace"
        )


def _refuse(kind: Kind, errors: list[FieldError]) -> None:
    if errors:
        raise Invalid.of(kind.kind, kind.group, "", errors)
