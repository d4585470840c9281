"""How one simulated container behaves, and the pod annotations that say so.

Annotations are `sim.tuik8s.io/<key>` for all containers of a pod, `sim.tuik8s.io/<container>.<key>` for one.
Durations are seconds (`1.5`) or have a unit (`500ms`, `2m`); several entries stand on several lines.

| key | meaning |
|---|---|
| `start-delay` | the container's process begins this much later than it is started |
| `fail-start` | starting fails with this message |
| `exit-code`, `exit-after` | end with this code (0) after this time (at once) |
| `crash-after` | end with exit code 1 (or `exit-code`) after this time |
| `oom-after` | be killed for memory after this time: 137, OOMKilled |
| `stop-code`, `stop-after` | exit code on the stop signal, and how long ending takes |
| `logs`, `log-interval` | lines; all at the start, or one per interval, round and round |
| `http` | `port=status:body` or `port/path=status:body` |
| `ready-after` | nothing listens, and probes by exec fail, before this time |
| `cpu`, `memory` | quantity, `sine(low,high,period)` or `ramp(from,to,duration)` |
| `image-missing` | `true`, or globs of image names: pulling them fails |
| `pull-delay`, `image-size` | how long pulling takes; bytes |
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.cri.protocol import RuntimeFault
from tuik8s.cri.simulated.shell import Block, argument_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PREFIX = "sim.tuik8s.io/"
_SUFFIXES = {
    "": Decimal(1), "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
}  # fmt: skip
_DURATIONS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class HttpAnswer(NamedTuple):
    status: int
    body: str


class Curve(NamedTuple):
    """A value over time: constant, a sine between two values, or a ramp that stays at its end."""

    shape: str
    low: float
    high: float
    period: float

    @classmethod
    def constant(cls, value: float) -> Curve:
        return cls("constant", value, value, 1.0)

    @classmethod
    def parse(cls, text: str) -> Curve:
        """Raises ValueError."""
        match = re.fullmatch(r"(sine|ramp)\(([^,]+),([^,]+),([^,)]+)\)", text.replace(" ", ""))
        if match is None:
            return cls.constant(amount(text))
        period = duration(match[4])
        if period <= 0:
            raise ValueError(f"{text!r}: the period must be positive")
        return cls(match[1], amount(match[2]), amount(match[3]), period)

    def at(self, seconds: float) -> float:
        if self.shape == "sine":
            middle, swing = (self.low + self.high) / 2, (self.high - self.low) / 2
            return middle + swing * math.sin(2 * math.pi * seconds / self.period)
        if self.shape == "ramp":
            return self.low + (self.high - self.low) * min(1.0, seconds / self.period)
        return self.low

    def until(self, seconds: float) -> float:
        """The integral from the beginning: what was used in all."""
        if self.shape == "sine":
            middle, swing = (self.low + self.high) / 2, (self.high - self.low) / 2
            turn = 2 * math.pi / self.period
            return middle * seconds + swing / turn * (1 - math.cos(turn * seconds))
        if self.shape == "ramp":
            rising = min(seconds, self.period)
            area = self.low * rising + (self.high - self.low) * rising**2 / (2 * self.period)
            return area + self.high * (seconds - rising)
        return self.low * seconds


SERVER: Block = argument_vector(("serve",))
"""A server that runs for ever."""
IDLE_CPU, IDLE_MEMORY = Curve.constant(0.001), Curve.constant(8 * 2**20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a container does; `None` and empty values leave it to the program."""

    program: Block = SERVER
    """Run from the start; its exit code is the container's."""
    start_delay: float = 0.0
    fail_start: str = ""
    exit_code: int | None = None
    exit_after: float | None = None
    oom_after: float | None = None
    stop_code: int | None = None
    stop_after: float = 0.0
    lines: tuple[str, ...] = ()
    log_interval: float = 0.0
    http: Mapping[tuple[int, str], HttpAnswer] = field(default_factory=dict)
    """By port and path; the path `""` answers for all others of its port."""
    ports: tuple[int, ...] = ()
    """What it listens on beside the declared ports."""
    greeting: str = ""
    """The body for every path; empty: one that names pod, node and image."""
    ready_after: float = 0.0
    cpu: Curve = IDLE_CPU
    """Cores."""
    memory: Curve = IDLE_MEMORY
    """Bytes."""


@dataclass(frozen=True, slots=True)
class ImageBehaviour:
    """What the annotations of a pod say about pulling its images."""

    missing: bool = False
    delay: float | None = None
    size: int = 0


