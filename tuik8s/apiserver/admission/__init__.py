"""Admission: small plug-ins that look at every write, and may change or refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.admission.chain import AdmissionChain, Attributes, Plugin
from tuik8s.apiserver.admission.namespaces import NamespaceLifecycle
from tuik8s.apiserver.admission.pods import DefaultTolerationSeconds, Priority, ServiceAccount

if TYPE_CHECKING:
    from collections.abc import Collection

    from tuik8s.storage import Store

__all__ = ["AdmissionChain", "Attributes", "Plugin", "build_chain"]


def build_chain(store: Store, disabled: Collection[str] = ()) -> AdmissionChain:
    """Kubernetes' default plug-ins, in its order, as far as their kinds are served."""
    plugins: tuple[Plugin, ...] = (
        NamespaceLifecycle(store), ServiceAccount(store), Priority(), DefaultTolerationSeconds(),
    )  # fmt: skip
    return AdmissionChain(plugins, disabled)
