"""Questions as objects: what is created is answered, and not kept."""

from __future__ import annotations

from tuik8s.api.kinds.kind import Kind

_CREATE = ("create",)


def _review(group: str, kind: str, plural: str, *, namespaced: bool = False) -> Kind:
    module = f"{group}_v1"
    return Kind(f"{group}.k8s.io", "v1", kind, plural, namespaced, model=f"{module}:{kind}", verbs=_CREATE)


SELF_SUBJECT_REVIEW = _review("authentication", "SelfSubjectReview", "selfsubjectreviews")
TOKEN_REVIEW = _review("authentication", "TokenReview", "tokenreviews")
LOCAL_SUBJECT_ACCESS_REVIEW = _review(
    "authorization", "LocalSubjectAccessReview", "localsubjectaccessreviews", namespaced=True
)
SELF_SUBJECT_ACCESS_REVIEW = _review("authorization", "SelfSubjectAccessReview", "selfsubjectaccessreviews")
SELF_SUBJECT_RULES_REVIEW = _review("authorization", "SelfSubjectRulesReview", "selfsubjectrulesreviews")
SUBJECT_ACCESS_REVIEW = _review("authorization", "SubjectAccessReview", "subjectaccessreviews")

REVIEWS = (
    SELF_SUBJECT_REVIEW, TOKEN_REVIEW, LOCAL_SUBJECT_ACCESS_REVIEW, SELF_SUBJECT_ACCESS_REVIEW,
    SELF_SUBJECT_RULES_REVIEW, SUBJECT_ACCESS_REVIEW,
)  # fmt: skip
