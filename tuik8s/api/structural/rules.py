"""`x-kubernetes-validations`: rules as expressions, about a value and what it was before.

Follows …/pkg/apiserver/schema/cel. Differences: a field that the schema does not have is found out when a
rule is evaluated, not when it is compiled; lists of list-type set and map are equal in the same order only;
there is no cost estimate: the engine ends an evaluation that iterates too often. The engine cannot have times
and durations inside objects and lists: those of formats date-time, date and duration are such values only
where they are `self` or `oldSelf`, and texts further down. `timestamp(self.at)` and `duration(self.wait)`
read them, and mean the same in Kubernetes; a date alone, `2006-01-02`, has to be made one with a time first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from tuik8s.api import cel, errors
from tuik8s.api.cel.values import converter, type_of
from tuik8s.api.errors import FieldError
from tuik8s.api.structural.correlation import MISSING, old_item, same
from tuik8s.api.structural.places import Found, Place, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tuik8s.api.cel.values import Converter
    from tuik8s.api.objects import Obj
    from tuik8s.api.structural.places import Findings

    RuleCheck: TypeAlias = Callable[[Any, Any, Place, Findings], None]

RULES = "x-kubernetes-validations"
BLOCKING = frozenset((
    "FieldValueNotSupported", "FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany",
    "FieldValueTypeInvalid",
))  # fmt: skip
"""Where one of these is found, rules are not evaluated: they may take what the schema says for granted."""
NOT_CHECKED = FieldError(
    "FieldValueInvalid", "<nil>",
    'Invalid value: "null": some validation rules were not checked because the object was invalid; correct '
    "the existing errors to complete validation",
)  # fmt: skip
_OPTIONAL_OLD = "cel.bind(oldSelf, hasOldSelf ? optional.of(oldValue) : optional.none(), {})"


class Rule(NamedTuple):
    source: str
    expression: cel.Expression
    explanation: cel.Expression | None
    message: str
    reason: str
    field_path: str
    is_transition: bool
    """It is about oldSelf, so an object that is new has no answer to it…"""
    takes_new: bool
    """…unless it says that it can do without."""


def compile_rule(rule: Obj, self_type: str) -> Rule:
    """Raises CelError for an expression that cannot be compiled."""
    source = rule["rule"].strip()
    takes_new = bool(rule.get("optionalOldSelf"))
    expression = _compiled(source, "bool", self_type, takes_new=takes_new)
    told = (rule.get("messageExpression") or "").strip()
    explanation = _compiled(told, "string", self_type, takes_new=takes_new) if told else None
    message = (rule.get("message") or "").strip() or f"failed rule: {source}"
    path = (rule.get("fieldPath") or "").strip()
    return Rule(
        source, expression, explanation, message, rule.get("reason") or "FieldValueInvalid", path,
        expression.uses("oldSelf"), takes_new,
    )  # fmt: skip


def _compiled(source: str, wanted: str, self_type: str, *, takes_new: bool) -> cel.Expression:
    if not takes_new:
        return cel.compile_expression(source, wanted, ("self", self_type), ("oldSelf", self_type))
    variables = ("self", self_type), ("oldValue", self_type), ("hasOldSelf", "boolean")
    return cel.compile_expression(_OPTIONAL_OLD.format(source), wanted, *variables)


def rules_check(schema: Any) -> RuleCheck | None:
    """All rules of a node and below; None where there are none."""
    if not isinstance(schema, dict):
        return None
    properties = (schema.get("properties") or {}).items()
    fields = {name: found for name, part in properties if (found := rules_check(part)) is not None}
    others, items = rules_check(schema.get("additionalProperties")), rules_check(schema.get("items"))
    own = _own(schema)
    if not (fields or others or items or own):
        return None

    def check(value: Any, old: Any, place: Place, findings: Findings) -> None:
        if own is not None:
            own(value, old, place, findings)
        if type(value) is dict:
            for key, item in value.items():
                below = fields.get(key, others)
                if below is not None:
                    before = old.get(key, MISSING) if isinstance(old, dict) else MISSING
                    below(item, before, (place, key), findings)
        elif type(value) is list and items is not None:
            for index, item in enumerate(value):
                items(item, old_item(schema, old, item), (place, index), findings)

    return check


def _own(schema: Obj) -> RuleCheck | None:
    rules = [compile_rule(rule, type_of(schema)) for rule in schema.get(RULES) or ()]
    return _check_of(rules, converter(schema)) if rules else None


def _check_of(rules: Sequence[Rule], convert: Converter | None) -> RuleCheck:
    def check(value: Any, old: Any, place: Place, findings: Findings) -> None:
        if value is None:  # rules that accept null stand at the field's owner
            return
        is_new = old is MISSING or old is None
        unchanged = not is_new and same(value, old)
        before = None if is_new else old
        if convert is not None:
            value_, before = convert(value), None if is_new else convert(old)
        else:
            value_ = value
        variables = {"self": value_, "oldSelf": before, "oldValue": before, "hasOldSelf": not is_new}
        for rule in rules:
            if rule.is_transition and is_new and not rule.takes_new:
                continue
            if unchanged and not rule.is_transition:
                continue
            error = _broken(rule, variables, value, text(place))
            if error is not None:
                findings.append(Found(error, place))

    return check


def _broken(rule: Rule, variables: Obj, value: Any, path: str) -> FieldError | None:
    try:
        if rule.expression.evaluate(variables) is True:
            return None
    except cel.CelError as error:
        return _invalid(path, value, f"{error} evaluating rule: {rule.message.removeprefix('failed rule: ')}")
    path += rule.field_path if path else rule.field_path.removeprefix(".")
    why = rule.message
    if rule.explanation is not None:
        why = _explained(rule.explanation, variables) or why
    match rule.reason:
        case "FieldValueRequired":
            return errors.required(path, why)
        case "FieldValueForbidden":
            return errors.forbidden(path, why)
        case "FieldValueDuplicate":
            return FieldError("FieldValueDuplicate", path, f"Duplicate value: {why}")
    return _invalid(path, value, why)


def _explained(explanation: cel.Expression, variables: Obj) -> str:
    """Empty where the message cannot be made, or is none: the plain one is used then."""
    try:
        found = str(explanation.evaluate(variables)).strip()
    except cel.CelError:
        return ""
    return "" if "\n" in found else found


def _invalid(path: str, value: Any, why: str) -> FieldError:
    """Objects and lists are not shown."""
    if isinstance(value, dict | list):
        return FieldError("FieldValueInvalid", path, f"Invalid value: {why}")
    return errors.invalid(path, value, why)
