"""Admission: small plug-ins that look at every write, and may change or refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.admission.certificates import (
    CertificateApproval,
    CertificateSigning,
    CertificateSubjectRestriction,
)
from tuik8s.apiserver.admission.chain import AdmissionChain, Attributes, Plugin, UnknownPlugin
from tuik8s.apiserver.admission.classes import default_ingress_class, default_storage_class
from tuik8s.apiserver.admission.namespaces import NamespaceLifecycle
from tuik8s.apiserver.admission.node_restriction import NodeRestriction
from tuik8s.apiserver.admission.nodes import TaintNodesByCondition
from tuik8s.apiserver.admission.pod_security import PodSecurity
from tuik8s.apiserver.admission.pods import DefaultTolerationSeconds
from tuik8s.apiserver.admission.priority import Priority
from tuik8s.apiserver.admission.role_escalation import RoleEscalation
from tuik8s.apiserver.admission.service_account import ServiceAccount

if TYPE_CHECKING:
    from tuik8s.api.clock import Ids
    from tuik8s.apiserver.access import Access
    from tuik8s.apiserver.authorization import Authorization
    from tuik8s.storage import Store

__all__ = ["AdmissionChain", "Attributes", "Plugin", "UnknownPlugin", "build_chain"]


def build_chain(store: Store, access: Access, *, ids: Ids, authorization: Authorization) -> AdmissionChain:
    """Kubernetes' default plug-ins, in its order, as far as their kinds are served.

    What roles may grant is looked at last, and cannot be left out: it guards against gaining rights.
    """
    plugins: tuple[Plugin, ...] = (
        NamespaceLifecycle(store), ServiceAccount(store, ids, mounts_tokens=access.issuer is not None),
        NodeRestriction(store), TaintNodesByCondition(), PodSecurity(store), Priority(store),
        DefaultTolerationSeconds(), default_storage_class(store), CertificateApproval(authorization),
        CertificateSigning(authorization), CertificateSubjectRestriction(), default_ingress_class(store),
    )  # fmt: skip
    return AdmissionChain(plugins, access.disabled_admission, always=(RoleEscalation(authorization),))
