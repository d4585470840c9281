"""Bindings of roles (pkg/apis/rbac/v1/defaults.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

GROUP = "rbac.authorization.k8s.io"


def default_binding(binding: Obj) -> None:
    """Roles, users and groups are of the group of RBAC; service accounts are of the core group."""
    reference = binding.get("roleRef")
    if reference and not reference.get("apiGroup"):
        reference["apiGroup"] = GROUP
    for subject in binding.get("subjects") or ():
        if subject.get("kind") in ("User", "Group") and not subject.get("apiGroup"):
            subject["apiGroup"] = GROUP
