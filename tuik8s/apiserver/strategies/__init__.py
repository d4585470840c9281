"""Per kind: what a write may change, what the server sets, how a deletion goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.apiserver.strategies.base import Strategy

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind

__all__ = ["Strategy", "strategy_for"]

_BY_RESOURCE: dict[str, type[Strategy]] = {}


def strategy_for(kind: Kind) -> Strategy:
    return _BY_RESOURCE.get(kind.resource, Strategy)(kind)
