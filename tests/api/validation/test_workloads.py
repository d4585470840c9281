from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.objects import container, deployment, errors_of, update_errors
from tuik8s.api import kinds

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

MISMATCH = (
    'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'
)
TEMPLATE: Obj = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container()]}}


@pytest.mark.parametrize("kind", [kinds.DEPLOYMENT, kinds.REPLICA_SET], ids=str)
@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, []),
        ({"replicas": -1}, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]),
        (
            {"minReadySeconds": -1},
            ["spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0"],
        ),
        ({"selector": None}, ["spec.selector: Required value", MISMATCH]),
        ({"selector": {}}, ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]),
        ({"selector": {"matchLabels": {"app": "api"}}}, [MISMATCH]),
        (
            {"selector": {"matchExpressions": [{"key": "app", "operator": "Like"}]}},
            [
                'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector '
                "operator",
                'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Like"}]}: '
                "invalid label selector",
            ],
        ),
        (
            {"template": {**TEMPLATE, "spec": {"containers": [{"name": "web"}]}}},
            ["spec.template.spec.containers[0].image: Required value"],
        ),
        (
            {"template": {**TEMPLATE, "spec": {"containers": [container()], "restartPolicy": "Never"}}},
            ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
        ),
        (
            {"template": {**TEMPLATE, "spec": {"containers": [container()], "activeDeadlineSeconds": 5}}},
            [
                "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet "
                "is not "
                "Supported"
            ],
        ),
    ],
)
def test_selector_and_template(kind: Kind, spec: Obj, expected: list[str]) -> None:
    errors = errors_of(kind, deployment(**spec))
    # A Deployment's own deadline rule compares with minReadySeconds.
    assert [error for error in errors if "progressDeadline" not in error] == expected


def test_an_empty_object_is_told_all() -> None:
    assert errors_of(kinds.DEPLOYMENT, {"metadata": {"name": "a", "namespace": "b"}}) == [
        "spec.selector: Required value",
        "spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`",
        "spec.template.spec.containers: Required value",
    ]


def _rolling(**fields: object) -> Obj:
    return {"strategy": {"type": "RollingUpdate", "rollingUpdate": fields}}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (_rolling(maxSurge=0, maxUnavailable="1%"), []),
        (_rolling(maxSurge="200%", maxUnavailable=0), []),
        (
            _rolling(maxSurge="0%", maxUnavailable=0),
            [
                "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when "
                "`maxSurge` is 0"
            ],
        ),
        (
            _rolling(maxUnavailable="101%"),
            [
                'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater '
                "than 100%"
            ],
        ),
        (
            _rolling(maxSurge="ten"),
            [
                'spec.strategy.rollingUpdate.maxSurge: Invalid value: "ten": a valid percent string must '
                "be a "
                "numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation "
                "is "
                "'[0-9]+%')"
            ],
        ),
        (
            _rolling(maxSurge=-1),
            ["spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0"],
        ),
        (
            {"strategy": {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}},
            [
                "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is "
                "'Recreate'"
            ],
        ),
        (
            {"strategy": {"type": "Canary"}},
            [
                'spec.strategy.type: Unsupported value: "Canary": supported values: "Recreate", '
                '"RollingUpdate"'
            ],
        ),
        (
            {"progressDeadlineSeconds": 5, "minReadySeconds": 5},
            ["spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds"],
        ),
        (
            {"revisionHistoryLimit": -1},
            ["spec.revisionHistoryLimit: Invalid value: -1: must be greater than or equal to 0"],
        ),
    ],
)
def test_deployments(spec: Obj, expected: list[str]) -> None:
    assert errors_of(kinds.DEPLOYMENT, deployment(**spec)) == expected


@pytest.mark.parametrize("kind", [kinds.DEPLOYMENT, kinds.REPLICA_SET], ids=str)
def test_the_selector_stays(kind: Kind) -> None:
    assert update_errors(kind, deployment(), {"spec.replicas": 5, "spec.template.spec.hostname": "a"}) == []
    change = {"spec.selector": {"matchLabels": {"app": "api"}}}
    assert update_errors(kind, deployment(), change) == [
        MISMATCH,
        'spec.selector: Invalid value: {"matchLabels":{"app":"api"}}: field is immutable',
    ]


def test_status_counts() -> None:
    old = {**deployment(), "status": {"collisionCount": 1}}
    good = {"replicas": 3, "readyReplicas": 2, "availableReplicas": 1, "collisionCount": 1}
    assert update_errors(kinds.DEPLOYMENT, old, {"status": good}, "status") == []
    assert update_errors(
        kinds.DEPLOYMENT, old, {"status": {"replicas": 1, "readyReplicas": 2}}, "status"
    ) == [
        "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas",
        "status.collisionCount: Invalid value: null: cannot be decremented",
    ]
    assert update_errors(kinds.REPLICA_SET, deployment(), {"status": {"replicas": -1}}, "status") == [
        "status.replicas: Invalid value: -1: must be greater than or equal to 0"
    ]
