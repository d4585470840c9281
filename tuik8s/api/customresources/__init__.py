"""What a CustomResourceDefinition object says: its kinds, its names, its conditions. Pure.

The schemas of its versions are the matter of `structural`.
"""

from tuik8s.api.customresources.definition import CustomKind, kinds_of, served_kinds, storage_version
from tuik8s.api.customresources.naming import NamesInUse, accepted_status

__all__ = [
    "CustomKind", "NamesInUse", "accepted_status", "kinds_of", "served_kinds", "storage_version"
]  # fmt: skip
