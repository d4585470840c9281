"""What is to be decided: who wants to do what to which resource or path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import Request, User

_ONE_NAME = re.compile(r"(?:^|,)\s*metadata\.name\s*==?\s*([^,!=\s]+)\s*(?:,|$)")
_SELECTING = frozenset(("list", "watch", "deletecollection"))


@dataclass(frozen=True, slots=True)
class Attributes:
    """Of a resource, or where `path` is set of what is none. Empty `namespace` is the cluster scope."""

    user: User
    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    field_selector: str = ""

    @property
    def full_resource(self) -> str:
        """As RBAC rules write it: `pods/log`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


def attributes_of(request: Request) -> Attributes:
    where = request.namespace, request.name, request.subresource
    return of_resource(
        request.user, request.verb.value, request.kind, where, request.selection.field_selector
    )


def of_resource(
    user: User, verb: str, kind: Kind, where: tuple[str, str, str], field_selector: str = ""
) -> Attributes:
    """`where` is namespace, name and subresource; a Namespace is itself where it is."""
    namespace, name, subresource = where
    if not kind.group and kind.plural == "namespaces":
        namespace = name
    if not name and field_selector and verb in _SELECTING:
        # One object that is selected by its name is what the request is about.
        found = _ONE_NAME.search(field_selector)
        name = found[1] if found else ""
    return Attributes(
        user, verb, kind.group, kind.plural, subresource, namespace, name, field_selector=field_selector
    )
