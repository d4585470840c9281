"""Restart rules, as pure functions."""

from __future__ import annotations

import pytest

from tests.kubelet.bench import container
from tuik8s.kubelet.actions import restart_policy, should_restart, spec_hash


@pytest.mark.parametrize(
    ("policy", "code", "again"),
    [
        ("Always", 0, True),
        ("Always", 1, True),
        ("OnFailure", 0, False),
        ("OnFailure", 1, True),
        ("Never", 0, False),
        ("Never", 1, False),
    ],
)
def test_restart_policies(policy: str, code: int, again: bool) -> None:
    assert should_restart({"spec": {"restartPolicy": policy}}, container(), code) is again


@pytest.mark.parametrize(
    ("operator", "code", "again"),
    [("In", 3, True), ("In", 4, False), ("NotIn", 3, False), ("NotIn", 4, True)],
)
def test_restart_rules_of_one_container(operator: str, code: int, again: bool) -> None:
    rule = {"action": "Restart", "exitCodes": {"operator": operator, "values": [3]}}
    spec = container(restartPolicy="Never", restartPolicyRules=[rule])
    assert should_restart({"spec": {"restartPolicy": "Always"}}, spec, code) is again


def test_a_containers_own_policy_comes_first() -> None:
    assert restart_policy({"spec": {"restartPolicy": "Never"}}, {"restartPolicy": "Always"}) == "Always"
    assert restart_policy({"spec": {}}, {}) == "Always"


def test_only_name_and_image_make_another_container() -> None:
    assert spec_hash(container(env=[{"name": "A", "value": "b"}])) == spec_hash(container())
    assert spec_hash(container(image="other")) != spec_hash(container())
