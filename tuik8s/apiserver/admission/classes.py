"""What names no class gets the default one (plugin/pkg/admission/{storage,network}/…)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.request import Verb
from tuik8s.api.validation.networking import INGRESS_CLASS_ANNOTATION
from tuik8s.api.volumes import CLASS_ANNOTATION, is_default_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.admission.chain import Attributes
    from tuik8s.storage import Store

DEFAULT_INGRESS_CLASS = "ingressclass.kubernetes.io/is-default-class"


@dataclass(slots=True, eq=False)
class DefaultClass:
    """For new objects of `kind` that name no class in `field`; an empty name asks for none."""

    store: Store
    name: str
    kind: Kind
    field: str
    annotation: str
    """Names the class as it was named before there was a field."""
    classes: Kind
    is_default: Callable[[Obj], bool]

    async def admit(self, attributes: Attributes) -> None:
        if attributes.kind != self.kind or attributes.operation is not Verb.CREATE:
            return
        obj = attributes.object
        if _is_annotated(obj, self.annotation) or obj["spec"].get(self.field) is not None:
            return
        default = _newest(self.store, self.classes, self.is_default)
        if default:
            obj["spec"][self.field] = default


def default_storage_class(store: Store) -> DefaultClass:
    return DefaultClass(
        store, "DefaultStorageClass", kinds.PERSISTENT_VOLUME_CLAIM, "storageClassName", CLASS_ANNOTATION,
        kinds.STORAGE_CLASS, is_default_class,
    )  # fmt: skip


def default_ingress_class(store: Store) -> DefaultClass:
    return DefaultClass(
        store, "DefaultIngressClass", kinds.INGRESS, "ingressClassName", INGRESS_CLASS_ANNOTATION,
        kinds.INGRESS_CLASS, _is_default_ingress_class,
    )  # fmt: skip


def _is_default_ingress_class(ingress_class: Obj) -> bool:
    return (ingress_class["metadata"].get("annotations") or {}).get(DEFAULT_INGRESS_CLASS) == "true"


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
