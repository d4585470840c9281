"""YAML text to JSON values, with the place of each.

libyaml's parser delivers events, which are put together here: its own composer recurses in C, so that a
deeply nested file ends the process, and holds the interpreter for the whole of a large one. Depth, number of
values and what aliases expand to are limited; a key given twice is an error, as kubectl has it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from tuik8s.applier.scalars import resolve, tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH_LIMIT = 100
VALUE_LIMIT = 500_000

Path: TypeAlias = "tuple[str | int, ...]"


class ManifestError(Exception):
    """What is wrong with a manifest, and where; `line` and `column` count from 1, 0 when unknown."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.message}" if self.line else self.message


@dataclass
class Composed:
    """One YAML document; `places` holds (line, column) of each value that a mapping or sequence holds."""

    value: Any
    line: int
    places: dict[Path, tuple[int, int]]


@dataclass
class _Open:
    """A mapping or sequence that is not finished."""

    container: dict[str, Any] | list[Any]
    path: Path
    anchor: str | None
    key: str | None = None
    merges: list[dict[str, Any]] = field(default_factory=list)
    size: int = 1


def compose(text: str) -> Iterator[Composed]:
    """Each document in turn; raises `ManifestError` at the first that is broken."""
    loader = yaml.CSafeLoader(text)
    composer = _Composer()
    try:
        while loader.check_event():
            composed = composer.take(loader.get_event())
            if composed is not None:
                yield composed
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = ", ".join(part for part in (error.problem, error.context) if part)
        raise ManifestError(problem, mark.line + 1 if mark else 0, mark.column + 1 if mark else 0) from error
    except yaml.YAMLError as error:
        raise ManifestError(" ".join(str(error).split())) from error
    finally:
        loader.dispose()


class _Composer:
    def __init__(self) -> None:
        self._stack: list[_Open] = []
        self._root: Any = None
        self._line = 1
        self._places: dict[Path, tuple[int, int]] = {}
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0

    def take(self, event: Any) -> Composed | None:
        try:
            return self._take(event)
        except ValueError as error:
            raise self._error(event, str(error)) from error

    def _take(self, event: Any) -> Composed | None:
        match event:
            case ScalarEvent():
                self._scalar(event)
            case MappingStartEvent() | SequenceStartEvent():
                self._open(event)
            case MappingEndEvent() | SequenceEndEvent():
                self._close(event)
            case AliasEvent():
                self._alias(event)
            case DocumentStartEvent():
                self._root, self._places, self._anchors = None, {}, {}
                self._line = _mark(event)[0] + bool(event.explicit)
            case DocumentEndEvent():
                return Composed(self._root, self._line, self._places)
        return None

    def _scalar(self, event: ScalarEvent) -> None:
        top = self._stack[-1] if self._stack else None
        if isinstance(top, _Open) and isinstance(top.container, dict) and top.key is None:
            self._key(top, event)
            return
        if event.tag and not event.implicit[1]:
            value = tagged(event.tag, event.value)
        else:
            value = resolve(event.value) if event.implicit[0] else event.value
        self._place(value, event, 1)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)

    def _key(self, top: _Open, event: ScalarEvent) -> None:
        # JSON knows only text as a key; `1:` and `true:` become "1" and "true", as kubectl does it.
        if event.value in top.container:
            raise self._error(event, f'key "{event.value}" already set in map')
        top.key = event.value

    def _open(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.container, dict) and top.key is None:
            raise self._error(event, "a key must be text")
        if len(self._stack) >= DEPTH_LIMIT:
            raise self._error(event, f"nested deeper than {DEPTH_LIMIT} levels")
        container: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        path = self._path_here()
        self._places[path] = _mark(event)
        self._stack.append(_Open(container, path, event.anchor))

    def _close(self, event: Any) -> None:
        done = self._stack.pop()
        if isinstance(done.container, dict):
            for merged in done.merges:
                for key, value in merged.items():
                    done.container.setdefault(key, value)
        self._place(done.container, event, done.size, seen=True)
        if done.anchor:
            self._anchors[done.anchor] = (done.container, done.size)

    def _alias(self, event: AliasEvent) -> None:
        if event.anchor not in self._anchors:
            raise self._error(event, f"the alias *{event.anchor} stands for nothing, or for what contains it")
        value, size = self._anchors[event.anchor]
        self._place(value, event, size)

    def _place(self, value: Any, event: Any, size: int, *, seen: bool = False) -> None:
        """Put a finished value where it belongs; `size` is how many values it holds, aliases written out."""
        if not self._stack:
            self._root = value
            return
        top = self._stack[-1]
        top.size += size
        if top.size > VALUE_LIMIT:
            raise self._error(event, f"more than {VALUE_LIMIT} values, aliases written out")
        if not seen:
            self._places[self._path_here()] = _mark(event)
        if isinstance(top.container, list):
            top.container.append(value)
        elif top.key == "<<":
            self._merge(top, value, event)
        elif top.key is None:
            raise self._error(event, "a key must be text")
        else:
            top.container[top.key] = value
        top.key = None

    def _merge(self, top: _Open, value: Any, event: Any) -> None:
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise self._error(event, "<< merges mappings only")
            top.merges.append(source)

    def _path_here(self) -> Path:
        if not self._stack:
            return ()
        top = self._stack[-1]
        step = len(top.container) if isinstance(top.container, list) else top.key or ""
        return (*top.path, step)

    @staticmethod
    def _error(event: Any, message: str) -> ManifestError:
        return ManifestError(message, *_mark(event))


def _mark(event: Any) -> tuple[int, int]:
    """Line and column where an event starts, from 1."""
    return event.start_mark.line + 1, event.start_mark.column + 1
