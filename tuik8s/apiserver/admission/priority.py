"""Priority: pods get the number that their PriorityClass stands for (plugin/pkg/admission/priority)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden
from tuik8s.api.priorities import NO_PRIORITY, default_class
from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.admission.chain import Attributes
    from tuik8s.storage import Store


class Priority:
    """A pod that names no class gets the default one, if there is one; there can be one only."""

    name = "Priority"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def admit(self, attributes: Attributes) -> None:
        if attributes.kind == kinds.POD and attributes.operation is Verb.CREATE:
            self._admit_pod(attributes)
        elif attributes.kind == kinds.POD and attributes.old is not None:
            _keep(attributes.object["spec"], attributes.old["spec"])
        elif attributes.kind == kinds.PRIORITY_CLASS and attributes.operation is not Verb.DELETE:
            self._check_single_default(attributes)

    def _admit_pod(self, attributes: Attributes) -> None:
        spec = attributes.object["spec"]
        found = self._class_of(attributes)
        priority = found.get("value", NO_PRIORITY)
        preemption = found.get("preemptionPolicy", "PreemptLowerPriority")
        given = spec.get("priority")
        if given is not None and given != priority:
            why = (
                f"the integer value of priority ({given}) must not be provided in pod spec; priority "
                f"admission controller computed {priority} from the given PriorityClass name"
            )
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)
        if spec.get("preemptionPolicy", preemption) != preemption:
            why = (
                f"the string value of PreemptionPolicy ({spec['preemptionPolicy']}) must not be provided in "
                f"pod spec; priority admission controller computed {preemption} from the given "
                "PriorityClass name"
            )
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)
        spec["priority"], spec["preemptionPolicy"] = priority, preemption

    def _class_of(self, attributes: Attributes) -> Obj:
        """The class of a pod; an empty one where it has none."""
        spec = attributes.object["spec"]
        wanted = spec.get("priorityClassName", "")
        if not wanted:
            default = default_class(self._store.list(kinds.PRIORITY_CLASS.prefix).items)
            if default is not None:
                spec["priorityClassName"] = default["metadata"]["name"]
            return default or {}
        found = self._store.get(kinds.PRIORITY_CLASS.storage_key("", wanted))
        if found is None:
            why = f"no PriorityClass with name {wanted} was found"
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)
        return found

    def _check_single_default(self, attributes: Attributes) -> None:
        if not attributes.object.get("globalDefault"):
            return
        for other in self._store.list(kinds.PRIORITY_CLASS.prefix).items:
            name = other["metadata"]["name"]
            if other.get("globalDefault") and name != attributes.name:
                why = f"PriorityClass {name} is already marked as default. Only one default can exist"
                raise Forbidden.on(attributes.kind.resource, attributes.name, why)


def _keep(spec: Obj, old: Obj) -> None:
    """What was filled in here stays, in a pod that comes without it; validation lets nobody change it."""
    for field in ("priority", "preemptionPolicy"):
        if field in old:
            spec.setdefault(field, old[field])
