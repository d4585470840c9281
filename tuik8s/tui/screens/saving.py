"""Save a text to a file of the person's choice; nothing is overwritten unasked."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from tuik8s.tui.screens.dialogs import ConfirmDialog, PathDialog

if TYPE_CHECKING:
    from pathlib import Path

    from textual.app import App

NEWLINE = "\n"
_OWNER_ONLY = 0o600


async def save_text(app: App[Any], title: str, suggestion: str, text: str) -> str:
    """Runs in a worker. What happened, in words; empty when the person left it. Raises OSError."""
    path = await app.push_screen_wait(PathDialog(title, suggestion))
    if path is None:
        return ""
    try:
        await asyncio.to_thread(_write, path, text, overwrite=False)
    except FileExistsError:
        question = ConfirmDialog(
            "Overwrite", [f"{path} exists already. What is in it would be lost."], confirm="Overwrite",
            danger=True,
        )  # fmt: skip
        if not await app.push_screen_wait(question):
            return ""
        await asyncio.to_thread(_write, path, text, overwrite=True)
    return f"saved to {path}: {text.count(NEWLINE):,} lines"


def _write(path: Path, text: str, *, overwrite: bool) -> None:
    """Only for the owner to read: Secrets are among what gets saved."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if overwrite else os.O_EXCL)
    with os.fdopen(os.open(path, flags, _OWNER_ONLY), "w", encoding="utf-8") as file:
        file.write(text)
