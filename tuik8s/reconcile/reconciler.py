"""What all controllers are: one loop over the keys of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.reconcile.controller import Controller, ControllerStatistics


class Reconciler:
    """A component whose work is its controller loop; whoever derives from it makes the loop."""

    name: str
    _controller: Controller

    async def run(self) -> None:
        await self._controller.run()

    def statistics(self) -> ControllerStatistics:
        return self._controller.statistics()
