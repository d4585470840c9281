"""What clients learn before they ask for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
    assert {"pods/portforward", "pods/attach", "pods/exec"} <= set(resources)
    assert "deletecollection" not in resources["namespaces"]["verbs"]
    assert (resources["pods"]["storageVersionHash"], "storageVersionHash" in resources["bindings"]) == (
        "xPOwRZ+Yhw8=", False,
    )  # fmt: skip
    (events,) = (await served.json("GET", "/apis/events.k8s.io/v1"))["resources"]
    assert events["storageVersionHash"] == resources["events"]["storageVersionHash"] == "r2yiGXH7wu8="
    autoscalers = [
        await served.json("GET", f"/apis/autoscaling/{version}") for version in ("v1", "v2", "v2beta1")
    ]
    assert len({found["resources"][0]["storageVersionHash"] for found in autoscalers}) == 1
    await served.json("DELETE", "/api/v1/namespaces", status=405)
    await served.json("GET", "/apis/nosuch", status=404)
    await served.json("GET", "/apis/apps/v9", status=404)


async def test_the_version_has_every_field(served: Served) -> None:
    version = await served.json("GET", "/version")
    assert {"major", "minor", "gitVersion", "gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler",
            "platform"} <= set(version)  # fmt: skip
    assert all(isinstance(value, str) for value in version.values())


async def test_retired_versions_lead_to_what_took_their_place(served: Served) -> None:
    batch = await served.json("GET", "/apis/batch")
    assert batch["preferredVersion"]["version"] == "v1"
    assert "batch/v1beta1" in [version["groupVersion"] for version in batch["versions"]]
    (entry, _) = (await served.json("GET", "/apis/batch/v1beta1"))["resources"]
    assert (entry["name"], entry["kind"]) == ("cronjobs", "CronJob")
    assert "shortNames" not in entry
    found = await served.json("GET", "/apis/extensions/v1beta1/namespaces/default/deployments")
    assert (found["kind"], found["apiVersion"]) == ("DeploymentList", "apps/v1")
    await served.json("GET", "/apis/batch/v1beta1/jobs", status=404)
