"""What service accounts are called as users (k8s.io/apiserver/pkg/authentication/serviceaccount)."""

from __future__ import annotations

GROUP, USER_PREFIX = "system:serviceaccounts", "system:serviceaccount:"
API_AUDIENCE = "https://kubernetes.default.svc.cluster.local"
"""Whom tokens are for that name nobody else; also who issues them."""


def user_name(namespace: str, name: str) -> str:
    return f"{USER_PREFIX}{namespace}:{name}"


def groups_of(namespace: str) -> tuple[str, ...]:
    return GROUP, f"{GROUP}:{namespace}"


def split_user_name(user: str) -> tuple[str, str] | None:
    """Namespace and name; None for users that are no service account."""
    namespace, found, name = user.removeprefix(USER_PREFIX).partition(":")
    if not user.startswith(USER_PREFIX) or not found or not namespace or not name or ":" in name:
        return None
    return namespace, name
