"""What PersistentVolumes, claims and StorageClasses say of each other (component-helpers/storage/volume)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"
DEFAULT_ANNOTATIONS = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


def class_name(obj: Obj) -> str:
    """The StorageClass of a volume or claim; an annotation of old goes before the field."""
    annotations = obj["metadata"].get("annotations") or {}
    name: str = annotations.get(CLASS_ANNOTATION) or obj["spec"].get("storageClassName") or ""
    return name


def is_default_class(storage_class: Obj) -> bool:
    annotations = storage_class["metadata"].get("annotations") or {}
    return any(annotations.get(name) == "true" for name in DEFAULT_ANNOTATIONS)
