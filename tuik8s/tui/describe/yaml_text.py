"""Objects as YAML, the way `kubectl get -o yaml` writes them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

import yaml
from rich.text import Text

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

_BASE: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_WIDE = 2**30
_KEY = re.compile(r"^( *(?:- )*)((?:\"[^\"]*\"|'[^']*'|[^\s#\"'][^:]*?):)(?=\s|$)")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


class _Dumper(_BASE):  # type: ignore[misc]
    """Block literals for text of several lines, double quotes where a text would read as something else."""


def _text(dumper: Any, value: str) -> Any:
    style = None
    if "\n" in value:
        style = "|"
    elif dumper.resolve(yaml.ScalarNode, value, (True, False)) != "tag:yaml.org,2002:str":
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def to_yaml(obj: Obj, *, managed_fields: bool = False, decode: bool = False) -> str:
    """Keys in kubectl's order, which is the alphabet: apiVersion, kind, metadata, spec, status.

    `decode` shows the values of a Secret as text; those that are not text say how long they are.
    """
    shown = obj
    if not managed_fields and "managedFields" in obj.get("metadata", {}):
        metadata = {key: value for key, value in obj["metadata"].items() if key != "managedFields"}
        shown = {**obj, "metadata": metadata}
    if decode and obj.get("kind") == "Secret":
        shown = {**shown, "data": {key: _decoded(value) for key, value in (shown.get("data") or {}).items()}}
    text: str = yaml.dump(
        shown, Dumper=_Dumper, sort_keys=True, allow_unicode=True, width=_WIDE, default_flow_style=False
    )
    return text


def _decoded(value: str) -> str:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return f"<{len(raw)} bytes that are not text>"


def paint_yaml(line: str) -> Text:
    """One line with its key set off; numbers and comments too."""
    text = Text(line, no_wrap=True)
    if line.lstrip().startswith("#"):
        text.stylize("dim italic")
        return text
    found = _KEY.match(line)
    if found is None:
        return text
    text.stylize("bold", found.start(2), found.end(2))
    value = line[found.end() :].strip()
    if _NUMBER.match(value) or value in ("true", "false", "null"):
        text.stylize("cyan", len(line) - len(value), len(line))
    return text
