"""The chain that a write goes through before it is validated (k8s.io/apiserver/pkg/admission)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request, Verb


@dataclass(slots=True)
class Attributes:
    """One write under way. A plug-in may replace parts of `object`, whose `spec` and `metadata` are fresh."""

    operation: Verb
    request: Request
    kind: Kind
    object: Obj
    old: Obj | None = None
    warnings: list[str] = field(default_factory=list)
    """For the client, of a write that is let through."""

    @property
    def namespace(self) -> str:
        return self.request.namespace

    @property
    def name(self) -> str:
        name: str = self.object.get("metadata", {}).get("name", "") or self.request.name
        return name


class Plugin(Protocol):
    name: str
    """Kubernetes' own name of the plug-in, by which it is disabled."""

    async def admit(self, attributes: Attributes) -> None:
        """Change the object or raise `ApiError`."""


@runtime_checkable
class SubresourcePlugin(Protocol):
    """A plug-in that also looks at writes to subresources."""

    async def admit_subresource(self, attributes: Attributes) -> None: ...


class UnknownPlugin(ValueError):
    """A plug-in is to be left out that is none; the text is for the person who said so."""


class AdmissionChain:
    """Plug-ins in order; those named in `disabled` are left out. What `always` holds comes last."""

    def __init__(
        self, plugins: Sequence[Plugin], disabled: Collection[str] = (), *, always: Sequence[Plugin] = ()
    ) -> None:
        unknown = set(disabled) - {plugin.name for plugin in plugins}
        if unknown:
            known = ", ".join(plugin.name for plugin in plugins)
            raise UnknownPlugin(f"no admission plug-in {', '.join(sorted(unknown))}: there are {known}")
        self._plugins = [*(plugin for plugin in plugins if plugin.name not in disabled), *always]
        # Sorted out here: each question whether an object keeps a protocol costs 50 microseconds.
        self._subresource_plugins = [p for p in self._plugins if isinstance(p, SubresourcePlugin)]

    async def admit(self, attributes: Attributes) -> None:
        for plugin in self._plugins:
            await plugin.admit(attributes)

    async def admit_subresource(self, attributes: Attributes) -> None:
        for plugin in self._subresource_plugins:
            await plugin.admit_subresource(attributes)
