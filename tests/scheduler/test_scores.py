"""How nodes are ranked, in numbers worked out by hand from kube-scheduler's formulas."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.scheduler.objects import HOSTNAME, ZONE, cluster, info, make_node
from tuik8s.scheduler.algorithm import Algorithm, feasible_nodes_to_find
from tuik8s.scheduler.plugins import default_plugins

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot


def scores(pod: PodInfo, snapshot: Snapshot, selector: Obj | None = None) -> dict[str, list[int]]:
    plugins = default_plugins(lambda _: selector)
    return Algorithm(*plugins, random.Random(1)).schedule(pod, snapshot).scores


def preferred_pods(app: str, weight: int = 1, key: str = HOSTNAME) -> list[dict[str, Any]]:
    term = {"topologyKey": key, "labelSelector": {"matchLabels": {"app": app}}}
    return [{"weight": weight, "podAffinityTerm": term}]


def test_least_allocated_is_the_mean_of_what_is_left() -> None:
    busy = info("old", requests={"cpu": "2", "memory": "2Gi"})
    snapshot = cluster(make_node("a"), make_node("b"), a=[busy])
    # a: cpu (4000-3000)/4000 = 25, memory (8-4)/8 = 50; b: 75 and 75.
    assert scores(info("p", requests={"cpu": "1", "memory": "2Gi"}), snapshot)["NodeResourcesFit"] == [37, 75]


def test_pods_that_ask_for_nothing_count_as_a_little() -> None:
    snapshot = cluster(make_node("a", cpu="1", memory="2000Mi"), make_node("b", cpu="1", memory="2000Mi"))
    # 100m of 1 and 200Mi of 2000Mi.
    result = scores(info("p"), snapshot)
    assert result["NodeResourcesFit"] == [90, 90]
    assert "NodeResourcesBalancedAllocation" not in result


def test_balance() -> None:
    busy = info("old", requests={"cpu": "2"})
    snapshot = cluster(make_node("a"), make_node("b"), a=[busy])
    # a: 3/4 cpu, 2/8 memory: 1 - 0.5/2; b: 1/4 and 1/4.
    result = scores(info("p", requests={"cpu": "1", "memory": "2Gi"}), snapshot)
    assert result["NodeResourcesBalancedAllocation"] == [75, 100]


def test_soft_taints_weigh_three() -> None:
    taints = [{"key": key, "effect": "PreferNoSchedule"} for key in "xy"]
    nodes = [make_node("a", taints=taints), make_node("b", taints=taints[:1]), make_node("c")]
    assert scores(info("p"), cluster(*nodes))["TaintToleration"] == [0, 150, 300]


def test_preferred_node_affinity_weighs_two() -> None:
    def term(key: str, weight: int) -> dict[str, Any]:
        return {"weight": weight, "preference": {"matchExpressions": [{"key": key, "operator": "Exists"}]}}

    nodes = [make_node("a", labels={"x": ""}), make_node("b", labels={"x": "", "y": ""}), make_node("c")]
    preferred = [term("x", 10), term("y", 30)]
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}
    assert scores(info("p", affinity=affinity), cluster(*nodes))["NodeAffinity"] == [50, 200, 0]


def test_images_that_are_there() -> None:
    image = {"names": ["web:1"], "sizeBytes": 1000 * 1024 * 1024}
    snapshot = cluster(make_node("a", images=[image]), make_node("b"))
    # Half the nodes have it, so half its size counts: (500 - 23) / (1000 - 23).
    assert scores(info("p", image="web:1"), snapshot)["ImageLocality"] == [48, 0]


def test_images_without_tag_are_latest() -> None:
    image = {"names": ["registry:5000/web:latest"], "sizeBytes": 1000 * 1024 * 1024}
    snapshot = cluster(make_node("a", images=[image]), make_node("b"))
    assert scores(info("p", image="registry:5000/web"), snapshot)["ImageLocality"] == [48, 0]


def test_near_and_away_by_preference() -> None:
    old = info("old", labels={"app": "db"})
    snapshot = cluster(make_node("a"), make_node("b"), a=[old])
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": preferred_pods("db")}
    assert scores(info("p", affinity={"podAffinity": preferred}), snapshot)["InterPodAffinity"] == [200, 0]
    assert scores(info("p", affinity={"podAntiAffinity": preferred}), snapshot)["InterPodAffinity"] == [
        0, 200,
    ]  # fmt: skip


def test_preferences_of_existing_pods_count_for_the_new_one() -> None:
    preferred = {"preferredDuringSchedulingIgnoredDuringExecution": preferred_pods("web", 5)}
    old = info("old", affinity={"podAntiAffinity": preferred})
    snapshot = cluster(make_node("a"), make_node("b"), a=[old])
    assert scores(info("p", labels={"app": "web"}), snapshot)["InterPodAffinity"] == [0, 200]
    assert "InterPodAffinity" not in scores(info("p", labels={"app": "x"}), snapshot)


def test_spreading_as_far_as_it_goes() -> None:
    old = [info(f"old-{i}", labels={"app": "a"}) for i in range(2)]
    nodes = [make_node("a", labels={ZONE: "1"}), make_node("b", labels={ZONE: "2"}), make_node("c")]
    constraint = {
        "maxSkew": 1, "topologyKey": ZONE, "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"app": "a"}},
    }  # fmt: skip
    pod = info("p", labels={"app": "a"}, topologySpreadConstraints=[constraint])
    # Two pods times log(2 + 2) is 3 rounded for a, 0 for b; c lacks the label.
    assert scores(pod, cluster(*nodes, a=old))["PodTopologySpread"] == [0, 200, 0]


def test_pods_of_a_service_are_spread_by_default() -> None:
    old = [info("old", labels={"app": "a"})]
    snapshot = cluster(make_node("a"), make_node("b"), a=old)
    result = scores(info("p", labels={"app": "a"}), snapshot, {"matchLabels": {"app": "a"}})
    # Per hostname 1 * log(4) + 2 = 3 and 2: of 3 + 2.
    assert result["PodTopologySpread"] == [132, 200]


def test_counts_follow_pods_that_come_and_go() -> None:
    snapshot = cluster(make_node("a"), make_node("b"))
    plugins, selector = default_plugins(lambda _: {"matchLabels": {"app": "a"}}), {"app": "a"}
    algorithm = Algorithm(*plugins, random.Random(1))
    for number in range(10):
        pod = info(f"p{number}", labels=selector)
        snapshot.reserve(pod, algorithm.schedule(pod, snapshot).chosen)
    assert [len(node.pods) for node in snapshot.nodes] == [5, 5]
    for pod in list(snapshot.nodes[0].pods.values()):
        snapshot.unreserve(pod)
    assert algorithm.schedule(info("q", labels=selector), snapshot).chosen == "a"


def test_ties_are_broken_by_the_random_source() -> None:
    snapshot = cluster(*(make_node(name) for name in "abcd"))

    def choices(seed: int) -> list[str]:
        algorithm = Algorithm(*default_plugins(lambda _: None), random.Random(seed))
        return [algorithm.schedule(info("p"), snapshot).chosen for _ in range(20)]

    assert choices(1) == choices(1)
    assert set(choices(1)) == set("abcd")


def test_large_clusters_are_searched_in_part_and_in_turn() -> None:
    assert [feasible_nodes_to_find(n) for n in (3, 99, 100, 200, 1000, 6000)] == [3, 99, 100, 100, 420, 300]
    snapshot = cluster(*(make_node(f"n{i:03}", labels={ZONE: str(i % 2)}) for i in range(300)))
    algorithm = Algorithm(*default_plugins(lambda _: None), random.Random(1))
    first, second = (algorithm.schedule(info("p"), snapshot).feasible for _ in range(2))
    assert len(first) == len(second) == 144
    assert not set(first) & set(second)
    assert snapshot.nodes[0].labels[ZONE] != snapshot.nodes[1].labels[ZONE]
