"""What clients learn before they ask for anything."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.api.kinds import SERVED

if TYPE_CHECKING:
    from tests.http.conftest import Served

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
OLD = f"{AGGREGATED.format('v2beta1')},application/json"
NEW = f"{AGGREGATED.format('v2')},{OLD}"


@pytest.mark.parametrize(("accept", "version"), [(NEW, "v2"), (OLD, "v2beta1")])
async def test_aggregated_discovery_answers_in_the_version_asked_for(
    served: Served, accept: str, version: str
) -> None:
    async with served.request("GET", "/apis?timeout=32s", headers={"Accept": accept}) as answer:
        assert answer.headers["Content-Type"] == AGGREGATED.format(version)
        assert answer.headers["Vary"] == "Accept"
        found = await answer.json(content_type=None)
    assert found["apiVersion"] == f"apidiscovery.k8s.io/{version}"
    apps = next(item for item in found["items"] if item["metadata"]["name"] == "apps")
    resources = apps["versions"][0]["resources"]
    assert [entry["resource"] for entry in resources] == [
        "controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets",
    ]  # fmt: skip
    deployments = resources[2]
    assert deployments["responseKind"] == {"group": "apps", "version": "v1", "kind": "Deployment"}
    assert [entry["subresource"] for entry in deployments["subresources"]] == ["scale", "status"]
    core = await served.json("GET", "/api", headers={"Accept": accept})
    assert core["items"][0]["metadata"] == {"creationTimestamp": None}


async def test_older_clients_get_the_older_lists(served: Served) -> None:
    assert (await served.json("GET", "/api/"))["versions"] == ["v1"]
    groups = (await served.json("GET", "/apis/"))["groups"]
    preferred = {group["name"]: group["preferredVersion"]["groupVersion"] for group in groups}
    assert (preferred["apps"], preferred["autoscaling"]) == ("apps/v1", "autoscaling/v2")
    assert (await served.json("GET", "/apis/apps"))["kind"] == "APIGroup"
    resources = {entry["name"]: entry for entry in (await served.json("GET", "/api/v1"))["resources"]}
    assert resources["pods"]["shortNames"] == ["po"]
    assert resources["pods/eviction"]["kind"] == "Eviction"
    assert resources["pods/eviction"]["group"] == "policy"
    assert not {"pods/portforward", "pods/attach", "pods/proxy"} & set(resources)  # not served yet
    assert "deletecollection" not in resources["namespaces"]["verbs"]
    await served.json("DELETE", "/api/v1/namespaces", status=405)
    await served.json("GET", "/apis/nosuch", status=404)
    await served.json("GET", "/apis/apps/v9", status=404)


async def test_the_version_has_every_field(served: Served) -> None:
    version = await served.json("GET", "/version")
    assert {"major", "minor", "gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler",
            "platform"} <= set(version)  # fmt: skip
    assert all(isinstance(value, str) for value in version.values())


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
    for kind in SERVED:
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


async def test_openapi_v2_is_protobuf_with_a_media_type_that_can_be_parsed(served: Served) -> None:
    accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    async with served.request("GET", "/openapi/v2", headers={"Accept": accept}) as answer:
        body = await answer.read()
        assert answer.headers["Content-Type"].endswith("spec.v2.v1.0+protobuf")
    assert body.startswith(b"\x0a\x032.0")
    assert b"/apis/apps/v1/namespaces/{namespace}/deployments/{name}" in body
    await served.json("GET", "/openapi/v2", headers={"Accept": "application/json"}, status=406)


async def test_health_lists_its_checks(served: Served) -> None:
    async with served.request("GET", "/readyz?verbose") as answer:
        assert await answer.text() == "[+]ping ok\n[+]log ok\nreadyz check passed\n"
    async with served.request("GET", "/livez/ping") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")
    async with served.request("GET", "/livez/nosuch") as answer:
        assert answer.status == 404


async def test_metrics_are_prometheus_text(served: Served) -> None:
    await served.json("GET", "/api/v1/pods")
    async with served.request("GET", "/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = (await answer.text()).splitlines()
    assert "# TYPE apiserver_request_total counter" in lines
    assert 'apiserver_request_total{verb="LIST"} 1' in lines
