"""When an object has become what it asks for."""

from __future__ import annotations

from tuik8s.api.readiness import readiness_of


def test_a_custom_kind_with_a_built_in_name_is_ready_once_it_exists() -> None:
    metadata = {"name": "a", "namespace": "default"}
    job = {"apiVersion": "batch.volcano.sh/v1alpha1", "kind": "Job", "metadata": metadata}
    assert readiness_of(job).done
    own = {**job, "apiVersion": "batch/v1", "spec": {"completions": 2}}
    assert readiness_of(own)[:2] == (False, "0 of 2 completions")
