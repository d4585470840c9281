"""What a CustomResourceDefinition object says: its kinds, its names, its conditions. Pure.

The schemas of its versions are the matter of `structural`.
"""

from tuik8s.api.customresources.advice import definition_warnings
from tuik8s.api.customresources.definition import (
    CustomKind,
    ScalePaths,
    Stored,
    Version,
    deprecation_warnings,
    kinds_of,
    served_kinds,
    storage_version,
    stored_as,
    version_priority,
)
from tuik8s.api.customresources.naming import CLEANUP_FINALIZER, NamesInUse, accepted_status
from tuik8s.api.customresources.scale import scale_errors, value_at

__all__ = [
    "CLEANUP_FINALIZER", "CustomKind", "NamesInUse", "ScalePaths", "Stored", "Version", "accepted_status",
    "definition_warnings", "deprecation_warnings", "kinds_of", "scale_errors", "served_kinds",
    "storage_version", "stored_as", "value_at", "version_priority",
]  # fmt: skip
