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

DEFAULT_INGRESS_CLASS = "ingressclass.kubernetes.io/is-default-class"


class _DefaultClass:
    """For new objects of `kind`; an empty class name asks for none."""

    name: str
    kind: Kind
    annotation: str
    """Names the class as it was named before there was a field."""
    field: str
    classes: Kind

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if attributes.kind != self.kind or attributes.operation is not Verb.CREATE:
            return
        obj = attributes.object
        if _is_annotated(obj, self.annotation) or obj["spec"].get(self.field) is not None:
            return
        default = _newest(self._store, self.classes, self.is_default)
        if default:
            obj["spec"][self.field] = default

    @staticmethod
    def is_default(found: Obj, /) -> bool:
        raise NotImplementedError


class DefaultStorageClass(_DefaultClass):
    name = "DefaultStorageClass"
    kind, annotation, field = kinds.PERSISTENT_VOLUME_CLAIM, CLASS_ANNOTATION, "storageClassName"
    classes = kinds.STORAGE_CLASS
    is_default = staticmethod(is_default_class)


class DefaultIngressClass(_DefaultClass):
    name = "DefaultIngressClass"
    kind, annotation, field = kinds.INGRESS, "kubernetes.io/ingress.class", "ingressClassName"
    classes = kinds.INGRESS_CLASS

    @staticmethod
    def is_default(found: Obj, /) -> bool:
        return (found["metadata"].get("annotations") or {}).get(DEFAULT_INGRESS_CLASS) == "true"


def _is_annotated(obj: Obj, annotation: str) -> bool:
    return annotation in (obj["metadata"].get("annotations") or {})


def _newest(store: Store, kind: Kind, is_default: Callable[[Obj], bool]) -> str:
    """Of several defaults the newest counts, and of those of one second the first by name."""
    defaults = sorted(filter(is_default, store.list(kind.prefix).items), key=_name)
    newest = max(defaults, key=lambda item: item["metadata"]["creationTimestamp"], default=None)
    return "" if newest is None else _name(newest)


def _name(obj: Obj) -> str:
    name: str = obj["metadata"]["name"]
    return name
