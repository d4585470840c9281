"""The documents from which clients learn what fields there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp.test_utils import make_mocked_request

from tuik8s.api.kinds import DEPLOYMENT, REPLICA_SET, SERVED
from tuik8s.apiserver.http.openapi import OpenApi
from tuik8s.apiserver.http.protobuf.wire import fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.http.conftest import Served


async def _document(served: Served, path: str) -> Any:
    index = await served.json("GET", "/openapi/v3")
    return await served.json("GET", index["paths"][path]["serverRelativeURL"])


async def test_schemas_refer_to_nothing_that_is_missing(served: Served) -> None:
    index = (await served.json("GET", "/openapi/v3"))["paths"]
    for path in index:
        document = await _document(served, path)
        schemas = document["components"]["schemas"]
        text = json.dumps(document)
        references = {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}
        assert references <= set(schemas)
        assert all(schemas.values())


async def test_every_kind_can_be_patched_with_field_validation(served: Served) -> None:
    for kind in (kind for kind in SERVED if "patch" in kind.verbs):
        root = f"apis/{kind.group}/{kind.version}" if kind.group else f"api/{kind.version}"
        scope = "/namespaces/{namespace}" if kind.namespaced else ""
        document = await _document(served, root)
        patch = document["paths"][f"/{root}{scope}/{kind.plural}/{{name}}"]["patch"]
        assert patch["x-kubernetes-group-version-kind"]["kind"] == kind.kind
        assert "fieldValidation" in [parameter["name"] for parameter in patch["parameters"]]
        assert "application/strategic-merge-patch+json" in patch["requestBody"]["content"]


async def test_schemas_say_how_fields_merge(served: Served) -> None:
    schemas = (await _document(served, "apis/apps/v1"))["components"]["schemas"]
    spec = schemas["io.k8s.api.core.v1.PodSpec"]
    containers = spec["properties"]["containers"]
    assert spec["required"] == ["containers"]
    assert containers["x-kubernetes-patch-merge-key"] == "name"
    assert containers["x-kubernetes-patch-strategy"] == "merge"
    assert containers["x-kubernetes-list-map-keys"] == ["name"]
    assert spec["properties"]["volumes"]["x-kubernetes-patch-strategy"] == "merge,retainKeys"
    deployment = schemas["io.k8s.api.apps.v1.Deployment"]
    assert deployment["x-kubernetes-group-version-kind"][0]["kind"] == "Deployment"
    assert "declarative updates" in deployment["description"]


async def test_documents_are_cached_by_their_digest(served: Served) -> None:
    index = await served.json("GET", "/openapi/v3")
    url = index["paths"]["apis/apps/v1"]["serverRelativeURL"]
    async with served.request("GET", url) as answer:
        assert answer.headers["Cache-Control"] == "public, immutable"
        tag = answer.headers["ETag"]
    plain = url.partition("?")[0]
    async with served.request("GET", plain, headers={"If-None-Match": tag}) as answer:
        assert answer.status == 304
    async with served.request("GET", f"{plain}?hash=0", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, url)
    async with served.request("GET", "/openapi/v3/apis/nosuch/v1") as answer:
        assert answer.status == 404


async def test_fields_have_their_values_and_defaults(served: Served) -> None:
    schemas = (await _document(served, "api/v1"))["components"]["schemas"]
    port = schemas["io.k8s.api.core.v1.ContainerPort"]["properties"]
    assert port["protocol"]["enum"] == ["SCTP", "TCP", "UDP"]
    assert port["protocol"]["default"] == "TCP"
    assert port["containerPort"]["default"] == 0
    pod = schemas["io.k8s.api.core.v1.Pod"]["properties"]
    assert pod["spec"]["allOf"] == [{"$ref": "#/components/schemas/io.k8s.api.core.v1.PodSpec"}]
    assert pod["spec"]["default"] == {}
    quantity = schemas["io.k8s.apimachinery.pkg.api.resource.Quantity"]
    assert quantity["oneOf"] == [{"type": "string"}, {"type": "number"}]
    selector = schemas["io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"]
    assert selector["x-kubernetes-map-type"] == "atomic"


async def test_every_subresource_has_its_paths(served: Served) -> None:
    paths = (await _document(served, "api/v1"))["paths"]
    pod = "/api/v1/namespaces/{namespace}/pods/{name}"
    assert set(paths[f"{pod}/status"]) == {"get", "patch", "put", "parameters"}
    assert "tailLines" in [parameter["name"] for parameter in paths[f"{pod}/log"]["get"]["parameters"]]
    assert paths[f"{pod}/exec"]["post"]["operationId"] == "connectPostCoreV1NamespacedPodExec"
    eviction = paths[f"{pod}/eviction"]["post"]
    assert eviction["x-kubernetes-group-version-kind"] == {
        "group": "policy", "version": "v1", "kind": "Eviction",
    }  # fmt: skip
    apps = (await _document(served, "apis/apps/v1"))["paths"]
    scale = apps["/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"]["get"]
    answered = scale["responses"]["200"]["content"]["application/json"]["schema"]
    assert answered == {"$ref": "#/components/schemas/io.k8s.api.autoscaling.v1.Scale"}


async def test_each_operation_has_a_name_of_its_own(served: Served) -> None:
    index = (await served.json("GET", "/openapi/v3"))["paths"]
    documents = [await _document(served, path) for path in index]
    items = [item for document in documents for item in document["paths"].values()]
    names = [item[method]["operationId"] for item in items for method in item if method != "parameters"]
    assert len(names) == len(set(names))


async def test_what_is_no_resource_is_described_too(served: Served) -> None:
    index = (await served.json("GET", "/openapi/v3"))["paths"]
    assert {"version", "api", "apis", "apis/apps"} <= set(index)
    assert "/version/" in (await _document(served, "version"))["paths"]


async def test_swagger_is_whole_as_json(served: Served) -> None:
    document = await served.json("GET", "/openapi/v2")
    definitions = document["definitions"]
    text = json.dumps(document)
    assert "#/components" not in text
    references = {part.partition('"')[0] for part in text.split('"#/definitions/')[1:]}
    assert references <= set(definitions)
    assert definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"]["type"] == "string"
    named = {entry["kind"] for entry in _named_kinds(definitions)}
    assert named >= {kind.kind for kind in SERVED}
    post = document["paths"]["/apis/apps/v1/namespaces/{namespace}/deployments"]["post"]
    assert post["parameters"][0] == {
        "name": "body", "in": "body", "required": True,
        "schema": {"$ref": "#/definitions/io.k8s.api.apps.v1.Deployment"},
    }  # fmt: skip


async def test_swagger_is_as_whole_in_protobuf(served: Served) -> None:
    document = await served.json("GET", "/openapi/v2")
    accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    async with served.request("GET", "/openapi/v2", headers={"Accept": accept}) as answer:
        assert answer.headers["Content-Type"].endswith("spec.v2.v1.0+protobuf")
        decoded = dict(fields(await answer.read()))
    assert decoded[1] == b"2.0"
    definitions = dict(_named(decoded[9], 1))
    assert set(definitions) == set(document["definitions"])
    container = "io.k8s.api.core.v1.Container"
    properties = dict(fields(definitions[container]))[25]
    assert set(dict(_named(properties, 1))) == set(document["definitions"][container]["properties"])
    assert [path for path, _ in _named(decoded[8], 2)] == list(document["paths"])
    await served.json("GET", "/openapi/v2", headers={"Accept": "text/html"}, status=406)


def _named(message: Any, number: int) -> Iterator[tuple[str, bytes]]:
    """Of a message that holds names and values under one number."""
    for found, value in fields(message):
        if found == number and isinstance(value, bytes):
            entry = dict(fields(value))
            name, held = entry[1], entry[2]
            assert isinstance(name, bytes)
            assert isinstance(held, bytes)
            yield name.decode(), held


def _named_kinds(definitions: Any) -> Iterator[Any]:
    for schema in definitions.values():
        yield from schema.get("x-kubernetes-group-version-kind", ())


async def test_documents_follow_the_registry() -> None:
    kinds = [kind for kind in SERVED if not kind.group]
    api = OpenApi(kinds)
    before = await _index(api)
    kinds.append(DEPLOYMENT)
    after = await _index(api)
    assert after["api/v1"] == before["api/v1"]
    assert "apis/apps/v1" in after.keys() - before.keys()
    kinds.append(REPLICA_SET)
    assert (await _index(api))["apis/apps/v1"] != after["apis/apps/v1"]


async def _index(api: OpenApi) -> Any:
    response = await api.serve(make_mocked_request("GET", "/openapi/v3"), ["v3"], {})
    assert isinstance(response.body, bytes)
    return json.loads(response.body)["paths"]


async def test_large_documents_are_compressed_once(served: Served) -> None:
    async with served.request("GET", "/openapi/v3/api/v1") as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "components" in await answer.json(content_type=None)
    async with served.request("GET", "/openapi/v3/api/v1", headers={"Accept-Encoding": "identity"}) as answer:
        assert "Content-Encoding" not in answer.headers
