"""The schema of one version of a custom resource, compiled when it is first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tuik8s.api.structural.correlation import MISSING, ratcheted
from tuik8s.api.structural.defaulting import defaulter
from tuik8s.api.structural.embedded import embedded_resources
from tuik8s.api.structural.lists import uniqueness
from tuik8s.api.structural.pruning import pruner
from tuik8s.api.structural.rules import BLOCKING, NOT_CHECKED, rules_check
from tuik8s.api.structural.structure import structure_of_resource
from tuik8s.api.structural.values import checker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj
    from tuik8s.api.patch.structure import Structure
    from tuik8s.api.shapes import Findings
    from tuik8s.api.structural.places import Check, Found


class StructuralSchema:
    """What a structural schema (one that `invariants` finds nothing wrong with) says about objects."""

    def __init__(self, source: Obj) -> None:
        self.source = source
        """As the CustomResourceDefinition has it; not to be changed."""

    def pruned(self, obj: Obj) -> tuple[Obj, list[str]]:
        """A copy without unknown fields, and the paths of those. Raises `scalars.Mismatch`, or ValueError,
        for metadata that are none."""
        unknown: Findings = []
        return self._prune(obj, None, unknown), sorted(unknown)

    def set_defaults(self, obj: Obj) -> None:
        """In place, on a pruned object that nobody else holds."""
        if self._default is not None:
            self._default(obj)

    def errors(self, obj: Obj, old: Obj | None = None) -> Iterator[FieldError]:
        """What is wrong with a pruned and defaulted object; not with what an update leaves as it was."""
        found: list[Found] = []
        for check in self._checks:
            check(obj, None, found)
        if old is not None and found:
            complaints = ratcheted(found, self.source, obj, old)
        else:
            complaints = [error for error, _ in found]
        yield from complaints
        if self._rules is None:
            return
        if any(error.cause_reason in BLOCKING for error in complaints):
            yield NOT_CHECKED
            return
        broken: list[Found] = []
        self._rules(obj, MISSING if old is None else old, None, broken)
        yield from (error for error, _ in broken)

    def compile(self) -> None:
        """Ahead of the first object. Takes a tenth of a second for some thousand fields; any thread may."""
        _ = self._prune, self._default, self._checks, self._rules

    @cached_property
    def structure(self) -> Structure:
        """How objects merge in server-side apply."""
        return structure_of_resource(self.source)

    @cached_property
    def _prune(self) -> Any:
        return pruner(self.source, is_resource=True)

    @cached_property
    def _default(self) -> Any:
        return defaulter(self.source)

    @cached_property
    def _checks(self) -> list[Check]:
        found = (checker(self.source), embedded_resources(self.source), uniqueness(self.source))
        return [check for check in found if check is not None]

    @cached_property
    def _rules(self) -> Any:
        return rules_check(self.source)
