"""Versions that Kubernetes no longer serves, under which clients still look for kinds.

A manifest of an old tutorial names `batch/v1beta1`, and kubectl asks discovery for that version before it
sends the manifest anywhere. It finds the kind that took its place: what is sent is converted, with a warning,
and what comes back is the current version.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuik8s.api.conversion import retired_versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.kinds import Kind, KindRegistry


def retired_kinds(registry: KindRegistry) -> Iterator[Kind]:
    """As discovery lists them: by the names of then. People's short names stay with the current version."""
    for api_version, name, replacement in retired_versions():
        kind = registry.by_kind(replacement, name)
        if kind is not None:
            group, _, version = api_version.rpartition("/")
            yield replace(
                kind, group=group, version=version, short_names=(), categories=(),
                encoded_as=kind.storage_version,
            )  # fmt: skip


def successor(registry: KindRegistry, group: str, version: str, plural: str) -> Kind | None:
    """The kind that is served today for what a URL names in a retired version."""
    wanted = f"{group}/{version}"
    for api_version, name, replacement in retired_versions():
        if api_version == wanted:
            kind = registry.by_kind(replacement, name)
            if kind is not None and kind.plural == plural:
                return kind
    return None
