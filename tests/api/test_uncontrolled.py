"""The table of kinds that nothing acts on."""

from __future__ import annotations

from tuik8s.api import kinds
from tuik8s.api.readiness import readiness_of
from tuik8s.api.uncontrolled import WITHOUT_CONTROLLER, uncontrolled


def test_the_table_names_kinds_that_are_served() -> None:
    assert set(WITHOUT_CONTROLLER) <= {kind.resource for kind in kinds.SERVED}


def test_what_is_said() -> None:
    assert uncontrolled(kinds.STATEFUL_SET) == (
        "StatefulSet has no controller in this release of tuik8s: nothing will act on it"
    )
    for kind in (kinds.DEPLOYMENT, kinds.CONFIG_MAP, kinds.PRIORITY_CLASS, kinds.STORAGE_CLASS):
        assert uncontrolled(kind) == ""


def test_workloads_are_not_ready_before_their_controller_has_seen_them() -> None:
    for kind in (kinds.STATEFUL_SET, kinds.DAEMON_SET, kinds.REPLICATION_CONTROLLER):
        named = {"apiVersion": kind.api_version, "kind": kind.kind}
        obj = {**named, "metadata": {"generation": 1}, "spec": {}, "status": {}}
        assert not readiness_of(obj).done
        assert "controller to see it" in readiness_of(obj).message


def test_jobs_and_claims_wait_for_their_end() -> None:
    named = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {}}
    job = {**named, "spec": {"completions": 3}, "status": {"succeeded": 1}}
    assert readiness_of(job)[:2] == (False, "1 of 3 completions")
    failed = [{"type": "Failed", "status": "True", "message": "too often"}]
    assert readiness_of({**job, "status": {"conditions": failed}}).failed
    named = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {}}
    claim = {**named, "status": {"phase": "Bound"}}
    assert readiness_of(claim).done
