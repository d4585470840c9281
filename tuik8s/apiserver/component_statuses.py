"""ComponentStatuses: not stored, but found out when asked for (pkg/registry/core/componentstatus)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import NotFound
from tuik8s.api.request import Response, Verb
from tuik8s.apiserver import tables
from tuik8s.apiserver.listing import Filter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tuik8s.api.clock import Clock
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Request

WARNING = "v1 ComponentStatus is deprecated in v1.19+"


class ComponentStatuses:
    """`health` names the components, each with what is wrong with it, or nothing."""

    def __init__(self, health: Callable[[], Mapping[str, str]], *, clock: Clock) -> None:
        self._health = health
        self._clock = clock

    def answer(self, request: Request) -> Response:
        statuses = [_status(name, problem) for name, problem in sorted(self._health().items())]
        if request.verb is Verb.GET:
            found = next((item for item in statuses if item["metadata"]["name"] == request.name), None)
            if found is None:
                raise NotFound.of(request.kind.resource, request.name)
            return Response(self._table([found]) if request.as_table else found, (WARNING,))
        chosen = Filter.of(request.kind, request.selection)
        items = [item for item in statuses if chosen.matches(item)]
        if request.as_table:
            return Response(self._table(items), (WARNING,))
        kind = request.kind
        listed = {"apiVersion": kind.api_version, "kind": kind.list_kind, "metadata": {}, "items": items}
        return Response(listed, (WARNING,))

    def _table(self, items: list[Obj]) -> Obj:
        return tables.table(kinds.COMPONENT_STATUS, items, self._clock.now())


def _status(name: str, problem: str) -> Obj:
    condition = {"type": "Healthy", "status": "False" if problem else "True"}
    condition |= {"error": problem} if problem else {"message": "ok"}
    return {
        "apiVersion": kinds.COMPONENT_STATUS.api_version,
        "kind": kinds.COMPONENT_STATUS.kind,
        "metadata": {"name": name},
        "conditions": [condition],
    }
