"""Strategies of what keeps pods running (pkg/registry/{apps,batch,core}/*/strategy.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tuik8s.apiserver.strategies.base import Strategy, keep

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
JOB_NAME, JOB_UID = "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid"
LEGACY_JOB_NAME, LEGACY_JOB_UID = "job-name", "controller-uid"


class SpecStrategy(Strategy):
    """A change of the spec is a new generation."""

    counts_generation = True


class DeploymentStrategy(SpecStrategy):
    """Annotations are copied to ReplicaSets, so a change of them also is a new generation."""

    def is_new_generation(self, obj: Obj, old: Obj) -> bool:
        annotations = obj["metadata"].get("annotations") or {}
        changed = annotations != (old["metadata"].get("annotations") or {})
        return changed or super().is_new_generation(obj, old)

    def prepare_for_status_update(self, obj: Obj, old: Obj) -> None:
        super().prepare_for_status_update(obj, old)
        keep(obj["metadata"], old["metadata"], "labels")


class ReplicaSetStrategy(SpecStrategy):
    initial_status: ClassVar[Obj | None] = {"replicas": 0}


class ReplicationControllerStrategy(ReplicaSetStrategy):
    orphans_by_default = True


class StatefulSetStrategy(SpecStrategy):
    initial_status: ClassVar[Obj | None] = {"replicas": 0, "availableReplicas": 0}


class PodTemplateStrategy(SpecStrategy):
    generation_of = ("template",)


class DaemonSetStrategy(SpecStrategy):
    """Changes of the template are counted in an annotation, as when it was a field."""

    initial_status: ClassVar[Obj | None] = {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    }

    def prepare_for_create(self, obj: Obj) -> None:
        super().prepare_for_create(obj)
        _count_template(obj, max(_template_generation(obj), 1))

    def prepare_for_update(self, obj: Obj, old: Obj) -> None:
        super().prepare_for_update(obj, old)
        changed = obj["spec"].get("template") != old["spec"].get("template")
        _count_template(obj, _template_generation(old) + changed)


def _template_generation(obj: Obj) -> int:
    text = (obj["metadata"].get("annotations") or {}).get(TEMPLATE_GENERATION, "")
    return int(text) if text.isascii() and text.isdecimal() else 0


def _count_template(obj: Obj, generation: int) -> None:
    meta = obj["metadata"]
    meta["annotations"] = {**(meta.get("annotations") or {}), TEMPLATE_GENERATION: str(generation)}


class JobStrategy(SpecStrategy):
    """Unless told otherwise, a job selects its pods by its own uid."""

    initial_status: ClassVar[Obj | None] = {}
    orphans_by_default = True

    def prepare_for_create(self, obj: Obj) -> None:
        super().prepare_for_create(obj)
        if obj["spec"].get("manualSelector"):
            return
        meta, spec = obj["metadata"], dict(obj["spec"])
        own = {JOB_UID: meta["uid"], JOB_NAME: meta["name"]}
        own |= {LEGACY_JOB_UID: meta["uid"], LEGACY_JOB_NAME: meta["name"]}
        template = dict(spec.get("template") or {})
        labels = (template.get("metadata") or {}).get("labels") or {}
        template["metadata"] = {**(template.get("metadata") or {}), "labels": {**own, **labels}}
        selector = spec.get("selector") or {}
        matched = {JOB_UID: meta["uid"], **(selector.get("matchLabels") or {})}
        spec["template"], spec["selector"] = template, {**selector, "matchLabels": matched}
        obj["spec"] = spec
        if not meta.get("labels"):
            meta["labels"] = dict(template["metadata"]["labels"])


class CronJobStrategy(SpecStrategy):
    initial_status: ClassVar[Obj | None] = {}


class LeaseStrategy(Strategy):
    allow_create_on_update = True
    allow_unconditional_update = False


class EndpointSliceStrategy(Strategy):
    """Endpoints stand at the root: everything but the server's own metadata counts."""

    counts_generation = True

    def is_new_generation(self, obj: Obj, old: Obj) -> bool:
        parts = ("endpoints", "ports", "addressType")
        labels = obj["metadata"].get("labels") != old["metadata"].get("labels")
        return labels or any(obj.get(part) != old.get(part) for part in parts)
