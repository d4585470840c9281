"""What names no class gets the default one (plugin/pkg/admission/{storage,network}/…)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.request import Verb
from tuik8s.api.volumes import CLASS_ANNOTATION, is_default_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.admission.chain import Attributes
    from tuik8s.storage import Store

INGRESS_ANNOTATION = "kubernetes.io/ingress.class"
DEFAULT_INGRESS_CLASS = "ingressclass.kubernetes.io/is-default-class"


class DefaultStorageClass:
    """New claims; an empty class name asks for none."""

    name = "DefaultStorageClass"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if attributes.kind != kinds.PERSISTENT_VOLUME_CLAIM or attributes.operation is not Verb.CREATE:
            return
        claim = attributes.object
        if _is_annotated(claim, CLASS_ANNOTATION) or claim["spec"].get("storageClassName") is not None:
            return
        name = _newest(self._store, kinds.STORAGE_CLASS, is_default_class)
        if name:
            claim["spec"]["storageClassName"] = name


class DefaultIngressClass:
    name = "DefaultIngressClass"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if attributes.kind != kinds.INGRESS or attributes.operation is not Verb.CREATE:
            return
        ingress = attributes.object
        if _is_annotated(ingress, INGRESS_ANNOTATION) or ingress["spec"].get("ingressClassName") is not None:
            return
        name = _newest(self._store, kinds.INGRESS_CLASS, _is_default_ingress_class)
        if name:
            ingress["spec"]["ingressClassName"] = name


def _is_annotated(obj: Obj, annotation: str) -> bool:
    return annotation in (obj["metadata"].get("annotations") or {})


def _is_default_ingress_class(ingress_class: Obj) -> bool:
    return (ingress_class["metadata"].get("annotations") or {}).get(DEFAULT_INGRESS_CLASS) == "true"


def _newest(store: Store, kind: Kind, is_default: Callable[[Obj], bool]) -> str:
    """Of several defaults the newest counts, and of those of one second the first by name."""
    defaults = sorted(filter(is_default, store.list(kind.prefix).items), key=_name)
    newest = max(defaults, key=lambda item: item["metadata"]["creationTimestamp"], default=None)
    return "" if newest is None else _name(newest)


def _name(obj: Obj) -> str:
    name: str = obj["metadata"]["name"]
    return name
