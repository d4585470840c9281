"""What a CustomResourceDefinition object says: its kinds, its names, its conditions. Pure.

The schemas of its versions are the matter of `structural`.
"""

from tuik8s.api.customresources.definition import (
    CustomKind,
    ScalePaths,
    Version,
    kinds_of,
    served_kinds,
    storage_version,
    version_priority,
)
from tuik8s.api.customresources.naming import CLEANUP_FINALIZER, NamesInUse, accepted_status
from tuik8s.api.customresources.scale import scale_errors, value_at

__all__ = [
    "CLEANUP_FINALIZER", "CustomKind", "NamesInUse", "ScalePaths", "Version", "accepted_status", "kinds_of",
    "scale_errors", "served_kinds", "storage_version", "value_at", "version_priority",
]  # fmt: skip
