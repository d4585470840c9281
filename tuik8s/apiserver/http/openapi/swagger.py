"""All documents together as Swagger 2.0, which is what OpenAPI v2 is called by clients that read no other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tuik8s.api.kinds import KUBERNETES_VERSION
from tuik8s.apiserver.http.openapi.schemas import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Obj

DEFINITIONS = "#/definitions/"
_TEXT_SHAPED = ("Quantity", "IntOrString")
"""Schemas that have several types, which Swagger cannot say: they are strings here."""
_DROPPED = frozenset(("default", "oneOf", "anyOf", "not", "nullable"))


def swagger(documents: Iterable[Obj]) -> Obj:
    """Made of the OpenAPI v3 documents of all groups; nothing of them is changed."""
    paths: Obj = {}
    definitions: Obj = {}
    for document in documents:
        time.sleep(0)  # the loop, in its own thread, has its turn
        paths |= {path: _path_item(item) for path, item in document["paths"].items()}
        for title, schema in document["components"]["schemas"].items():
            kinds = _kinds(definitions.get(title, {}), schema)
            definitions[title] = _definition(title, schema) | kinds
    return {
        "swagger": "2.0",
        "info": {"title": "Kubernetes", "version": KUBERNETES_VERSION},
        "paths": dict(sorted(paths.items())),
        "definitions": dict(sorted(definitions.items())),
        "securityDefinitions": {
            "BearerToken": {
                "description": "Bearer Token authentication", "type": "apiKey", "name": "authorization",
                "in": "header",
            }
        },
        "security": [{"BearerToken": []}],
    }  # fmt: skip


def _kinds(known: Obj, schema: Obj) -> Obj:
    """A type that several groups share has one definition, which lists all its kinds."""
    name = "x-kubernetes-group-version-kind"
    listed = list(known.get(name, []))
    listed += [gvk for gvk in schema.get(name, []) if gvk not in listed]
    return {name: listed} if listed else {}


def _definition(title: str, schema: Obj) -> Obj:
    if title.rpartition(".")[2] in _TEXT_SHAPED:
        return {**{k: v for k, v in schema.items() if k != "oneOf"}, "type": "string"}
    return _schema(schema)


def _schema(schema: Obj) -> Obj:
    found: Obj = {}
    unsaid = _unsaid(schema)
    for name, value in schema.items():
        if name in unsaid:
            continue
        if name == "$ref":
            found[name] = DEFINITIONS + value.removeprefix(REFERENCE)
        elif name == "allOf" and len(value) == 1:
            found |= _schema(value[0])
        elif name in ("items", "additionalProperties") and isinstance(value, dict):
            found[name] = _schema(value)
        elif name == "allOf":
            continue
        elif name == "properties":
            found[name] = {field: _schema(shape) for field, shape in value.items()}
        elif name not in _DROPPED:
            found[name] = value
    return found


def _unsaid(schema: Obj) -> frozenset[str]:
    """What would make clients refuse values that custom resources may have: nulls and unknown fields."""
    if schema.get("nullable"):
        return frozenset(("type", "items", "properties", "additionalProperties"))
    if schema.get("x-kubernetes-preserve-unknown-fields"):
        return frozenset(("items", "properties"))
    return frozenset()


def _path_item(item: Obj) -> Obj:
    found: Obj = {}
    for method, operation in item.items():
        if method == "parameters":
            found[method] = [_parameter(parameter) for parameter in operation]
        else:
            found[method] = _operation(operation)
    return found


def _operation(operation: Obj) -> Obj:
    found = {
        name: value
        for name, value in operation.items()
        if name not in ("parameters", "requestBody", "responses")
    }
    found["schemes"] = ["https"]
    body = operation.get("requestBody", {})
    content = body.get("content", {})
    found["consumes"] = list(content) or ["*/*"]
    answers = [answer.get("content", {}) for answer in operation["responses"].values()]
    found["produces"] = list(dict.fromkeys(name for answer in answers for name in answer))
    found["parameters"] = [_parameter(parameter) for parameter in operation.get("parameters", [])]
    if content:
        schema = _schema(next(iter(content.values()))["schema"])
        required = {"required": True} if body.get("required") else {}
        found["parameters"].insert(0, {"name": "body", "in": "body", "schema": schema, **required})
    found["responses"] = {code: _response(answer) for code, answer in operation["responses"].items()}
    return found


def _parameter(parameter: Obj) -> Obj:
    named = {name: value for name, value in parameter.items() if name != "schema"}
    return {**named, **parameter["schema"]}


def _response(answer: Obj) -> Obj:
    content = answer.get("content")
    if not content:
        return answer
    schema = _schema(next(iter(content.values()))["schema"])
    return {"description": answer["description"], "schema": schema}
