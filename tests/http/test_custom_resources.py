"""Custom resources over HTTP: discovery and OpenAPI follow them, protobuf is refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.crontabs import GROUP, cron_tab, definition, version
from tests.support.waiting import until
from tuik8s.api.kinds import CUSTOM_RESOURCE_DEFINITION as DEFINITION
from tuik8s.api.objects import is_true

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.http.conftest import Served

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CRON_TABS = f"/apis/{GROUP}/v1/namespaces/default/crontabs"


@pytest.fixture
async def established(served: Served) -> AsyncIterator[Served]:
    plane = served.plane
    controller = asyncio.create_task(plane.api.definition_controller.run())
    before = await served.json("GET", f"/apis/{GROUP}/v1", status=404)
    assert before["reason"] == "NotFound"
    both = definition(version("v1beta1", storage=False), version("v1"))
    await served.json("POST", DEFINITIONS, json=both, status=201)
    await until(plane.client, DEFINITION, lambda found: is_true(found[0], "Established"), limit=10)
    yield served
    controller.cancel()
    await asyncio.gather(controller, return_exceptions=True)


async def test_discovery_follows(established: Served) -> None:
    group = await established.json("GET", f"/apis/{GROUP}")
    assert group["preferredVersion"]["version"] == "v1"
    assert [item["version"] for item in group["versions"]] == ["v1", "v1beta1"]
    listed = await established.json("GET", f"/apis/{GROUP}/v1")
    by_name: dict[str, Any] = {item["name"]: item for item in listed["resources"]}
    assert by_name.keys() == {"crontabs", "crontabs/scale", "crontabs/status"}
    main = by_name["crontabs"]
    assert (main["singularName"], main["shortNames"], main["categories"]) == ("crontab", ["ct"], ["all"])
    assert main["verbs"][-4:] == ["patch", "create", "update", "watch"]
    beta = (await established.json("GET", f"/apis/{GROUP}/v1beta1"))["resources"]
    assert main["storageVersionHash"] == beta[0]["storageVersionHash"]
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    aggregated = await established.json("GET", "/apis", headers={"Accept": accept})
    assert GROUP in [item["metadata"]["name"] for item in aggregated["items"]]
    await established.json("DELETE", f"{DEFINITIONS}/crontabs.{GROUP}")
    await asyncio.sleep(0.1)
    await established.json("GET", f"/apis/{GROUP}", status=404)


async def test_openapi_follows(established: Served) -> None:
    paths = (await established.json("GET", "/openapi/v3"))["paths"]
    url = paths[f"apis/{GROUP}/v1"]["serverRelativeURL"]
    document = await established.json("GET", url)
    schema = document["components"]["schemas"]["com.example.stable.v1.CronTab"]
    assert schema["x-kubernetes-group-version-kind"] == [{"group": GROUP, "version": "v1", "kind": "CronTab"}]
    assert schema["properties"]["spec"]["properties"]["cronSpec"]["type"] == "string"
    assert "ObjectMeta" in schema["properties"]["metadata"]["allOf"][0]["$ref"]
    patch = document["paths"][f"/apis/{GROUP}/v1/namespaces/{{namespace}}/crontabs/{{name}}"]["patch"]
    assert "application/strategic-merge-patch+json" not in patch["requestBody"]["content"]
    assert f"/apis/{GROUP}/v1/namespaces/{{namespace}}/crontabs/{{name}}/scale" in document["paths"]
    changed = await established.json("GET", f"{DEFINITIONS}/crontabs.{GROUP}")
    spec = changed["spec"]["versions"][1]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["properties"]["color"] = {"type": "string"}
    await established.json("PUT", f"{DEFINITIONS}/crontabs.{GROUP}", json=changed)
    after = (await established.json("GET", "/openapi/v3"))["paths"][f"apis/{GROUP}/v1"]["serverRelativeURL"]
    assert after != url


async def test_field_validation_warns_or_refuses(established: Served) -> None:
    wrong = cron_tab(typo=1)
    await established.json("POST", f"{CRON_TABS}?fieldValidation=Strict", json=wrong, status=400)
    async with established.request("POST", f"{CRON_TABS}?fieldValidation=Warn", json=wrong) as response:
        assert response.status == 201
        assert response.headers["Warning"] == '299 - "unknown field \\"spec.typo\\""'
        assert "typo" not in (await response.json())["spec"]


async def test_bodies_in_protobuf_are_refused(established: Served) -> None:
    headers = {"Content-Type": "application/vnd.kubernetes.protobuf"}
    await established.json("POST", CRON_TABS, data=b"k8s\x00", headers=headers, status=415)


async def test_a_table_is_printed_and_watched(established: Served) -> None:
    await established.json("POST", CRON_TABS, json=cron_tab(), status=201)
    headers = {"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1"}
    table = await established.json("GET", CRON_TABS, headers=headers)
    assert table["rows"][0]["cells"][:3] == ["my-cron", "* * * * */5", 1]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    plain = await established.json("GET", f"/apis/{GROUP}/v1beta1/crontabs", headers={})
    assert (plain["kind"], plain["apiVersion"]) == ("CronTabList", f"{GROUP}/v1beta1")
    assert plain["items"][0]["apiVersion"] == f"{GROUP}/v1beta1"
