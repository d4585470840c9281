"""Editing an object as text: the file's form, what changed, and the loop that loses nothing.

The rules are `kubectl edit`'s: lines that begin with `#` are comments; an empty file or an unchanged one
cancels; what the server refuses comes back as comments above the text, for another try. What is sent is the
difference alone, so that a status that changed meanwhile is no conflict.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import yaml

from tuik8s.api.errors import ApiError
from tuik8s.tui.describe.yaml_text import to_yaml

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tuik8s.api.objects import Obj

HEADER = (
    "# Save and leave the editor to apply this object. Lines that begin with '#' are left out;",
    "# an empty file changes nothing. What the server refuses is shown here for another try.",
    "#",
)
_GONE = object()
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Edited(NamedTuple):
    """How an edit ended. `path` names the file with the person's text where that was not applied."""

    outcome: Literal["applied", "cancelled", "failed"]
    reason: str
    path: Path | None = None


class Refused(ValueError):
    """The text is no acceptable object; each line is one reason."""


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """kubectl's choice: KUBE_EDITOR, then EDITOR, then vi; split into words, never given to a shell."""
    text = environment.get("KUBE_EDITOR") or environment.get("EDITOR") or "vi"
    try:
        return shlex.split(text) or ["vi"]
    except ValueError as error:
        raise Refused(f"the editor's command {text!r} cannot be understood: {error}") from None


async def edit_object(
    original: Obj,
    name: str,
    edit: Callable[[Path], Awaitable[int]],
    apply: Callable[[Any], Awaitable[object]],
) -> Edited:
    """`edit` lets the person change a file; `apply` sends a merge patch, and may raise ApiError."""
    text = to_yaml(original)
    path = await asyncio.to_thread(_new_file, name)
    problems: list[str] = []
    while True:
        await asyncio.to_thread(path.write_text, with_header(text, problems), encoding="utf-8")
        ended, changed = await _let_edit(path, text, problems, edit)
        if ended is None:
            text = changed
            ended, problems = await _try_apply(text, original, path, apply)
        if ended is not None:
            if ended.path is None:
                await asyncio.to_thread(path.unlink, missing_ok=True)
            return ended


async def _let_edit(
    path: Path, before: str, problems: Sequence[str], edit: Callable[[Path], Awaitable[int]]
) -> tuple[Edited | None, str]:
    """What the file says afterwards, or how the edit ended already."""
    try:
        code = await edit(path)
        changed = without_comments(await asyncio.to_thread(path.read_text, encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        said = (
            f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.filename else error
        )
        reason = f"the editor did not work: {said}"
        return Edited("failed", reason, path if problems else None), ""
    if code:
        kept = path if problems or changed.rstrip() != before.rstrip() else None
        return Edited("failed", f"the editor ended with exit code {code}", kept), ""
    return _ending(changed, before, problems, path), changed


async def _try_apply(
    text: str, original: Obj, path: Path, apply: Callable[[Any], Awaitable[object]]
) -> tuple[Edited | None, list[str]]:
    """How it ended, or why it did not."""
    try:
        patch = difference(original, parsed(text, original))
        if not patch:
            return Edited("cancelled", "nothing was changed"), []
        await apply(patch)
    except Refused as error:
        return None, str(error).splitlines()
    except ApiError as error:
        return None, reasons(error)
    except OSError as error:
        return Edited("failed", str(error), path), []
    return Edited("applied", ""), []


def _ending(changed: str, before: str, problems: Sequence[str], path: Path) -> Edited | None:
    if not changed.strip():
        return Edited("cancelled", "the file was empty", path if problems else None)
    if changed.rstrip() == before.rstrip():
        if problems:
            return Edited("failed", "no acceptable change was saved", path)
        return Edited("cancelled", "nothing was changed")
    return None


def _new_file(name: str) -> Path:
    """Readable by its owner alone: Secrets are edited, too."""
    descriptor, path = tempfile.mkstemp(prefix=f"tuik8s-edit-{name}-", suffix=".yaml")
    os.close(descriptor)
    return Path(path)


def with_header(text: str, problems: Sequence[str]) -> str:
    lines = [*HEADER]
    if problems:
        lines += ["# This was not accepted:", *(f"#   {line}" for line in problems), "#"]
    return "\n".join(lines) + "\n" + text


def without_comments(text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))


def parsed(text: str, original: Obj) -> Obj:
    """The edited object. Raises Refused."""
    try:
        found = yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        raise Refused(str(error)) from None
    if not isinstance(found, dict) or not isinstance(found.get("metadata"), dict):
        raise Refused("an object with apiVersion, kind and metadata is expected")
    for field in ("apiVersion", "kind"):
        if found.get(field) != original.get(field):
            raise Refused(f"{field} cannot be changed here")
    for field in ("name", "namespace"):
        if found["metadata"].get(field) != original["metadata"].get(field):
            raise Refused(f"metadata.{field} cannot be changed here")
    return found


def difference(before: Any, after: Any) -> Any:
    """The JSON merge patch (RFC 7386) from one object to the other; empty when they are equal. managedFields
    are the server's own and left out."""
    patch: dict[str, Any] = {}
    for key in {**before, **after}:
        if key == "managedFields":
            continue
        old, new = before.get(key, _GONE), after.get(key, _GONE)
        if new is _GONE:
            patch[key] = None
        elif isinstance(old, dict) and isinstance(new, dict):
            deeper = difference(old, new)
            if deeper:
                patch[key] = deeper
        elif old != new:
            patch[key] = new
    return patch


def reasons(error: ApiError) -> list[str]:
    """One line for each field the server complains of, or its message."""
    causes = ((error.status().get("details") or {}).get("causes")) or ()
    lines = [f"{cause.get('field', '')}: {cause.get('message', '')}".strip(": ") for cause in causes]
    return lines or error.message.splitlines()
