"""What the objects of a kind must be like: as Go types say it, or the schema of a custom resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api import defaults, schema, validation
from tuik8s.api.customresources import CustomKind, scale_errors
from tuik8s.api.patch.structure import structure_of
from tuik8s.api.scalars import Mismatch
from tuik8s.api.validation import metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.errors import FieldError
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.patch.structure import Structure
    from tuik8s.api.request import FieldValidation


class Rules:
    """Of a built-in kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    @property
    def structure(self) -> Structure:
        """How objects merge in server-side apply."""
        return structure_of(self.kind)

    def decode(
        self, obj: Any, field_validation: FieldValidation, duplicates: Sequence[str] = ()
    ) -> schema.Decoded:
        """A new object; raises BadRequest for what cannot be one. `duplicates` are fields given twice."""
        return schema.decode(self.kind, obj, field_validation, duplicates=duplicates)

    def decode_changes(self, obj: Any, before: Obj, field_validation: FieldValidation) -> schema.Decoded:
        """The same of what a patch made of `before`, with which it shares what the patch left alone."""
        return schema.decode_changes(self.kind, obj, before, field_validation)

    def set_defaults(self, obj: Obj) -> None:
        """In place, on a decoded object that nobody else holds."""
        defaults.set_defaults(self.kind, obj)

    def validate(self, obj: Obj, old: Obj | None, subresource: str) -> list[FieldError]:
        return validation.validate(self.kind, obj, old, subresource)


class CustomRules(Rules):
    """Of a kind that a CustomResourceDefinition defines."""

    def __init__(self, kind: CustomKind) -> None:
        super().__init__(kind)
        self._definition = kind.definition

    @property
    def structure(self) -> Structure:
        return self._definition.schema.structure

    def decode(
        self, obj: Any, field_validation: FieldValidation, duplicates: Sequence[str] = ()
    ) -> schema.Decoded:
        try:
            pruned, unknown = self._definition.schema.pruned(obj)
        except (Mismatch, ValueError) as error:
            raise schema.CannotHandle(self.kind, error) from None
        except RecursionError:
            raise schema.CannotHandle(self.kind, "exceeded max depth") from None
        return schema.finish(self.kind, pruned, field_validation, unknown, duplicates)

    def decode_changes(self, obj: Any, before: Obj, field_validation: FieldValidation) -> schema.Decoded:
        """All of it: the schema may be another by now."""
        return self.decode(obj, field_validation)

    def set_defaults(self, obj: Obj) -> None:
        self._definition.schema.set_defaults(obj)

    def validate(self, obj: Obj, old: Obj | None, subresource: str) -> list[FieldError]:
        if old is None:
            errors = [*metadata.validate_metadata(self.kind, obj, any_finalizer=True)]
        else:
            errors = [*metadata.validate_metadata_update(obj, old, any_finalizer=True)]
        errors += self._definition.schema.errors(obj, old)
        return [*errors, *scale_errors(self._definition.scale, obj)]


def rules_of(kind: Kind) -> Rules:
    return CustomRules(kind) if isinstance(kind, CustomKind) else Rules(kind)
