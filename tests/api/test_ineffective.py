"""What is stored but changes nothing is named, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tuik8s.api.ineffective import ineffective_fields

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def pod(**spec: object) -> Obj:
    return {"kind": "Pod", "spec": {"containers": [{"name": "a", "image": "a"}], **spec}}


def with_container(**fields: object) -> Obj:
    return pod(containers=[{"name": "a", "image": "a", **fields}])


@pytest.mark.parametrize(
    ("obj", "path"),
    [
        (pod(runtimeClassName="gvisor"), "spec.runtimeClassName"),
        (pod(resources={"limits": {"cpu": "1"}}), "spec.resources"),
        (pod(resourceClaims=[{"name": "gpu"}]), "spec.resourceClaims"),
        (pod(hostUsers=False), "spec.hostUsers"),
        (
            pod(securityContext={"seccompProfile": {"type": "Localhost"}}),
            "spec.securityContext.seccompProfile.type",
        ),
        (
            with_container(securityContext={"seLinuxOptions": {"level": "s0"}}),
            "spec.containers[0].securityContext.seLinuxOptions",
        ),
        (
            with_container(securityContext={"procMount": "Unmasked"}),
            "spec.containers[0].securityContext.procMount",
        ),
        (
            with_container(volumeMounts=[{"name": "x"}, {"name": "y", "mountPropagation": "Bidirectional"}]),
            "spec.containers[0].volumeMounts[1].mountPropagation",
        ),
        (
            with_container(resources={"limits": {"ephemeral-storage": "1Gi"}}),
            "spec.containers[0].resources.limits.ephemeral-storage",
        ),
    ],
)  # fmt: skip
def test_a_field_is_named_with_its_path(obj: Obj, path: str) -> None:
    assert [text.partition(": ")[0] for text in ineffective_fields("Pod", obj)] == [path]


@pytest.mark.parametrize(
    "obj",
    [
        pod(),
        pod(
            hostUsers=True, imagePullSecrets=[{"name": "a"}], resources={}, automountServiceAccountToken=False
        ),
        with_container(
            securityContext={"seccompProfile": {"type": "RuntimeDefault"}, "procMount": "Default"},
            volumeMounts=[{"name": "x", "mountPropagation": "None"}],
        ),
        {"kind": "Pod", "spec": None},
    ],
)
def test_what_happens_anyway_is_not_warned_of(obj: Obj) -> None:
    assert ineffective_fields("Pod", obj) == []


def test_templates_are_looked_into() -> None:
    spec = pod(runtimeClassName="gvisor")["spec"]
    found = ineffective_fields("Deployment", {"spec": {"template": {"spec": spec}}})
    assert [text.partition(": ")[0] for text in found] == ["spec.template.spec.runtimeClassName"]
    assert ineffective_fields("ConfigMap", {"spec": {"template": {"spec": spec}}}) == []
