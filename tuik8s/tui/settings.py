"""What a person can set about the interface, given by whoever starts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`keys_file`: a YAML mapping of action ids to keys; a file that does not exist changes nothing."""

    theme: str = "tuik8s-dark"
    namespaces: frozenset[str] = frozenset()
    """Shown at the start; empty shows all."""
    keys_file: Path | None = None
    greeting: str = ""
    """An error to begin with; empty for none."""
    read_only: bool = False
    """Hides every action that changes the cluster."""
    log_lines: int = 10_000
    """How many lines each log view keeps."""
    mouse: bool = True
