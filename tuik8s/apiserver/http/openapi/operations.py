"""What can be done at one path: operations with their parameters, bodies and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api.customresources import CustomKind
from tuik8s.api.request import PatchType
from tuik8s.apiserver.http.openapi import parameters
from tuik8s.apiserver.http.openapi.schemas import REFERENCE, title_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

STATUS, DELETE_OPTIONS = "meta_v1:Status", "meta_v1:DeleteOptions"
READ, WRITTEN = ("application/json", "application/yaml"), "application/vnd.kubernetes.protobuf"
PATCHES = tuple(str(patch_type) for patch_type in PatchType)
_TEXT = ("text/plain",)
_UNAUTHORIZED: Obj = {"description": "Unauthorized"}


class Subject(NamedTuple):
    """What the operations of one path are about: `kind` at `place` (`NamespacedPodStatus`, say)."""

    kind: Kind
    place: str
    title: str
    """The name of the schema of what is sent and answered."""
    gvk: Obj
    """The kind of body: the resource's own, or a subresource's."""

    @property
    def group_version(self) -> str:
        return "".join(word[0].upper() + word[1:] for word in (*self._group_words, self.kind.version))

    @property
    def tag(self) -> str:
        first, *others = self._group_words
        return f"{first}{''.join(word.capitalize() for word in others)}_{self.kind.version}"

    @property
    def _group_words(self) -> list[str]:
        return (self.kind.group.removesuffix(".k8s.io") or "core").replace("-", ".").split(".")


def gvk_of(kind: Kind) -> Obj:
    return {"group": kind.group, "version": kind.version, "kind": kind.kind}


def read(subject: Subject, verb: str = "get", *, place: str = "", query: Sequence[str] = ()) -> Obj:
    """`verb` is get or list."""
    what = "read the specified" if verb == "get" else "list or watch objects of kind"
    action = "read" if verb == "get" else "list"
    operation = _operation(subject, verb, f"{what} {subject.kind.kind}", action, place)
    return operation | {"parameters": _query(query), "responses": _responses(subject, ("200",))}


def create(subject: Subject) -> Obj:
    operation = _operation(subject, "post", f"create {_article(subject.gvk['kind'])}", "create")
    answers = _responses(subject, ("200", "201", "202"))
    return operation | _body(subject) | {"parameters": _query(parameters.WRITE), "responses": answers}


def replace(subject: Subject) -> Obj:
    operation = _operation(subject, "put", f"replace the specified {subject.kind.kind}", "replace")
    answers = _responses(subject, ("200", "201"))
    return operation | _body(subject) | {"parameters": _query(parameters.WRITE), "responses": answers}


def patch(subject: Subject) -> Obj:
    """Custom resources have no strategic merge patch."""
    custom = isinstance(subject.kind, CustomKind)
    operation = _operation(subject, "patch", f"partially update the specified {subject.kind.kind}", "patch")
    schema = {"schema": {"description": "A patch of the given media type."}}
    content = {name: schema for name in PATCHES if not (custom and name == PatchType.STRATEGIC)}
    return operation | {
        "requestBody": {"content": content, "required": True},
        "parameters": _query(parameters.PATCH),
        "responses": _responses(subject, ("200", "201")),
    }


def delete(subject: Subject, *, shows_object: bool) -> Obj:
    article = _article(subject.kind.kind)
    answer = subject if shows_object else subject._replace(title=title_of(STATUS))
    return _operation(subject, "delete", f"delete {article}", "delete") | {
        "requestBody": _options(),
        "parameters": _query(parameters.DELETE),
        "responses": _responses(answer, ("200", "202")),
    }


def delete_collection(subject: Subject) -> Obj:
    operation = _operation(
        subject, "deletecollection", f"delete collection of {subject.kind.kind}", "delete",
        f"Collection{subject.place}",
    )  # fmt: skip
    answer = subject._replace(title=title_of(STATUS))
    return operation | {
        "requestBody": _options(),
        "parameters": _query(parameters.DELETE_COLLECTION),
        "responses": _responses(answer, ("200",)),
    }


def log(subject: Subject) -> Obj:
    operation = _operation(subject, "get", f"read log of the specified {subject.kind.kind}", "read")
    return operation | {"parameters": _query(parameters.LOG), "responses": _text_responses(_TEXT)}


def connect(subject: Subject, method: str, subresource: str, *, place: str = "") -> Obj:
    text = f"connect {method.upper()} requests to {subresource} of {subject.kind.kind}"
    place = place or subject.place
    operation = _operation(subject, "connect", text, f"connect{method.capitalize()}", place)
    query = parameters.STREAMS[subresource]
    return operation | {
        "parameters": [parameters.in_query(name) for name in query],
        "responses": _text_responses(("*/*",)),
    }


def _operation(subject: Subject, verb: str, text: str, action: str, place: str = "") -> Obj:
    return {
        "tags": [subject.tag],
        "description": text,
        "operationId": f"{action}{subject.group_version}{place or subject.place}",
        "x-kubernetes-action": verb,
        "x-kubernetes-group-version-kind": subject.gvk,
    }


def _query(names: Sequence[str]) -> list[Obj]:
    return [parameters.in_query(name) for name in (*names, *parameters.PRETTY)]


def _body(subject: Subject) -> Obj:
    custom = isinstance(subject.kind, CustomKind)
    content = {name: _reference(subject.title) for name in (READ if custom else (*READ, WRITTEN))}
    return {"requestBody": {"content": content, "required": True}}


def _options() -> Obj:
    return {"content": {name: _reference(title_of(DELETE_OPTIONS)) for name in (*READ, WRITTEN)}}


def _responses(subject: Subject, codes: Sequence[str]) -> Obj:
    texts = {"200": "OK", "201": "Created", "202": "Accepted"}
    content = {name: _reference(subject.title) for name in READ}
    found: Obj = {code: {"description": texts[code], "content": content} for code in codes}
    return found | {"401": _UNAUTHORIZED}


def _text_responses(media_types: Sequence[str]) -> Obj:
    content = {name: {"schema": {"type": "string"}} for name in media_types}
    return {"200": {"description": "OK", "content": content}, "401": _UNAUTHORIZED}


def _reference(title: str) -> Obj:
    return {"schema": {"$ref": REFERENCE + title}}


def _article(kind: str) -> str:
    return f"{'an' if kind[0] in 'AEIO' else 'a'} {kind}"
