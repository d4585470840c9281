"""The person's own keys: a YAML mapping of action ids to keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def read_keys(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What the file asks for, and what is wrong with the file; one that does not exist asks for nothing."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}, []
    except (OSError, UnicodeDecodeError) as error:
        return {}, [_problem(path, error)]
    import yaml  # the first frame waits for this, and most people have no such file

    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return {}, [_problem(path, error)]
    if found is None:
        return {}, []
    if not isinstance(found, dict):
        return {}, [f"{path.name}: expected lines of the form `id: key`"]
    return {str(action): _as_text(keys) for action, keys in found.items()}, []


def _problem(path: Path, error: Exception) -> str:
    return f"{path.name}: {' '.join(str(error).split())}"


def _as_text(keys: Any) -> Any:
    """YAML reads `0` as a number and `y` as a truth; both are keys here."""
    if isinstance(keys, list):
        return [_as_text(key) for key in keys]
    if isinstance(keys, bool):
        return "y" if keys else "n"
    return str(keys) if isinstance(keys, int) else keys
