"""Verbs, options and forms of answers."""

from __future__ import annotations

import gzip

import pytest

from tests.http.conftest import CONFIG_MAPS, PODS, Served, config_map, pod

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io"
APPLY = {"Content-Type": "application/apply-patch+yaml"}


async def test_an_object_s_life(served: Served) -> None:
    created = await served.json("POST", CONFIG_MAPS, json=config_map("a", x="1"), status=201)
    assert created["metadata"]["uid"]
    created["data"]["x"] = "2"
    updated = await served.json("PUT", f"{CONFIG_MAPS}/a", json=created)
    stale = await served.json("PUT", f"{CONFIG_MAPS}/a", json=created, status=409)
    assert stale["reason"] == "Conflict"
    headers = {"Content-Type": "application/merge-patch+json; charset=utf-8"}
    patched = await served.json("PATCH", f"{CONFIG_MAPS}/a", json={"data": {"y": "3"}}, headers=headers)
    assert patched["data"] == {"x": "2", "y": "3"}
    assert int(patched["metadata"]["resourceVersion"]) > int(updated["metadata"]["resourceVersion"])
    deleted = await served.json("DELETE", f"{CONFIG_MAPS}/a")
    assert (deleted["kind"], deleted["status"]) == ("Status", "Success")
    assert deleted["details"] == {"name": "a", "kind": "configmaps", "uid": created["metadata"]["uid"]}
    missing = await served.json("GET", f"{CONFIG_MAPS}/a", status=404)
    assert missing["message"] == 'configmaps "a" not found'


async def test_a_deleted_pod_is_answered_with_itself(served: Served) -> None:
    await served.json("POST", PODS, json=pod("a"), status=201)
    body = {"gracePeriodSeconds": 0, "propagationPolicy": "Background"}
    assert (await served.json("DELETE", f"{PODS}/a", json=body))["kind"] == "Pod"


async def test_an_object_that_waits_for_finalizers_is_answered_with_itself(served: Served) -> None:
    held = config_map("a")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    await served.json("POST", CONFIG_MAPS, json=held, status=201)
    deleted = await served.json("DELETE", f"{CONFIG_MAPS}/a")
    assert deleted["metadata"]["deletionTimestamp"]


async def test_deletion_options_of_the_query_count_without_a_body(served: Served) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("a"), status=201)
    await served.json("DELETE", f"{CONFIG_MAPS}/a?dryRun=All")
    wrong = await served.json("DELETE", f"{CONFIG_MAPS}/a?propagationPolicy=Sideways", status=422)
    assert wrong["details"]["causes"][0]["field"] == "propagationPolicy"
    body = {"preconditions": {"uid": "another"}}
    assert (await served.json("DELETE", f"{CONFIG_MAPS}/a", json=body, status=409))["reason"] == "Conflict"
    held = await served.json("DELETE", f"{CONFIG_MAPS}/a?orphanDependents=True")
    assert held["metadata"]["finalizers"] == ["orphan"]


async def test_yaml_and_bodies_without_type_are_read(served: Served) -> None:
    text = "metadata: {name: a}\ndata: {when: '2026-01-01', then: x}\n"
    headers = {"Content-Type": "application/yaml"}
    created = await served.json("POST", CONFIG_MAPS, data=text, headers=headers, status=201)
    assert created["kind"] == "ConfigMap"
    async with served.request("GET", f"{CONFIG_MAPS}/a", headers={"Accept": "application/yaml"}) as answer:
        assert answer.content_type == "application/yaml"
        assert "name: a\n" in await answer.text()
    no_type = {"metadata": {"name": "b"}}
    await served.json("POST", CONFIG_MAPS, json=no_type, headers={"Content-Type": ""}, status=201)


async def test_apply_creates_then_changes_then_conflicts(served: Served) -> None:
    path = f"{CONFIG_MAPS}/a?fieldManager=one"
    await served.json("PATCH", path, json=config_map("a", x="1"), headers=APPLY, status=201)
    await served.json("PATCH", path, json=config_map("a", x="2"), headers=APPLY)
    other = f"{CONFIG_MAPS}/a?fieldManager=two"
    refused = await served.json("PATCH", other, json=config_map("a", x="3"), headers=APPLY, status=409)
    assert refused["details"]["causes"][0]["reason"] == "FieldManagerConflict"
    await served.json("PATCH", f"{other}&force=true", json=config_map("a", x="3"), headers=APPLY)


