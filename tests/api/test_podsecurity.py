"""The Pod Security Standards: which pods break which rule, since which release, and what the labels mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api.podsecurity import LABEL_PREFIX, Policy, Standard, policy_of, text_of

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

GOOD_CONTEXT = {
    "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}  # fmt: skip
ESCALATION = 'allowPrivilegeEscalation != false (container "a" must set'
OUTSIDE = 'probe or lifecycle host (container "a" uses probe or lifecycle host "evil")'


def container(name: str = "a", **fields: Any) -> Obj:
    return {"name": name, "image": "x", **fields}


def spec(*containers: Obj, **fields: Any) -> Obj:
    return {"containers": list(containers) or [container()], **fields}


def secured(**context: Any) -> Obj:
    return spec(container(securityContext=context))


def text(level: str, pod: Obj, minor: int | None = None, annotations: Obj | None = None) -> str:
    return text_of(Standard(level, minor).violations({"annotations": annotations}, pod))


@pytest.mark.parametrize(
    ("pod", "message"),
    [
        (
            secured(appArmorProfile={"type": "Unconfined"}),
            'forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")',
        ),
        (
            spec(
                container(securityContext={"capabilities": {"add": ["SYS_ADMIN", "CHOWN"]}}),
                container("b", securityContext={"capabilities": {"add": ["NET_RAW"]}}),
            ),
            'non-default capabilities (containers "a", "b" must not include "NET_RAW", "SYS_ADMIN" in '
            "securityContext.capabilities.add)",
        ),
        (
            spec(hostNetwork=True, hostPID=True),
            "host namespaces (hostNetwork=true, hostPID=true)",
        ),
        (
            spec(volumes=[{"name": "v", "hostPath": {}}, {"name": "w", "hostPath": {}}]),
            'hostPath volumes (volumes "v", "w")',
        ),
        (
            spec(
                container(ports=[{"hostPort": 80}, {"hostPort": 443}]),
                container("b", ports=[{"hostPort": 8}]),
            ),
            'hostPort (containers "a", "b" use hostPorts 443, 8, 80)',
        ),
        (spec(container(livenessProbe={"httpGet": {"host": "evil"}})), OUTSIDE),
        (spec(container(lifecycle={"preStop": {"tcpSocket": {"host": "evil"}}})), OUTSIDE),
        (secured(privileged=True), 'privileged (container "a" must not set securityContext.privileged=true)'),
        (
            secured(procMount="Unmasked"),
            'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
        ),
        (
            secured(seLinuxOptions={"type": "other_t", "role": "r"}),
            'seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "other_t"; '
            "role may not be set)",
        ),
        (
            {
                **secured(seccompProfile={"type": "Other"}),
                "securityContext": {"seccompProfile": {"type": "U"}},
            },
            'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to '
            '"Other", "U")',
        ),
        (
            spec(securityContext={"sysctls": [{"name": "kernel.msgmax"}, {"name": "net.ipv4.tcp_wmem"}]}),
            "forbidden sysctls (kernel.msgmax)",
        ),
        (
            spec(securityContext={"windowsOptions": {"hostProcess": True}}),
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ),
    ],
)  # fmt: skip
def test_what_the_baseline_forbids(pod: Obj, message: str) -> None:
    assert text("baseline", pod) == message
    assert text("privileged", pod) == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"allowPrivilegeEscalation": None},
            f"{ESCALATION} securityContext.allowPrivilegeEscalation=false)",
        ),
        (
            {"capabilities": {"drop": ["KILL"], "add": ["CHOWN", "NET_BIND_SERVICE"]}},
            'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]; '
            'container "a" must not include "CHOWN" in securityContext.capabilities.add)',
        ),
        (
            {"runAsNonRoot": None},
            'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true)',
        ),
        (
            {"runAsNonRoot": False, "runAsUser": 0},
            'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false), '
            'runAsUser=0 (container "a" must not set runAsUser=0)',
        ),
        (
            {"seccompProfile": None},
            'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to '
            '"RuntimeDefault" or "Localhost")',
        ),
        ({}, ""),
    ],
)
def test_what_the_restricted_standard_forbids_too(changes: Obj, message: str) -> None:
    context = {key: value for key, value in (GOOD_CONTEXT | changes).items() if value is not None}
    assert text("restricted", secured(**context)) == message


def test_restricted_volumes() -> None:
    volumes = [{"name": "n", "nfs": {}}, {"name": "h", "hostPath": {}}, {"name": "e", "emptyDir": {}}]
    assert text("restricted", {**secured(**GOOD_CONTEXT), "volumes": volumes}) == (
        'restricted volume types (volumes "n", "h" use restricted volume types "hostPath", "nfs")'
    )


def test_the_pod_speaks_for_its_containers() -> None:
    pod = secured(allowPrivilegeEscalation=False, capabilities={"drop": ["ALL"]})
    pod["securityContext"] = {"runAsNonRoot": True, "seccompProfile": {"type": "Localhost"}}
    assert text("restricted", pod) == ""


@pytest.mark.parametrize("field", ["initContainers", "ephemeralContainers"])
def test_every_container_counts(field: str) -> None:
    bad = container("b", securityContext={"privileged": True})
    assert 'container "b"' in text("baseline", spec(**{field: [bad]}))


@pytest.mark.parametrize(
    ("level", "pod", "allowed_in", "forbidden_in"),
    [
        ("baseline", spec(container(livenessProbe={"tcpSocket": {"host": "evil"}})), 33, 34),
        ("baseline", spec(securityContext={"sysctls": [{"name": "net.ipv4.tcp_rmem"}]}), 32, 31),
        ("baseline", secured(seLinuxOptions={"type": "container_engine_t"}), 31, 30),
        ("baseline", secured(seccompProfile={"type": "Unconfined"}), 18, 19),
        ("baseline", {**secured(procMount="Unmasked"), "hostUsers": False}, 35, 34),
        ("restricted", secured(**{**GOOD_CONTEXT, "runAsUser": 0}), 22, 23),
        ("restricted", {**secured(runAsNonRoot=True), "os": {"name": "windows"}}, 25, 24),
    ],
)
def test_rules_have_changed_with_releases(level: str, pod: Obj, allowed_in: int, forbidden_in: int) -> None:
    assert text(level, pod, allowed_in) == ""
    assert text(level, pod, forbidden_in) != ""


def test_annotations_of_old() -> None:
    seccomp = {"container.seccomp.security.alpha.kubernetes.io/a": "unconfined"}
    assert text("baseline", spec(), 18, seccomp) == (
        'seccompProfile (forbidden annotation container.seccomp.security.alpha.kubernetes.io/a="unconfined")'
    )
    armour = {"container.apparmor.security.beta.kubernetes.io/a": "unconfined"}
    assert text("baseline", spec(), annotations=armour).startswith(
        "forbidden AppArmor profile (annotation must not set"
    )


def test_a_release_to_come_has_the_rules_of_this_one() -> None:
    assert text("restricted", spec(), 999) == text("restricted", spec())


RESTRICTED, BASELINE, BASELINE_25 = Standard("restricted"), Standard("baseline"), Standard("baseline", 25)


@pytest.mark.parametrize(
    ("labels", "policy"),
    [
        ({}, Policy()),
        ({"enforce": "baseline"}, Policy(BASELINE, BASELINE)),
        ({"enforce": "baseline", "warn": "restricted"}, Policy(BASELINE, RESTRICTED)),
        ({"enforce": "restricted", "warn": "privileged"}, Policy(RESTRICTED, Standard())),
        ({"enforce": "baseline", "enforce-version": "v1.25"}, Policy(BASELINE_25, BASELINE_25)),
        ({"audit": "restricted"}, Policy()),
    ],
)
def test_labels(labels: dict[str, str], policy: Policy) -> None:
    found = policy_of({"app": "x", **{LABEL_PREFIX + name: value for name, value in labels.items()}})
    assert found == policy


def test_labels_that_cannot_be_read_are_enforced_strictly() -> None:
    labels = {"enforce": "strict", "warn": "loud", "audit-version": "1.2"}
    policy = policy_of({LABEL_PREFIX + name: value for name, value in labels.items()})
    assert (policy.enforce, policy.warn) == (RESTRICTED, Standard())
    assert [str(error) for error in policy.errors] == [
        'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of '
        "privileged, baseline, restricted",
        'metadata.labels[pod-security.kubernetes.io/audit-version]: Invalid value: "1.2": must be '
        '"latest" or "v1.x"',
        'metadata.labels[pod-security.kubernetes.io/warn]: Invalid value: "loud": must be one of privileged, '
        "baseline, restricted",
    ]
