"""Valid objects to break one thing in, and the way from a manifest to its errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api import defaults, kinds, schema, validation
from tuik8s.api.objects import Obj, copy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind


def container(**fields: Any) -> Obj:
    return {"name": "web", "image": "nginx:1.27", **fields}


def pod(*containers: Obj, **spec: Any) -> Obj:
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"containers": list(containers) or [container()], **spec},
    }


def deployment(**spec: Any) -> Obj:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()]}}
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def service(*ports: Obj, **spec: Any) -> Obj:
    return {
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"app": "web"}, "ports": list(ports) or [{"port": 80}], **spec},
    }


def prepared(kind: Kind, manifest: Obj) -> Obj:
    """Decoded and defaulted, as the API server does it before it validates."""
    obj = schema.decode(kind, manifest).object
    defaults.set_defaults(kind, obj)
    return obj


def errors_of(kind: Kind, manifest: Obj) -> list[str]:
    return [str(error) for error in validation.validate(kind, prepared(kind, manifest))]


def update_errors(kind: Kind, old: Obj, change: dict[str, Any], subresource: str = "") -> list[str]:
    """Of an update that sets the values at dotted paths (numbers index lists); None removes."""
    before = prepared(kind, old)
    after = copy(before)
    for path, value in change.items():
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        holder: Any = after
        for part in parents:
            holder = holder[part] if isinstance(part, int) else holder.setdefault(part, {})
        if value is None:
            holder.pop(last, None)
        else:
            holder[last] = value
    return [str(error) for error in validation.validate(kind, after, before, subresource)]


def refusal(call: Callable[..., Any], *args: Any) -> str:
    """The text of the ValueError that the call must raise."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the caller compares the whole text
        call(*args)
    return str(caught.value)


REGISTRY = kinds.KindRegistry()
