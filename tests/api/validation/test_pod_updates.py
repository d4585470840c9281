from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.objects import container, pod, update_errors
from tuik8s.api import kinds

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

REFUSAL = (
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to "
    "existing "
    "tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
    "negative)\n"
)
MIRROR = {"kubernetes.io/config.mirror": "x"}
OLD = pod(
    container(),
    initContainers=[container(name="setup")],
    tolerations=[{"key": "a", "operator": "Exists", "effect": "NoExecute"}],
    activeDeadlineSeconds=100,
)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"metadata.labels": {"a": "b"}},
        {"spec.containers.0.image": "nginx:2", "spec.initContainers.0.image": "busybox:1"},
        {"spec.activeDeadlineSeconds": 50},
        {
            "spec.tolerations": [
                {"key": "b", "operator": "Exists"},
                {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5},
            ]
        },
    ],
)
def test_what_may_change(change: Obj) -> None:
    assert update_errors(kinds.POD, OLD, change) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"spec.nodeName": "n1"}, '  spec.nodeName: (unset) -> "n1"\n'),
        (
            {"spec.containers.0.command": ["sh"]},
            '  spec.containers[0].command: (unset) -> ["sh"]\n',
        ),
        ({"spec.hostNetwork": True}, "  spec.hostNetwork: (unset) -> true\n"),
        ({"spec.terminationGracePeriodSeconds": 1}, "  spec.terminationGracePeriodSeconds: 30 -> 1\n"),
    ],
)
def test_what_may_not_change(change: Obj, difference: str) -> None:
    assert update_errors(kinds.POD, OLD, change) == [REFUSAL + difference]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"spec.containers": [container(), container(name="b")]},
            "spec.containers: Forbidden: pod updates may not add or remove containers",
        ),
        ({"spec.containers.0.image": ""}, "spec.containers[0].image: Required value"),
        (
            {"spec.activeDeadlineSeconds": 200},
            "spec.activeDeadlineSeconds: Invalid value: 200: must be less than or equal to previous value",
        ),
        (
            {"spec.activeDeadlineSeconds": None},
            "spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to "
            "nil value",
        ),
        (
            {"spec.tolerations": []},
            "spec.tolerations: Forbidden: existing toleration can not be modified except its "
            "tolerationSeconds",
        ),
    ],
)
def test_changes_with_words_of_their_own(change: Obj, expected: str) -> None:
    assert expected in update_errors(kinds.POD, OLD, change)


def test_a_negative_grace_period_may_become_one() -> None:
    old = pod(terminationGracePeriodSeconds=-1)
    assert update_errors(kinds.POD, old, {"spec.terminationGracePeriodSeconds": 1}) == []


def test_gated_pods() -> None:
    gates = [{"name": "example.com/a"}, {"name": "example.com/b"}]
    old = pod(schedulingGates=gates, nodeSelector={"a": "b"})
    assert update_errors(kinds.POD, old, {"spec.schedulingGates": gates[:1]}) == []
    assert update_errors(kinds.POD, old, {"spec.nodeSelector": {"a": "b", "c": "d"}}) == []
    assert update_errors(kinds.POD, old, {"spec.nodeSelector": {"c": "d"}}) != []
    assert update_errors(kinds.POD, old, {"spec.schedulingGates": [{"name": "example.com/c"}]}) == [
        "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate "
        "'example.com/c'"
    ]


def _status(code: int | None) -> list[Obj]:
    state = {"running": {}} if code is None else {"terminated": {"exitCode": code}}
    return [{"name": "web", "state": state, "ready": False, "restartCount": 0, "image": "", "imageID": ""}]


@pytest.mark.parametrize(
    ("policy", "code", "allowed"),
    [
        ("Always", 0, True),
        ("OnFailure", 1, True),
        ("OnFailure", 0, False),
        ("Never", 0, False),
        ("Never", 1, False),
    ],
)
def test_ended_containers_stay_ended(policy: str, code: int, *, allowed: bool) -> None:
    old = {**pod(restartPolicy=policy), "status": {"containerStatuses": _status(code)}}
    errors = update_errors(kinds.POD, old, {"status.containerStatuses": _status(None)}, "status")
    refusal = "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"
    assert errors == ([] if allowed else [refusal])


def test_status_updates() -> None:
    old = {**pod(), "status": {"qosClass": "BestEffort"}}
    assert update_errors(kinds.POD, old, {"status.phase": "Running"}, "status") == []
    assert update_errors(kinds.POD, old, {"status.qosClass": "Burstable"}, "status") == [
        'status.qosClass: Invalid value: "Burstable": field is immutable'
    ]
    assert update_errors(kinds.POD, old, {"spec.nodeName": "n1"}, "status") == [
        "status.nodeName: Forbidden: may not be changed directly"
    ]
    (error,) = update_errors(kinds.POD, old, {"status.podIPs": [{"ip": "x"}]}, "status")
    assert error.startswith('status.podIPs[0]: Invalid value: "x": must be a valid IP address')


@pytest.mark.parametrize("subresource", ["", "status"])
def test_a_mirror_stays_one(subresource: str) -> None:
    key = "metadata.annotations"
    mirror, plain = ({**pod(), "metadata": {**pod()["metadata"], "annotations": a}} for a in (MIRROR, {}))
    assert update_errors(kinds.POD, mirror, {key: {**MIRROR, "a": "b"}}, subresource) == []
    for old, new, what in ((mirror, {}, "remove or update"), (plain, MIRROR, "add"),
                           (mirror, dict.fromkeys(MIRROR, "y"), "remove or update")):  # fmt: skip
        assert update_errors(kinds.POD, old, {key: new}, subresource) == [
            "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: "
            f"may not {what} mirror pod annotation"
        ]


def test_ephemeral_containers_may_only_be_added() -> None:
    debug = {
        "name": "debug",
        "image": "busybox:1",
        "imagePullPolicy": "Always",
        "terminationMessagePolicy": "File",
    }
    added = {"spec.ephemeralContainers": [debug]}
    assert update_errors(kinds.POD, pod(), added, "ephemeralcontainers") == []
    old = pod(ephemeralContainers=[debug])
    assert update_errors(kinds.POD, old, {"spec.ephemeralContainers": []}, "ephemeralcontainers") == [
        'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debug" may not be removed\n'
    ]
    (error,) = update_errors(
        kinds.POD, old, {"spec.ephemeralContainers.0.image": "busybox:2"}, "ephemeralcontainers"
    )
    assert 'existing ephemeral containers "debug" may not be changed' in error


def test_resize() -> None:
    amounts = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
    old = pod(container(resources=amounts))
    path = "spec.containers.0.resources"
    assert update_errors(kinds.POD, old, {f"{path}.requests.cpu": "200m"}, "resize") == []
    assert update_errors(kinds.POD, old, {f"{path}.limits.memory": "64Mi"}, "resize") == [
        "spec.containers[0].resources.limits[memory]: Forbidden: memory limits cannot be decreased unless "
        "resizePolicy is RestartContainer"
    ]
    assert update_errors(kinds.POD, old, {f"{path}.requests.cpu": None}, "resize") == [
        "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"
    ]
    assert update_errors(kinds.POD, old, {"spec.containers.0.image": "b"}, "resize") == [
        "spec: Forbidden: only cpu and memory resources are mutable"
    ]