async def test_unknown_fields_are_refused_warned_of_or_ignored(served: Served) -> None:
    body = {**config_map("a"), 'da"ta': {}}
    strict = await served.json("POST", f"{CONFIG_MAPS}?fieldValidation=Strict", json=body, status=400)
    assert 'strict decoding error: unknown field "da"ta"' in strict["message"]
    async with served.request("POST", f"{CONFIG_MAPS}?dryRun=All", json=body) as answer:
        assert answer.headers.getall("Warning") == ['299 - "unknown field \\"da\\"ta\\""']
    async with served.request("POST", f"{CONFIG_MAPS}?fieldValidation=Ignore", json=body) as answer:
        assert answer.status == 201
        assert "Warning" not in answer.headers


async def test_dry_runs_store_nothing(served: Served) -> None:
    await served.json("POST", f"{CONFIG_MAPS}?dryRun=All", json=config_map("a"), status=201)
    await served.json("GET", f"{CONFIG_MAPS}/a", status=404)
    await served.json("POST", f"{CONFIG_MAPS}?dryRun=Some", json=config_map("a"), status=422)


async def test_lists_are_selected_and_paged(served: Served) -> None:
    for name in "abc":
        labelled = config_map(name)
        labelled["metadata"]["labels"] = {"app": "x" if name < "c" else "y"}
        await served.json("POST", CONFIG_MAPS, json=labelled, status=201)
    chosen = await served.json("GET", f"{CONFIG_MAPS}?labelSelector=app+in+%28x%2Cz%29")
    assert [item["metadata"]["name"] for item in chosen["items"]] == ["a", "b"]
    chosen = await served.json("GET", f"{CONFIG_MAPS}?fieldSelector=metadata.name=c")
    assert [item["metadata"]["name"] for item in chosen["items"]] == ["c"]
    page = await served.json("GET", f"{CONFIG_MAPS}?limit=2&timeout=32s")
    assert page["metadata"]["remainingItemCount"] == 1
    await served.json("DELETE", f"{CONFIG_MAPS}/c")
    token = page["metadata"]["continue"]
    rest = await served.json("GET", f"{CONFIG_MAPS}?limit=2&continue={token}")
    assert [item["metadata"]["name"] for item in rest["items"]] == ["c"]
    assert rest["metadata"]["resourceVersion"] == page["metadata"]["resourceVersion"]
    nothing = await served.json("DELETE", f"{CONFIG_MAPS}?labelSelector=app=x")
    assert nothing["kind"] == "ConfigMapList"
    assert (await served.json("GET", "/api/v1/configmaps"))["items"] == []


