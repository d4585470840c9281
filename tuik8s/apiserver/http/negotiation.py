"""Which form of an answer a client wants (k8s.io/apiserver/pkg/endpoints/handlers/negotiation)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from tuik8s.apiserver.http.errors import NotAcceptable

Form = Literal["Object", "Table", "PartialObjectMetadata"]

JSON, YAML = "application/json", "application/yaml"
ACCEPTED = (JSON, YAML)
_TRANSFORMS = {
    "Table": "Table",
    "PartialObjectMetadata": "PartialObjectMetadata",
    "PartialObjectMetadataList": "PartialObjectMetadata",
}


class Clause(NamedTuple):
    media_type: str
    parameters: dict[str, str]
    quality: float


class Wanted(NamedTuple):
    media_type: str = JSON
    form: Form = "Object"
    version: str = "v1"
    """Of meta.k8s.io, for the two other forms."""


def clauses(header: str) -> list[Clause]:
    """Best first; of equals the first stays the first."""
    found = []
    for text in header.split(","):
        media_type, *parameters = (part.strip() for part in text.split(";"))
        if media_type:
            named = dict(_pair(parameter) for parameter in parameters)
            found.append(Clause(media_type.lower(), named, _quality(named.get("q", "1"))))
    return sorted(found, key=lambda clause: -clause.quality)


def negotiate(header: str) -> Wanted:
    """Raises NotAcceptable when nothing that is offered is wanted. Protobuf is never offered."""
    if not header.strip():
        return Wanted()
    for clause in clauses(header):
        media_type = _offered(clause.media_type)
        form = _TRANSFORMS.get(clause.parameters.get("as", ""), "Object")
        version = clause.parameters.get("v", "v1")
        if media_type is None or clause.quality <= 0:
            continue
        if form == "Object" and not clause.parameters.get("as"):
            return Wanted(media_type)
        if form != "Object" and clause.parameters.get("g") == "meta.k8s.io" and version in ("v1", "v1beta1"):
            return Wanted(media_type, form, version)  # type: ignore[arg-type]
    raise NotAcceptable.offering(ACCEPTED)


def _offered(media_type: str) -> str | None:
    if media_type in ("*/*", "application/*", JSON):
        return JSON
    return YAML if media_type == YAML else None


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip('"')


def _quality(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
