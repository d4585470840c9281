"""Field selectors: exact comparisons of a few fields per kind (k8s.io/apimachinery/pkg/fields)."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tuik8s.api.objects import Obj


class FieldSelector:
    """`metadata.name=web,status.phase!=Running`: exact comparisons of a few fields per kind."""

    __slots__ = ("_tests", "terms")

    def __init__(self, terms: Sequence[tuple[str, str, bool]] = ()) -> None:
        self.terms = tuple(terms)
        """Field, value, and whether it must equal (or must differ)."""
        self._tests = tuple((_reader(field), value, equal) for field, value, equal in terms)

    @staticmethod
    def parse(text: str, kind: object = None) -> FieldSelector:
        """With a kind (`str(kind)` is its resource), fields that cannot be selected on are refused; its
        definition, if it is a custom one, says of some that they can."""
        selector = _parse_fields(text)
        if kind is not None:
            own = getattr(getattr(kind, "definition", None), "selectable_fields", ())
            for field, _, _ in selector.terms:
                if field not in own:
                    check_field(str(kind), field)
        return selector

    @property
    def empty(self) -> bool:
        return not self.terms

    def exact(self, field: str) -> str | None:
        """The value this field must have, if the selector asks for one: what an index can answer."""
        return next((value for name, value, equal in self.terms if equal and name == field), None)

    def matches(self, obj: Obj) -> bool:
        for read, value, equal in self._tests:  # noqa: SIM110  no generator: this runs per event and watcher
            if (read(obj) == value) is not equal:
                return False
        return True

    def __str__(self) -> str:
        return ",".join(f"{f}{'=' if equal else '!='}{_escape(v)}" for f, v, equal in self.terms)


_METADATA = ("metadata.name", "metadata.namespace")
_REFERENCE = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        *_METADATA, "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
        "spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName",
    ),
    "nodes": ("metadata.name", "spec.unschedulable"),
    "namespaces": ("metadata.name", "status.phase"),
    "secrets": (*_METADATA, "type"),
    "services": (*_METADATA, "spec.clusterIP", "spec.type"),
    "replicationcontrollers": (*_METADATA, "status.replicas"),
    "jobs.batch": (*_METADATA, "status.successful"),
    "certificatesigningrequests.certificates.k8s.io": ("metadata.name", "spec.signerName"),
    "clustertrustbundles.certificates.k8s.io": ("metadata.name", "spec.signerName"),
    "podcertificaterequests.certificates.k8s.io": (
        *_METADATA, "spec.signerName", "spec.podName", "spec.nodeName",
    ),
    "resourceslices.resource.k8s.io": ("metadata.name", "spec.nodeName", "spec.driver"),
    "events": (
        *_METADATA, *(f"involvedObject.{part}" for part in _REFERENCE), "reason",
        "reportingComponent", "source", "type",
    ),
    "events.events.k8s.io": (
        *_METADATA, *(f"regarding.{part}" for part in _REFERENCE), "reason", "reportingController", "type",
    ),
}  # fmt: skip
"""What can be selected on beyond name and namespace (pkg/apis/core/v1/conversion.go)."""


def check_field(resource: str, field: str) -> None:
    """ValueError when objects of this resource cannot be selected by this field."""
    allowed = FIELDS.get(resource)
    if allowed is None and field not in _METADATA:
        raise ValueError(
            f'{json.dumps(field)} is not a known field selector: only "metadata.name", "metadata.namespace"'
        )
    if allowed is not None and field not in allowed:
        raise ValueError(f"field label not supported: {field}")


@lru_cache(maxsize=1024)
def _parse_fields(text: str) -> FieldSelector:
    return FieldSelector([_parse_term(text, part) for part in re.split(r"(?<!\\),", text) if part])


def _parse_term(text: str, part: str) -> tuple[str, str, bool]:
    match = re.match(r"((?:[^=!\\]|\\.|!(?!=))*)(!=|==|=)(.*)", part, re.DOTALL)
    if match is None:
        raise ValueError(f"invalid selector: '{text}'; can't understand '{part}'")
    field, operator, value = match.groups()
    return field, _unescape(value), operator != "!="


def _unescape(value: str) -> str:
    for found in re.findall(r"\\.?|[=]", value):
        if found == "=":
            raise ValueError(f"invalid field selector: unescaped character in value: {found}")
        if found not in ("\\\\", "\\,", "\\="):
            raise ValueError(f"invalid field selector: invalid escape sequence: {found}")
    return re.sub(r"\\(.)", r"\1", value)


def _escape(value: str) -> str:
    return re.sub(r"([\\,=])", r"\\\1", value)


_ALIASES: dict[str, tuple[str, ...]] = {
    "involvedObject": ("involvedObject", "regarding"),
    "regarding": ("regarding", "involvedObject"),
    "reportingComponent": ("reportingComponent", "reportingController"),
    "reportingController": ("reportingController", "reportingComponent"),
}


_ABSENT = {"spec.hostNetwork": "false", "spec.unschedulable": "false", "status.replicas": "0"}
"""What a field that is not there is compared as."""


def _reader(field: str) -> Callable[[Obj], str]:
    """How to read this field of an object as the text it is compared with."""
    if field == "source":
        return _event_source
    if field == "status.podIPs":
        return lambda obj: ",".join(ip["ip"] for ip in (obj.get("status") or {}).get("podIPs") or ())
    if field == "status.successful":
        return lambda obj: str((obj.get("status") or {}).get("succeeded", 0))
    head, *path = field.split(".")
    heads = _ALIASES.get(head, (head,))
    default = _ABSENT.get(field, "")

    def read(obj: Obj) -> str:
        value = next((obj[name] for name in heads if obj.get(name) is not None), None)
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, bool):
            return "true" if value else "false"
        return default if value is None else str(value)

    return read


def _event_source(event: Obj) -> str:
    source = event.get("source") or event.get("deprecatedSource") or {}
    component = source.get("component") or event.get("reportingComponent") or event.get("reportingController")
    return component or ""
