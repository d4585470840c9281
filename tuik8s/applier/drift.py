"""Where the cluster differs from what a file asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

# What names an item of a list; lists without such a field are compared as a whole.
_NAMES = ("name", "containerPort", "port", "mountPath", "ip", "topologyKey", "key")


def differences(wanted: Obj, applied: Obj, live: Obj) -> list[str]:
    """`spec.replicas: 5, applied 2` for each field that the file sets and that has changed since.

    Compared is what the server made of the file when it was applied, so that spelling (`1000m` and `1`) and
    defaults are no difference.
    """
    found: list[str] = []
    for part in wanted:
        if part not in ("apiVersion", "kind", "status"):
            _compare(wanted[part], applied.get(part), live.get(part), part, found)
    return found


def _compare(wanted: Any, applied: Any, live: Any, path: str, found: list[str]) -> None:
    if isinstance(wanted, dict) and isinstance(applied, dict) and isinstance(live, dict):
        for key, value in wanted.items():
            _compare(value, applied.get(key), live.get(key), f"{path}.{key}", found)
    elif isinstance(wanted, list) and isinstance(applied, list) and isinstance(live, list):
        _compare_lists(wanted, applied, live, path, found)
    elif applied != live:
        found.append(f"{path}: {_show(live)}, applied {_show(applied)}")


def _compare_lists(
    wanted: list[Any], applied: list[Any], live: list[Any], path: str, found: list[str]
) -> None:
    name = _name_of(wanted)
    if not name:
        if applied != live:
            found.append(f"{path}: {_show(live)}, applied {_show(applied)}")
        return
    applied_items = {item.get(name): item for item in applied if isinstance(item, dict)}
    live_items = {item.get(name): item for item in live if isinstance(item, dict)}
    for item in wanted:
        key = item[name]
        _compare(item, applied_items.get(key), live_items.get(key), f"{path}[{key}]", found)


def _name_of(items: list[Any]) -> str:
    for name in _NAMES:
        if items and all(isinstance(item, dict) and name in item for item in items):
            return name
    return ""


def _show(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"
