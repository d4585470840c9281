"""What a test may wait for, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tuik8s.testing.conditions import _predicate

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

OBJECT: Obj = {
    "metadata": {"name": "a", "labels": {"app": "web"}},
    "spec": {"paused": False, "containers": [{"image": "nginx"}]},
    "data": {"key": "value"},
    "status": {
        "phase": "Running",
        "replicas": 0,
        "conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "example.com/feature", "status": "True"},
            {"type": "example.com/other", "status": "False"},
        ],
    },
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("Ready", True),
        ("Ready=False", False),
        ("Missing", False),
        ("example.com/feature", True),
        ("example.com/feature=True", True),
        ("example.com/feature=", True),
        ("example.com/other", False),
        ("example.com/other=False", True),
        ("example.com/missing", False),
        ("status.phase=Running", True),
        (".status.phase=Running", True),
        ("status.phase", True),
        ("status.phase=", False),
        ("status.reason", False),
        ("status.reason=", True),
        ("status.replicas", True),
        ("status.replicas=0", True),
        ("spec.paused=false", True),
        ("spec.containers.0.image=nginx", True),
        ("metadata.deletionTimestamp", False),
        ("{.status.phase}=Running", True),
        ("{data.key}=value", True),
        ("{.data.key}", True),
        ("{.data.other}", False),
        ("exists", True),
        ("deleted", False),
    ],
)
def test_what_holds_of_an_object(condition: str, holds: bool) -> None:
    assert _predicate(condition)(OBJECT) is holds


@pytest.mark.parametrize("condition", ["Ready", "status.reason", "status.reason=", "exists"])
def test_only_deleted_holds_of_what_is_not_there(condition: str) -> None:
    assert not _predicate(condition)(None)
    assert _predicate("deleted")(None)