@pytest.mark.parametrize(
    ("query", "shown"), [("", "PartialObjectMetadata"), ("&includeObject=Object", "Pod")]
)
async def test_tables_carry_what_is_asked_for(served: Served, query: str, shown: str) -> None:
    await served.json("POST", PODS, json=pod("a"), status=201)
    table = await served.json("GET", f"{PODS}?limit=500{query}", headers={"Accept": TABLE})
    assert (table["kind"], table["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert [column["name"] for column in table["columnDefinitions"]][:3] == ["Name", "Ready", "Status"]
    assert table["rows"][0]["cells"][:3] == ["a", "0/1", "Pending"]
    assert table["rows"][0]["object"]["kind"] == shown
    one = await served.json("GET", f"{PODS}/a?includeObject=None", headers={"Accept": TABLE})
    assert one["rows"][0]["object"] is None


async def test_metadata_alone_can_be_had(served: Served) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("a", x="1"), status=201)
    accept = "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata{0};g=meta.k8s.io;v=v1," + (
        "application/json;as=PartialObjectMetadata{0};g=meta.k8s.io;v=v1,application/json"
    )
    one = await served.json("GET", f"{CONFIG_MAPS}/a", headers={"Accept": accept.format("")})
    assert (one["kind"], "data" in one) == ("PartialObjectMetadata", False)
    many = await served.json("GET", CONFIG_MAPS, headers={"Accept": accept.format("List")})
    assert many["kind"] == "PartialObjectMetadataList"
    assert many["items"][0]["metadata"]["name"] == "a"


async def test_scales_are_read_printed_and_changed(served: Served) -> None:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": pod("x")["spec"]}
    spec = {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    path = "/apis/apps/v1/namespaces/default/deployments"
    await served.json("POST", path, json={"metadata": {"name": "web"}, "spec": spec}, status=201)
    scale = await served.json("GET", f"{path}/web/scale")
    scale["spec"]["replicas"] = 4
    assert (await served.json("PUT", f"{path}/web/scale", json=scale))["spec"] == {"replicas": 4}
    table = await served.json("GET", f"{path}/web/scale", headers={"Accept": TABLE})
    assert table["rows"][0]["cells"][:2] == ["web", 4]


async def test_large_answers_are_compressed_for_those_who_can_read_them(served: Served) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("a", x="y" * 200_000), status=201)
    served.session._auto_decompress = False
    async with served.request("GET", f"{CONFIG_MAPS}/a", headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        body = await answer.read()
    assert len(body) < 10_000
    assert b"yyyy" in gzip.decompress(body)
    async with served.request("GET", f"{CONFIG_MAPS}/a", headers={"Accept-Encoding": "identity"}) as answer:
        assert len(await answer.read()) > 200_000


async def test_pretty_is_for_people(served: Served) -> None:
    async with served.request("GET", f"{CONFIG_MAPS}?pretty=true") as answer:
        assert (await answer.text()).startswith('{\n  "')
    async with served.request("GET", CONFIG_MAPS, headers={"User-Agent": "curl/8.5"}) as answer:
        assert (await answer.text()).startswith('{\n  "')
    async with served.request("GET", CONFIG_MAPS) as answer:
        assert "\n" not in (await answer.text()).rstrip("\n")


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", CONFIG_MAPS, {"Accept": "image/png"}, 406),
        ("GET", CONFIG_MAPS, {"Accept": "application/vnd.kubernetes.protobuf"}, 406),
        ("POST", CONFIG_MAPS, {"Content-Type": "text/csv"}, 415),
        ("PATCH", f"{CONFIG_MAPS}/a", {"Content-Type": "application/json"}, 415),
        ("POST", f"{CONFIG_MAPS}/a", {}, 405),
        ("PUT", CONFIG_MAPS, {}, 405),
        ("GET", "/apis/batch/v1/nosuch", {}, 404),
        ("GET", "/api/v1/pods/a", {}, 404),
        ("GET", "/api/v1/namespaces/default/nodes", {}, 404),
        ("GET", f"{PODS}/a/portforward", {}, 400),
        ("GET", f"{CONFIG_MAPS}?resourceVersionMatch=Exact", {}, 422),
        ("GET", f"{CONFIG_MAPS}?sendInitialEvents=true", {}, 422),
    ],
)
async def test_refusals_are_statuses(
    served: Served, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    body = b"{}" if method != "GET" else None
    answer = await served.json(method, path, headers=headers, data=body, status=status)
    assert (answer["kind"], answer["status"], answer["code"]) == ("Status", "Failure", status)


async def test_evictions_and_bindings_are_posted(served: Served) -> None:
    await served.json("POST", PODS, json=pod("a"), status=201)
    binding = {"kind": "Binding", "apiVersion": "v1", "target": {"kind": "Node", "name": "n"}}
    bound = await served.json("POST", f"{PODS}/a/binding", json=binding, status=201)
    assert bound["status"] == "Success"
    eviction = {"metadata": {"name": "a", "namespace": "default"}}
    assert (await served.json("POST", f"{PODS}/a/eviction", json=eviction, status=201))["status"] == "Success"


async def test_a_kind_without_a_controller_is_served_with_a_warning(served: Served) -> None:
    path = "/apis/apps/v1/namespaces/default/statefulsets"
    template = {
        "metadata": {"labels": {"app": "db"}},
        "spec": {"containers": [{"name": "db", "image": "postgres"}]},
    }
    spec = {"selector": {"matchLabels": {"app": "db"}}, "serviceName": "db", "template": template}
    body = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"}, "spec": spec}
    text = "StatefulSet has no controller in this release of tuik8s: nothing will act on it"
    async with served.request("POST", path, json=body) as answer:
        assert answer.status == 201
        assert answer.headers.getall("Warning") == [f'299 - "{text}"']
    async with served.request("PUT", f"{path}/db", json=body) as answer:
        assert answer.status == 200
        assert "Warning" not in answer.headers
    apply = {"Content-Type": "application/apply-patch+yaml"}
    async with served.request(
        "PATCH", f"{path}/db?fieldManager=me&force=true", json=body, headers=apply
    ) as answer:
        assert answer.status == 200
        assert text in answer.headers["Warning"]


async def test_a_resource_version_is_a_number(served: Served) -> None:
    await served.json("POST", CONFIG_MAPS, json=config_map("a"), status=201)
    changed = config_map("a") | {"metadata": {"name": "a", "resourceVersion": "new"}}
    refused = await served.json("PUT", f"{CONFIG_MAPS}/a", json=changed, status=422)
    assert refused["details"]["causes"][0]["field"] == "metadata.resourceVersion"
    patch = {"metadata": {"resourceVersion": "-1"}}
    headers = {"Content-Type": "application/merge-patch+json"}
    await served.json("PATCH", f"{CONFIG_MAPS}/a", json=patch, headers=headers, status=422)
