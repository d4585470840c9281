"""Namespaces, nodes and secrets."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tuik8s.api.objects import is_deleting

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def default_namespace(namespace: Obj) -> None:
    """The name as a label to select by, and the finalizer that has its content deleted first."""
    metadata = namespace["metadata"]
    if metadata.get("name"):
        metadata.setdefault("labels", {})["kubernetes.io/metadata.name"] = metadata["name"]
    if not is_deleting(namespace):  # a deleting one has lost it for good
        namespace.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    namespace.setdefault("status", {}).setdefault("phase", "Active")


def default_node(node: Obj) -> None:
    """All of the capacity is allocatable unless the kubelet says otherwise."""
    status = node.get("status") or {}
    if status.get("capacity") and not status.get("allocatable"):
        status["allocatable"] = dict(status["capacity"])


def default_secret(secret: Obj) -> None:
    """`stringData` is write-only: it ends up in `data`, over what is there."""
    secret.setdefault("type", "Opaque")
    plain = secret.pop("stringData", None)
    if plain:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}
        secret["data"] = {**(secret.get("data") or {}), **encoded}