def annotated(behaviour: Behaviour, annotations: Mapping[str, str], container: str) -> Behaviour:
    """`behaviour` as the annotations change it; raises RuntimeFault that names the bad one."""
    changes: dict[str, object] = {}
    for key, text in _of_container(annotations, container).items():
        read = _READERS.get(key)
        if read is None:
            if key in _IMAGE_KEYS:
                continue
            raise RuntimeFault(
                f"annotation {PREFIX}{key}: no such key; known are {', '.join(sorted(_KNOWN))}"
            )
        try:
            changes |= read(text)
        except (ValueError, ArithmeticError) as error:
            raise RuntimeFault(f"annotation {PREFIX}{key}: {error}") from None
    if "exit_code" in changes and "exit_after" not in changes:
        changes["exit_after"] = 0.0
    return replace(behaviour, **changes) if changes else behaviour  # type: ignore[arg-type]


def image_behaviour(annotations: Mapping[str, str]) -> tuple[str, ImageBehaviour]:
    """The globs of missing images (`*` for all) and the rest; raises RuntimeFault."""
    found = {key.removeprefix(PREFIX): text for key, text in annotations.items() if key.startswith(PREFIX)}
    missing = found.get("image-missing", "")
    try:
        delay = duration(found["pull-delay"]) if "pull-delay" in found else None
        size = int(amount(found["image-size"])) if "image-size" in found else 0
    except (ValueError, ArithmeticError) as error:
        raise RuntimeFault(f"annotations {PREFIX}pull-delay, {PREFIX}image-size: {error}") from None
    globs = {"true": "*", "false": ""}.get(missing, missing)
    return globs, ImageBehaviour(bool(globs), delay, size)


def amount(text: str) -> float:
    """A quantity; raises ValueError."""
    match = re.fullmatch(r"([+-]?\d+(?:\.\d*)?(?:e\d+)?)([A-Za-z]*)", text.strip())
    if match is None or match[2] not in _SUFFIXES:
        raise ValueError(f"{text!r} is not a quantity")
    return float(Decimal(match[1]) * _SUFFIXES[match[2]])


def duration(text: str) -> float:
    """Seconds; raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|)", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration")
    return float(match[1]) * _DURATIONS[match[2]]


def _of_container(annotations: Mapping[str, str], container: str) -> dict[str, str]:
    """Keys for all containers, then this one's own; those of other containers are left out."""
    found: dict[str, str] = {}
    own: dict[str, str] = {}
    for name, text in annotations.items():
        if name.startswith(PREFIX):
            owner, dot, key = name.removeprefix(PREFIX).rpartition(".")
            if not dot:
                found[key] = text
            elif owner == container:
                own[key] = text
    return found | own


def _exit_code(text: str) -> int:
    code = int(text)
    if not 0 <= code <= 255:
        raise ValueError(f"{text!r} is not an exit code")
    return code


def _http(text: str) -> dict[tuple[int, str], HttpAnswer]:
    answers = {}
    for line in text.splitlines():
        match = re.fullmatch(r"\s*(\d{1,5})(/[^=]*)?=(\d{3})(?::(.*))?", line)
        if match is None:
            raise ValueError(f"{line!r} is not port=status:body")
        answers[int(match[1]), match[2] or ""] = HttpAnswer(int(match[3]), match[4] or "")
    return answers


_READERS: dict[str, Callable[[str], dict[str, object]]] = {
    "start-delay": lambda text: {"start_delay": duration(text)},
    "fail-start": lambda text: {"fail_start": text or "simulated failure"},
    "exit-code": lambda text: {"exit_code": _exit_code(text)},
    "exit-after": lambda text: {"exit_after": duration(text)},
    "crash-after": lambda text: {"exit_after": duration(text), "exit_code": 1},
    "oom-after": lambda text: {"oom_after": duration(text)},
    "stop-code": lambda text: {"stop_code": _exit_code(text)},
    "stop-after": lambda text: {"stop_after": duration(text)},
    "logs": lambda text: {"lines": tuple(text.splitlines())},
    "log-interval": lambda text: {"log_interval": duration(text)},
    "http": lambda text: {"http": _http(text)},
    "ready-after": lambda text: {"ready_after": duration(text)},
    "cpu": lambda text: {"cpu": Curve.parse(text)},
    "memory": lambda text: {"memory": Curve.parse(text)},
}
_IMAGE_KEYS = {"image-missing", "pull-delay", "image-size"}
_KNOWN = _IMAGE_KEYS | _READERS.keys()
