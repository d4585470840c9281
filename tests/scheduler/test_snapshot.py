"""The counts that are kept up are those one would count anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scheduler.objects import HOSTNAME, cluster, info, make_node
from tuik8s.scheduler.pod_counts import Clause
from tuik8s.scheduler.selector import selector_of

if TYPE_CHECKING:
    from tuik8s.scheduler.pod_info import PodInfo
    from tuik8s.scheduler.snapshot import Snapshot

NODES = ("a", "b", "c")
IMAGE = {"names": ["web:1"], "sizeBytes": 100}
QUESTIONS = [
    (Clause(frozenset(("default",)), selector_of({"matchLabels": {"app": app}})), deleting)
    for app in ("x", "y")
    for deleting in (True, False)
]


def make(number: int, app: str, deleting: bool) -> PodInfo:
    term = {"topologyKey": HOSTNAME, "labelSelector": {"matchLabels": {"app": app}}}
    affinity = {
        "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]},
        "podAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 3, "podAffinityTerm": term}]
        },
    }
    pod = info(
        f"p{number}", labels={"app": app}, requests={"cpu": f"{number + 1}00m"}, affinity=affinity,
        ports=[{"containerPort": 80, "hostPort": 8000 + number}],
    )  # fmt: skip
    pod.deleting = deleting
    return pod


def facts(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "nodes": {
            node.name: (
                sorted(node.pods), {k: v for k, v in node.requested.items() if v}, node.scoring_cpu,
                node.scoring_memory, sorted(node.ports), sorted(node.images),
            )
            for node in snapshot.nodes
        },
        "anti-affinity": snapshot.required_anti_affinity,
        "preferences": snapshot.preferences,
        "images": snapshot.image_nodes,
        "priorities": snapshot.priorities,
        "counts": [
            dict(snapshot.counts.of(clause, with_deleting=deleting)) for clause, deleting in QUESTIONS
        ],
    }  # fmt: skip


pods = st.tuples(st.integers(0, 5), st.sampled_from("xy"), st.booleans())
steps = st.one_of(
    st.tuples(st.sampled_from(["bind", "reserve"]), pods, st.sampled_from(NODES)),
    st.tuples(st.sampled_from(["remove", "unreserve"]), pods, st.just("")),
    st.tuples(st.sampled_from(["node", "lose"]), pods, st.sampled_from(NODES)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=30))
def test_kept_counts_are_what_counting_anew_gives(changes: list[Any]) -> None:
    snapshot = cluster(*(make_node(name, images=[IMAGE]) for name in NODES))
    facts(snapshot)  # asks all questions once, so that their answers are kept up from here on
    placed: dict[str, tuple[PodInfo, str]] = {}
    assumed: set[str] = set()
    nodes = set(NODES)
    for action, (number, app, deleting), node in changes:
        pod = make(number, app, deleting)
        if action in ("bind", "reserve"):
            (snapshot.set_pod if action == "bind" else snapshot.reserve)(pod, node)
            placed[pod.uid] = (pod, node)
            (assumed.add if action == "reserve" else assumed.discard)(pod.uid)
        elif action == "remove" or (action == "unreserve" and pod.uid in assumed):
            (snapshot.unreserve(pod) if action == "unreserve" else snapshot.remove_pod(pod.uid))
            placed.pop(pod.uid, None)
            assumed.discard(pod.uid)
        elif action == "unreserve":
            snapshot.unreserve(pod)
        elif action == "node":
            snapshot.set_node(make_node(node, images=[IMAGE]))
            nodes.add(node)
        elif node in nodes:
            snapshot.remove_node(node)
            nodes.discard(node)
    anew = cluster(*(make_node(name, images=[IMAGE]) for name in NODES if name in nodes))
    for pod, node in placed.values():
        anew.set_pod(pod, node)
    assert snapshot.assumed == len(assumed)
    kept, counted = facts(snapshot), facts(anew)
    assert kept == counted
