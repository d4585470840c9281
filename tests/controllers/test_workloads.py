"""The rules that Deployment, ReplicaSet and interface share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.controllers.machinery import deployment
from tuik8s.api.clock import timestamp
from tuik8s.api.objects import copy
from tuik8s.api.workloads import (
    RollbackRefused,
    find_revision,
    is_complete,
    max_surge,
    max_unavailable,
    new_replica_set_size,
    restart_patch,
    revisions,
    rollback_patch,
    same_template,
)
from tuik8s.controllers.deployment.annotations import HISTORY_LENGTH, new_replica_set_annotations
from tuik8s.controllers.deployment.scaling import proportional_sizes
from tuik8s.controllers.replicaset.ranking import deletion_cost, pods_to_delete

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def rolling(replicas: int, surge: int | str, unavailable: int | str) -> Obj:
    limits = {"maxSurge": surge, "maxUnavailable": unavailable}
    return deployment(replicas=replicas, strategy={"type": "RollingUpdate", "rollingUpdate": limits})


def replica_set(
    owner: Obj, image: str, revision: int, *, replicas: int = 0, annotations: dict[str, str] | None = None
) -> Obj:
    template = copy(owner["spec"]["template"])
    template["spec"]["containers"][0]["image"] = image
    template["metadata"]["labels"]["pod-template-hash"] = f"hash{revision}"
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"web-hash{revision}",
            "namespace": "default",
            "uid": f"rs-{revision}",
            "creationTimestamp": timestamp(NOW + timedelta(minutes=revision)),
            "annotations": {"deployment.kubernetes.io/revision": str(revision), **(annotations or {})},
            "ownerReferences": [{"uid": "d-1", "controller": True, "kind": "Deployment", "name": "web"}],
        },
        "spec": {"replicas": replicas, "template": template},
    }


def web(image: str = "web:3") -> Obj:
    made = deployment(image=image)
    made["metadata"]["uid"] = "d-1"
    return made


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (10, "25%", "25%", (3, 2)),
        (1, "25%", "25%", (1, 0)),
        (3, 0, "30%", (0, 1)),
        (5, 0, "0%", (0, 1)),
        (2, 1, 5, (1, 2)),
        (0, 1, 1, (1, 0)),
    ],
)
def test_surge_rounds_up_and_unavailable_down(
    replicas: int, surge: int | str, unavailable: int | str, expected: tuple[int, int]
) -> None:
    wanted = rolling(replicas, surge, unavailable)
    assert (max_surge(wanted), max_unavailable(wanted)) == expected


def test_recreate_knows_no_limits() -> None:
    wanted = deployment(replicas=4, strategy={"type": "Recreate"})
    assert (max_surge(wanted), max_unavailable(wanted)) == (0, 0)


@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 60), st.integers(1, 10), st.integers(0, 10))
def test_a_new_replica_set_never_grows_beyond_the_limit(
    replicas: int, old: int, new: int, surge: int, unavailable: int
) -> None:
    wanted = rolling(replicas, surge, unavailable)
    new_set = {"spec": {"replicas": min(new, replicas)}}
    size = new_replica_set_size(wanted, [{"spec": {"replicas": old}}, new_set], new_set)
    assert size <= replicas
    assert size == new_set["spec"]["replicas"] or old + size <= replicas + surge


@given(st.integers(0, 40), st.lists(st.integers(1, 30), min_size=2, max_size=5), st.integers(1, 10))
def test_sharing_out_a_new_size_adds_up(replicas: int, sizes: list[int], surge: int) -> None:
    wanted = rolling(replicas, surge, 1)
    owner = web()
    annotations = {"deployment.kubernetes.io/max-replicas": str(sum(sizes))}
    sets = [
        replica_set(owner, f"web:{number}", number, replicas=size, annotations=annotations)
        for number, size in enumerate(sizes)
    ]
    shared = proportional_sizes(wanted, sets)
    assert all(size >= 0 for size in shared.values())
    total, allowed = sum(shared.values()), replicas + surge if replicas else 0
    # What rounding leaves over is taken from the largest alone, which cannot give more than it has.
    assert total == allowed or (total > allowed and 0 in shared.values())


def test_the_history_is_sorted_and_names_the_current_one() -> None:
    owner = web("web:3")
    sets = [
        replica_set(owner, "web:1", 1, annotations={"kubernetes.io/change-cause": "first"}),
        replica_set(owner, "web:3", 3, replicas=2),
        replica_set(owner, "web:2", 2),
    ]
    stranger = replica_set(owner, "web:9", 9)
    stranger["metadata"]["ownerReferences"][0]["uid"] = "another"
    history = revisions(owner, [*sets, stranger])
    assert [item.number for item in history] == [3, 2, 1]
    assert [item.current for item in history] == [True, False, False]
    assert history[2].change_cause == "first"
    assert history[0].replicas == 2
    assert "pod-template-hash" not in history[0].template["metadata"]["labels"]


def test_rolling_back_restores_template_and_change_cause() -> None:
    owner = web("web:2")
    owner["metadata"]["annotations"] = {
        "deployment.kubernetes.io/revision": "2",
        "kubernetes.io/change-cause": "second",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
    }
    first = replica_set(owner, "web:1", 1, annotations={"kubernetes.io/change-cause": "first"})
    second = replica_set(owner, "web:2", 2)
    assert find_revision(owner, [second, first]) is first
    template, annotations = rollback_patch(owner, first)
    assert template["path"] == "/spec/template"
    assert template["value"]["spec"]["containers"][0]["image"] == "web:1"
    assert template["value"]["metadata"]["labels"] == {"app": "web"}
    assert annotations["value"] == {
        "deployment.kubernetes.io/revision": "2",
        "kubernetes.io/change-cause": "first",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
    }
    assert first["spec"]["template"]["metadata"]["labels"]["pod-template-hash"] == "hash1"


def test_rollbacks_are_refused_in_kubectls_words() -> None:
    owner = web("web:3")
    only = replica_set(owner, "web:3", 3)
    with pytest.raises(RollbackRefused, match=r"^unable to find specified revision 7 in history$"):
        find_revision(owner, [only], 7)
    with pytest.raises(RollbackRefused, match=r'^no rollout history found for deployment "web"$'):
        find_revision(owner, [only])
    with pytest.raises(
        RollbackRefused, match=r"^skipped rollback \(current template already matches revision 3\)$"
    ):
        rollback_patch(owner, only)
    owner["spec"]["paused"] = True
    with pytest.raises(RollbackRefused, match=r"^you cannot rollback a paused deployment; resume it first"):
        rollback_patch(owner, only)


def test_templates_are_compared_by_meaning() -> None:
    owner = web()
    one = copy(owner["spec"]["template"])
    other = copy(one)
    other["metadata"]["labels"]["pod-template-hash"] = "x"
    other["metadata"]["creationTimestamp"] = None
    other["spec"]["volumes"] = []
    assert same_template(one, other)
    other["spec"]["containers"][0]["image"] = "web:4"
    assert not same_template(one, other)


def test_restarting_stamps_the_template() -> None:
    stamped = restart_patch(NOW)["spec"]["template"]["metadata"]["annotations"]
    assert stamped == {"kubectl.kubernetes.io/restartedAt": "2026-01-01T12:00:00Z"}


def test_complete_means_observed_too() -> None:
    wanted = web()
    wanted["metadata"]["generation"] = 2
    counts = {"updatedReplicas": 2, "replicas": 2, "availableReplicas": 2}
    assert is_complete(wanted, {**counts, "observedGeneration": 2})
    assert not is_complete(wanted, {**counts, "observedGeneration": 1})
    assert not is_complete(wanted, {**counts, "observedGeneration": 2, "replicas": 3})


def test_the_revision_history_annotation_is_bounded() -> None:
    owner = web()
    item = replica_set(owner, "web:1", 1)
    for revision in range(2, 1200, 2):
        annotations = new_replica_set_annotations(owner, item, revision)
        item = copy(item)
        item["metadata"]["annotations"] = annotations
    history = item["metadata"]["annotations"]["deployment.kubernetes.io/revision-history"]
    assert len(history) <= HISTORY_LENGTH
    assert history.endswith(",1194,1196")
    lower = new_replica_set_annotations(owner, item, 5)
    assert lower["deployment.kubernetes.io/revision"] == "1198", "revisions never fall"


class TestRanking:
    """Which pods go first."""

    @staticmethod
    def pod(name: str, *, node: str = "a", phase: str = "Running", ready: float = 100, **fields: Any) -> Obj:
        """`ready`: for how many seconds; 0 for not ready."""
        when = timestamp(NOW - timedelta(seconds=ready))
        conditions = [{"type": "Ready", "status": str(ready > 0), "lastTransitionTime": when}]
        return {
            "metadata": {"name": name, "uid": name, "creationTimestamp": timestamp(NOW - timedelta(days=1)),
                         "annotations": fields.get("annotations", {})},
            "spec": {"nodeName": node} if node else {},
            "status": {"phase": phase, "conditions": conditions,
                       "containerStatuses": [{"name": "c", "restartCount": fields.get("restarts", 0)}]},
        }  # fmt: skip

    @classmethod
    def first(cls, *pods: Obj, related: tuple[Obj, ...] = ()) -> str:
        (chosen,) = pods_to_delete(list(pods), [*pods, *related], 1, NOW)
        name: str = chosen["metadata"]["name"]
        return name

    def test_order(self) -> None:
        good = self.pod("good")
        cheap = {"controller.kubernetes.io/pod-deletion-cost": "-1"}
        for worse in (
            self.pod("worse", node="", phase="Pending", ready=0),
            self.pod("worse", phase="Pending"),
            self.pod("worse", ready=0),
            self.pod("worse", annotations=cheap),
            self.pod("worse", ready=1),
            self.pod("worse", restarts=3),
        ):
            assert self.first(good, worse) == "worse"
            assert self.first(worse, good) == "worse"

    def test_cost_beats_crowding_and_crowding_beats_age(self) -> None:
        crowded = self.pod("crowded", node="a", ready=5000)
        alone = self.pod("alone", node="b", ready=1)
        neighbour = self.pod("neighbour", node="a")
        assert self.first(crowded, alone, related=(neighbour,)) == "crowded"
        cheap = self.pod("cheap", node="b", annotations={"controller.kubernetes.io/pod-deletion-cost": "-10"})
        assert self.first(crowded, cheap, related=(neighbour,)) == "cheap"

    def test_ages_of_one_magnitude_leave_it_to_the_uid(self) -> None:
        assert self.first(self.pod("b", ready=600), self.pod("a", ready=700)) == "a"
        assert self.first(self.pod("b", ready=10), self.pod("a", ready=7000)) == "b"

    @pytest.mark.parametrize(
        ("text", "cost"), [("5", 5), ("-7", -7), ("+5", 0), ("05", 0), ("1e3", 0), ("", 0), (str(2**31), 0)]
    )
    def test_costs_that_are_no_integers_count_as_none(self, text: str, cost: int) -> None:
        annotations = {"controller.kubernetes.io/pod-deletion-cost": text}
        assert deletion_cost({"metadata": {"annotations": annotations}}) == cost
