"""Look kinds up by what a manifest, a URL or a person calls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.kinds.core import CORE
from tuik8s.api.kinds.groups import MEASURED, NAMED_GROUPS
from tuik8s.api.kinds.reviews import REVIEWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tuik8s.api.kinds.kind import Kind

SERVED: tuple[Kind, ...] = (*CORE, *NAMED_GROUPS, *REVIEWS)
"""In order of preference when a short name is ambiguous: the core group first."""


class KindRegistry:
    """Look kinds up by what people and machines call them.

    Those given at first are always there; more are defined, and forgotten again, while the server runs.
    """

    def __init__(self, kinds: Iterable[Kind] = (*SERVED, *MEASURED)) -> None:
        self.built_in = tuple(kinds)
        self.revision = 0
        """Rises with each change of the kinds."""
        self._defined: dict[str, tuple[Kind, ...]] = {}
        self._kinds: tuple[Kind, ...] = ()
        self._by_plural: dict[tuple[str, str, str], Kind] = {}
        self._set(self.built_in)

    def define(self, resource: str, kinds: Iterable[Kind]) -> None:
        """Serve these versions of `crontabs.stable.example.com`, say, and no others; none is an end of it."""
        self._defined[resource] = tuple(kinds)
        if not self._defined[resource]:
            del self._defined[resource]
        self._set((*self.built_in, *(kind for known in self._defined.values() for kind in known)))
        self.revision += 1

    def _set(self, kinds: tuple[Kind, ...]) -> None:
        self._kinds = kinds
        self._by_plural = {(kind.group, kind.version, kind.plural): kind for kind in reversed(kinds)}

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._kinds)

    def by_kind(self, api_version: str, kind: str) -> Kind | None:
        """`("apps/v1", "Deployment")`, as a manifest names it."""
        return next((k for k in self._kinds if k.kind == kind and k.api_version == api_version), None)

    def by_plural(self, group: str, version: str, plural: str) -> Kind | None:
        """As a URL names it."""
        return self._by_plural.get((group, version, plural))

    def find(self, text: str) -> Kind | None:
        """As a person types it: `po`, `deploy`, `Deployments.apps`, any case.

        Of several the first counts that can be watched, else the first.
        """
        word = text.lower()
        found = [kind for kind in self._kinds if _is_called(kind, word)]
        return next((kind for kind in found if "watch" in kind.verbs), found[0] if found else None)


def _is_called(kind: Kind, word: str) -> bool:
    names = (kind.plural, kind.singular, *kind.short_names)
    return word in names or (bool(kind.group) and word in [f"{name}.{kind.group}" for name in names])
