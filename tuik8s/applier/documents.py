"""The objects in one manifest file."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tuik8s.api.conversion import to_served
from tuik8s.api.schema import explain_unknown
from tuik8s.applier.composer import Composed, ManifestError, compose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.api.objects import Obj
    from tuik8s.applier.composer import Path

SIZE_LIMIT = 4 * 1024 * 1024
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]|\[\"?([^\]\"]+)\"?\]")


class UnknownKind(ManifestError):
    """A kind that nobody serves, or not yet: its definition may be in another manifest."""


@dataclass
class Document:
    """One object of a file, in a served version. `warnings` tell of a deprecated one."""

    kind: Kind
    object: Obj
    line: int
    warnings: list[str] = field(default_factory=list)
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    root: Path = ()

    def locate(self, field_path: str) -> tuple[int, int]:
        """(line, column) of a field as errors name it (`spec.containers[0].image`), or of what it is missing
        from; (line of the document, 0) when the path is not in the file."""
        steps = [_step(match) for match in _STEP.finditer(field_path)]
        while steps:
            place = self.places.get((*self.root, *steps))
            if place:
                return place
            steps.pop()
        return self.line, 0


def parse(
    data: bytes, registry: KindRegistry, *, namespace: str = "default"
) -> tuple[list[Document], list[ManifestError]]:
    """Objects and what is wrong with others of the same file; those that name no namespace go to `namespace`.

    Raises `ManifestError` when the file as a whole cannot be read; nothing of it may then be applied.
    """
    if len(data) > SIZE_LIMIT:
        size = len(data) / 1024 / 1024
        raise ManifestError(
            f"the file has {size:.1f} MiB; at most {SIZE_LIMIT // 1024 // 1024} are read: split it"
        )
    documents: list[Document] = []
    errors: list[ManifestError] = []
    for composed in compose(_decode(data)):
        if composed.value is None:
            continue
        for value, root in _flatten(composed):
            try:
                documents.append(_document(value, root, composed, registry, namespace))
            except ManifestError as error:
                errors.append(error)
    return documents, errors


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ManifestError(f"not UTF-8: byte 0x{data[error.start]:02x}", line, column) from error
    if "\0" in text:
        raise ManifestError("a binary file, not a manifest", text.count("\n", 0, text.index("\0")) + 1, 1)
    return text


def _flatten(composed: Composed) -> Iterator[tuple[Any, Path]]:
    """The document itself, or the items of a `List`."""
    value = composed.value
    if (
        isinstance(value, dict)
        and str(value.get("kind", "")).endswith("List")
        and isinstance(value.get("items"), list)
    ):
        for number, item in enumerate(value["items"]):
            yield item, ("items", number)
    else:
        yield value, ()


def _document(value: Any, root: Path, composed: Composed, registry: KindRegistry, namespace: str) -> Document:
    line, column = composed.places.get(root, (composed.line, 1))
    if not isinstance(value, dict):
        raise ManifestError(f"an object is expected here, not {json.dumps(value)[:40]}", line, column)
    for name in ("apiVersion", "kind"):
        if not isinstance(value.get(name), str) or not value[name]:
            raise ManifestError(f"Object '{name}' is missing", line, column)
    served, warnings = to_served(value)
    kind = registry.by_kind(served["apiVersion"], served["kind"])
    if kind is None:
        raise UnknownKind(explain_unknown(served["apiVersion"], served["kind"]), line, column)
    meta = served.get("metadata")
    if not isinstance(meta, dict) or not isinstance(meta.get("name"), str):
        raise ManifestError(f"{kind.kind}: metadata.name is required in a manifest", line, column)
    if kind.namespaced and not meta.get("namespace"):
        served = {**served, "metadata": {**meta, "namespace": namespace}}
    return Document(kind, served, line, warnings, composed.places, root)


def _step(match: re.Match[str]) -> str | int:
    name, index, quoted = match.groups()
    return int(index) if index else name or quoted
