"""Role based access control over the roles and bindings in the store (plugin/pkg/auth/authorizer/rbac)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import kinds
from tuik8s.apiserver.authentication.service_account_names import user_name
from tuik8s.apiserver.authorization.authorizer import Decision, KnownRules, Verdict
from tuik8s.apiserver.authorization.rules import concerns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj
    from tuik8s.api.request import User
    from tuik8s.apiserver.authorization.attributes import Attributes
    from tuik8s.storage import Store
    from tuik8s.storage.records import Record

_Question = tuple[str, str, str, str, str, str]
_Answer = tuple[tuple[frozenset[str], str], ...]
"""Names that are allowed (none: all) and why, in the order of the bindings."""
MOST_ANSWERS = 20_000


class Grant(NamedTuple):
    """One subject of one binding."""

    namespace: str
    """Where it holds; empty: everywhere."""
    role_kind: str
    role: str
    description: str


class Rbac:
    """Answers are remembered by user, verb, resource and namespace until a role or binding changes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._grants: dict[tuple[str, str], list[Grant]] | None = None
        self._roles: dict[tuple[str, str], list[Obj]] = {}
        """Rules by namespace and name; cluster roles have no namespace."""
        self._answers: dict[tuple[str, tuple[str, ...]], dict[_Question, _Answer]] = {}
        self._remembered = 0
        for kind in (kinds.ROLE, kinds.CLUSTER_ROLE, kinds.ROLE_BINDING, kinds.CLUSTER_ROLE_BINDING):
            store.observe(kind.prefix, self._forget)

    def authorize(self, attributes: Attributes) -> Verdict:
        for names, reason in self._answer(attributes):
            if not names or attributes.name in names:
                return Verdict(Decision.ALLOW, reason)
        errors = self.known_rules(attributes.user, attributes.namespace).errors
        return Verdict(Decision.NO_OPINION, "RBAC: " + ", ".join(errors) if errors else "")

    def known_rules(self, user: User, namespace: str) -> KnownRules:
        known = KnownRules()
        for grant in self._grants_of(user, namespace):
            rules = self.rules_of(grant.namespace, grant.role_kind, grant.role)
            if rules is None:
                known.errors.append(_not_found(grant))
            else:
                known.rules += rules
        return known

    def rules_of(self, namespace: str, role_kind: str, role: str) -> list[Obj] | None:
        """Of a Role in `namespace` or of a ClusterRole; None when there is no such role."""
        self._learn()
        return self._roles.get((namespace if role_kind == "Role" else "", role))

    def _answer(self, attributes: Attributes) -> _Answer:
        user = attributes.user
        answers = self._answers.get((user.name, user.groups))
        if answers is None:
            answers = self._answers[(user.name, user.groups)] = {}
        question = (
            attributes.verb, attributes.group, attributes.resource, attributes.subresource,
            attributes.namespace, attributes.path,
        )  # fmt: skip
        answer = answers.get(question)
        if answer is None:
            answer = tuple(self._allowing(attributes))
            if self._remembered >= MOST_ANSWERS:  # somebody asks for ever new namespaces or paths
                self._answers.clear()
                self._remembered = 0
            self._remembered += 1
            answers[question] = answer
        return answer

    def _allowing(self, attributes: Attributes) -> Iterator[tuple[frozenset[str], str]]:
        for grant in self._grants_of(attributes.user, attributes.namespace):
            for rule in self.rules_of(grant.namespace, grant.role_kind, grant.role) or ():
                if concerns(rule, attributes):
                    names = frozenset(() if attributes.path else rule.get("resourceNames") or ())
                    yield names, f"RBAC: allowed by {grant.description}"
                    if not names:
                        return

    def _grants_of(self, user: User, namespace: str) -> list[Grant]:
        """Cluster-wide ones first."""
        known = self._learn()
        subjects = [("User", user.name), *(("Group", group) for group in user.groups)]
        found = [grant for subject in subjects for grant in known.get(subject, ())]
        everywhere = [grant for grant in found if not grant.namespace]
        return everywhere + [grant for grant in found if grant.namespace and grant.namespace == namespace]

    def _learn(self) -> dict[tuple[str, str], list[Grant]]:
        if self._grants is not None:
            return self._grants
        grants: dict[tuple[str, str], list[Grant]] = {}
        for kind in (kinds.CLUSTER_ROLE_BINDING, kinds.ROLE_BINDING):
            for binding in self._store.list(kind.prefix).items:
                for subject in binding.get("subjects") or ():
                    grants.setdefault(_subject_key(subject, binding), []).append(_grant(binding, subject))
        self._roles = {
            (role["metadata"].get("namespace", ""), role["metadata"]["name"]): role.get("rules") or []
            for kind in (kinds.CLUSTER_ROLE, kinds.ROLE)
            for role in self._store.list(kind.prefix).items
        }
        self._grants = grants
        return grants

    def _forget(self, _: Record) -> None:
        self._grants = None
        self._answers.clear()
        self._remembered = 0


def _subject_key(subject: Obj, binding: Obj) -> tuple[str, str]:
    kind, name = subject.get("kind", ""), subject.get("name", "")
    if kind == "ServiceAccount":
        namespace = subject.get("namespace") or binding["metadata"].get("namespace", "")
        return "User", user_name(namespace, name)
    return kind, name


def _grant(binding: Obj, subject: Obj) -> Grant:
    meta, role = binding["metadata"], binding["roleRef"]
    namespace = meta.get("namespace", "")
    where = (
        f'RoleBinding "{meta["name"]}/{namespace}"' if namespace else f'ClusterRoleBinding "{meta["name"]}"'
    )
    who = subject.get("name", "")
    if subject.get("kind") == "ServiceAccount":
        who = f"{who}/{subject.get('namespace') or namespace}"
    description = f'{where} of {role["kind"]} "{role["name"]}" to {subject.get("kind")} "{who}"'
    return Grant(namespace, role["kind"], role["name"], description)


def _not_found(grant: Grant) -> str:
    plural = "role" if grant.role_kind == "Role" else "clusterrole"
    return f'{plural}.rbac.authorization.k8s.io "{grant.role}" not found'
