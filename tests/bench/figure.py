"""What one measurement yields."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal


class Skipped(Exception):
    """This cannot be measured here; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`ours` and `baseline` in `unit`; `goal` bounds `ours`, or the ratio of both where `relative`."""

    name: str
    ours: float
    unit: str
    baseline: float | None = None
    baseline_name: str = ""
    goal: float | None = None
    better: Literal["less", "more"] = "less"
    relative: bool = False

    @property
    def ratio(self) -> float | None:
        return self.ours / self.baseline if self.baseline else None

    @property
    def reached(self) -> bool | None:
        """None where there is no goal."""
        value = self.ratio if self.relative else self.ours
        if self.goal is None or value is None:
            return None
        return value <= self.goal if self.better == "less" else value >= self.goal

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def percentile(samples: list[float], fraction: float) -> float:
    """Of at least one sample."""
    ordered = sorted(samples)
    return ordered[min(int(len(ordered) * fraction), len(ordered) - 1)]


def median(samples: list[float]) -> float:
    return percentile(samples, 0.5)
