"""What each filter rejects, and how it says so."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.scheduler.objects import HOSTNAME, ZONE, cluster, info, make_node
from tuik8s.scheduler.algorithm import Algorithm, Decision
from tuik8s.scheduler.plugins import default_plugins

if TYPE_CHECKING:
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot


def decide(pod: PodInfo, snapshot: Snapshot) -> Decision:
    return Algorithm(*default_plugins(lambda _: None), random.Random(1)).schedule(pod, snapshot)


def rejections(pod: PodInfo, snapshot: Snapshot) -> dict[str, str]:
    return {name: rejection.message for name, rejection in decide(pod, snapshot).rejections.items()}


def node_affinity(*requirements: dict[str, Any], field: str = "matchExpressions") -> dict[str, Any]:
    terms = [{field: [requirement]} for requirement in requirements]
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}


def pod_affinity(kind: str, app: str, key: str = HOSTNAME, **term: Any) -> dict[str, Any]:
    selector = {"matchLabels": {"app": app}}
    return {
        kind: {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": key, "labelSelector": selector, **term}
            ]
        }
    }


def spread(key: str = ZONE, **fields: Any) -> list[dict[str, Any]]:
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "a"}},
            **fields,
        }
    ]


def test_pods_that_name_a_node_go_nowhere_else() -> None:
    assert rejections(info("p", nodeName="b"), cluster(make_node("a"), make_node("b"))) == {
        "a": "node(s) didn't match the requested node name"
    }


def test_cordoned_nodes_take_only_pods_that_tolerate_it() -> None:
    snapshot = cluster(make_node("a", unschedulable=True))
    assert rejections(info("p"), snapshot) == {"a": "node(s) were unschedulable"}
    toleration = {"key": "node.kubernetes.io/unschedulable", "operator": "Exists"}
    assert decide(info("p", tolerations=[toleration]), snapshot).chosen == "a"


def test_taints_keep_pods_away_unless_tolerated() -> None:
    taint = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
    snapshot = cluster(make_node("a", taints=[taint]))
    decision = decide(info("p"), snapshot)
    assert decision.message == (
        "0/1 nodes are available: 1 node(s) had untolerated taint(s). "
        "preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
    )
    assert decision.rejections["a"].message == "node(s) had untolerated taint {gpu: yes}"
    toleration = {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}
    assert decide(info("p", tolerations=[toleration]), snapshot).chosen == "a"


def test_prefer_no_schedule_does_not_reject() -> None:
    taint = {"key": "old", "effect": "PreferNoSchedule"}
    snapshot = cluster(make_node("a", taints=[taint]), make_node("b"))
    assert decide(info("p"), snapshot).chosen == "b"


def test_node_selector_must_match() -> None:
    snapshot = cluster(make_node("a"), make_node("b", labels={"disk": "ssd"}))
    pod = info("p", nodeSelector={"disk": "ssd"})
    assert rejections(pod, snapshot) == {"a": "node(s) didn't match Pod's node affinity/selector"}


@pytest.mark.parametrize(
    ("operator", "values", "chosen"),
    [
        ("In", ["8", "9"], {"b"}),
        ("NotIn", ["8"], {"a", "c"}),
        ("Exists", [], {"b", "c"}),
        ("DoesNotExist", [], {"a"}),
        ("Gt", ["8"], {"c"}),
        ("Lt", ["16"], {"b"}),
    ],
)
def test_required_node_affinity(operator: str, values: list[str], chosen: set[str]) -> None:
    nodes = [make_node("a"), make_node("b", labels={"cores": "8"}), make_node("c", labels={"cores": "16"})]
    requirement = {"key": "cores", "operator": operator, "values": values}
    decision = decide(info("p", affinity=node_affinity(requirement)), cluster(*nodes))
    assert set(decision.feasible) == chosen


def test_terms_of_node_affinity_are_alternatives() -> None:
    terms = [{"key": "x", "operator": "Exists"}, {"key": "y", "operator": "Exists"}]
    nodes = [make_node("a", labels={"x": ""}), make_node("b", labels={"y": ""}), make_node("c")]
    assert decide(info("p", affinity=node_affinity(*terms)), cluster(*nodes)).feasible == ["a", "b"]


def test_pods_made_for_one_node_say_so() -> None:
    field = {"key": "metadata.name", "operator": "In", "values": ["b"]}
    pod = info("p", affinity=node_affinity(field, field="matchFields"))
    decision = decide(pod, cluster(make_node("a"), make_node("b", cpu="0")))
    assert decision.chosen == "b"
    assert decision.rejections["a"].message == "node(s) didn't satisfy plugin(s) [NodeAffinity]"


def test_host_ports_are_taken_once() -> None:
    ports = [{"containerPort": 80, "hostPort": 80}]
    snapshot = cluster(make_node("a"), a=[info("old", ports=ports)])
    assert rejections(info("p", ports=ports), snapshot) == {
        "a": "node(s) didn't have free ports for the requested pod ports"
    }
    other_protocol = [{"containerPort": 80, "hostPort": 80, "protocol": "UDP"}]
    assert decide(info("p", ports=other_protocol), snapshot).chosen == "a"
    snapshot.remove_pod("uid-old")
    assert decide(info("p", ports=ports), snapshot).chosen == "a"


def test_requests_must_be_free() -> None:
    old = info("old", requests={"cpu": "3", "memory": "1Gi"})
    snapshot = cluster(make_node("a"), make_node("b", cpu="1", memory="1Gi"), a=[old])
    decision = decide(info("p", requests={"cpu": "1500m", "memory": "2Gi"}), snapshot)
    assert decision.message == (
        "0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. preemption: "
        "0/2 nodes are available: 1 No preemption victims found for incoming pod, "
        "1 Preemption is not helpful for scheduling."
    )


def test_extended_resources_and_pod_counts_are_limits_too() -> None:
    snapshot = cluster(
        make_node("a", pods="1"), make_node("b", more={"example.com/gpu": "1"}), a=[info("old")]
    )
    decision = decide(info("p", requests={"example.com/gpu": "2"}), snapshot)
    assert {name: rejection.message for name, rejection in decision.rejections.items()} == {
        "a": "Too many pods, Insufficient example.com/gpu",
        "b": "Insufficient example.com/gpu",
    }


def test_init_containers_count_as_the_larger_and_sidecars_as_added() -> None:
    step = {"name": "i", "resources": {"requests": {"cpu": "3"}}}
    sidecar = {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "2"}}}
    pod = info("p", requests={"cpu": "1"}, initContainers=[step])
    assert pod.requests["cpu"] == 3000
    assert info("p", requests={"cpu": "2"}, initContainers=[sidecar]).requests["cpu"] == 4000


def test_never_preempting_pods_say_so() -> None:
    message = decide(info("p", requests={"cpu": "9"}, preemptionPolicy="Never"), cluster(make_node("a")))
    assert message.message.endswith(
        "Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never."
    )


def test_nothing_is_claimed_of_preemption_where_there_would_be_victims() -> None:
    snapshot = cluster(make_node("a"), a=[info("old", requests={"cpu": "4"})])
    message = decide(info("p", requests={"cpu": "1"}, priority=10), snapshot).message
    assert message == "0/1 nodes are available: 1 Insufficient cpu."


def test_no_nodes() -> None:
    assert decide(info("p"), cluster()).message == "no nodes available to schedule pods"


class TestInterPodAffinity:
    def zones(self, **pods: list[PodInfo]) -> Snapshot:
        nodes = [make_node(name, labels={ZONE: zone}) for name, zone in (("a", "1"), ("b", "1"), ("c", "2"))]
        return cluster(*nodes, **pods)

    def test_near(self) -> None:
        snapshot = self.zones(c=[info("old", labels={"app": "db"})])
        pod = info("p", affinity=pod_affinity("podAffinity", "db", ZONE))
        assert decide(pod, snapshot).feasible == ["c"]
        assert set(rejections(pod, snapshot).values()) == {"node(s) didn't match pod affinity rules"}

    def test_the_first_of_a_group_may_go_anywhere(self) -> None:
        affinity = pod_affinity("podAffinity", "db", ZONE)
        assert len(decide(info("p", labels={"app": "db"}, affinity=affinity), self.zones()).feasible) == 3
        assert decide(info("p", labels={"app": "x"}, affinity=affinity), self.zones()).chosen == ""

    def test_away_from_others(self) -> None:
        snapshot = self.zones(a=[info("old", labels={"app": "db"})])
        pod = info("p", affinity=pod_affinity("podAntiAffinity", "db", ZONE))
        assert decide(pod, snapshot).chosen == "c"
        assert set(rejections(pod, snapshot).values()) == {"node(s) didn't match pod anti-affinity rules"}

    def test_others_that_want_to_be_alone(self) -> None:
        loner = info("old", affinity=pod_affinity("podAntiAffinity", "web"))
        snapshot = self.zones(a=[loner])
        assert rejections(info("p", labels={"app": "web"}), snapshot) == {
            "a": "node(s) didn't satisfy existing pods anti-affinity rules"
        }
        snapshot.remove_pod(loner.uid)
        assert rejections(info("p", labels={"app": "web"}), snapshot) == {}

    def test_other_namespaces_count_only_when_selected(self) -> None:
        snapshot = self.zones(a=[info("old", namespace="prod", labels={"app": "db"})])
        snapshot.set_namespace("prod", {"tier": "prod"})
        own = info("p", affinity=pod_affinity("podAntiAffinity", "db"))
        assert rejections(own, snapshot) == {}
        for term in ({"namespaces": ["prod"]}, {"namespaceSelector": {"matchLabels": {"tier": "prod"}}}):
            pod = info("p", affinity=pod_affinity("podAntiAffinity", "db", **term))
            assert list(rejections(pod, snapshot)) == ["a"]

    def test_label_keys_narrow_a_term_to_one_revision(self) -> None:
        snapshot = self.zones(a=[info("old", labels={"app": "db", "rev": "1"})])
        affinity = pod_affinity("podAntiAffinity", "db", matchLabelKeys=["rev"])
        assert rejections(info("p", labels={"app": "db", "rev": "2"}, affinity=affinity), snapshot) == {}
        assert list(rejections(info("p", labels={"app": "db", "rev": "1"}, affinity=affinity), snapshot)) == [
            "a"
        ]


class TestPodTopologySpread:
    def zones(self, **pods: list[PodInfo]) -> Snapshot:
        nodes = [make_node(name, labels={ZONE: zone}) for name, zone in (("a", "1"), ("b", "1"), ("c", "2"))]
        return cluster(*nodes, make_node("d"), **pods)

    def test_skew(self) -> None:
        snapshot = self.zones(a=[info("old", labels={"app": "a"})])
        pod = info("p", labels={"app": "a"}, topologySpreadConstraints=spread())
        assert decide(pod, snapshot).chosen == "c"
        assert rejections(pod, snapshot) == {
            "a": "node(s) didn't match pod topology spread constraints",
            "b": "node(s) didn't match pod topology spread constraints",
            "d": "node(s) didn't match pod topology spread constraints (missing required label)",
        }

    def test_terminating_pods_do_not_count(self) -> None:
        old = info("old", labels={"app": "a"})
        snapshot = self.zones(a=[old])
        pod = info("p", labels={"app": "a"}, topologySpreadConstraints=spread())
        assert decide(pod, snapshot).feasible == ["c"]
        old.deleting = True
        snapshot = self.zones(a=[old])
        assert len(decide(pod, snapshot).feasible) == 3

    def test_too_few_domains_count_as_an_empty_one(self) -> None:
        snapshot = self.zones(a=[info("x", labels={"app": "a"})], c=[info("y", labels={"app": "a"})])
        pod = info("p", labels={"app": "a"}, topologySpreadConstraints=spread(minDomains=3))
        assert decide(pod, snapshot).feasible == []
        pod = info("p", labels={"app": "a"}, topologySpreadConstraints=spread(minDomains=2))
        assert len(decide(pod, snapshot).feasible) == 3

    def test_nodes_the_pod_may_not_use_are_left_out(self) -> None:
        snapshot = self.zones(a=[info("x", labels={"app": "a"})])
        here = {"nodeSelector": {ZONE: "1"}, "labels": {"app": "a"}}
        assert set(decide(info("p", topologySpreadConstraints=spread(), **here), snapshot).feasible) == {
            "a", "b",
        }  # fmt: skip
        ignoring = spread(nodeAffinityPolicy="Ignore")
        assert decide(info("p", topologySpreadConstraints=ignoring, **here), snapshot).feasible == []

    def test_tainted_nodes_count_unless_told_otherwise(self) -> None:
        taint = {"key": "t", "effect": "NoSchedule"}
        nodes = [make_node("a", labels={ZONE: "1"}), make_node("b", labels={ZONE: "2"}, taints=[taint])]
        snapshot = cluster(*nodes, a=[info("x", labels={"app": "a"})])
        counted = info("p", labels={"app": "a"}, topologySpreadConstraints=spread())
        assert decide(counted, snapshot).chosen == ""
        honoring = spread(nodeTaintsPolicy="Honor")
        left_out = info("p", labels={"app": "a"}, topologySpreadConstraints=honoring)
        assert decide(left_out, snapshot).chosen == "a"
