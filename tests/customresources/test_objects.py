"""Objects of custom kinds: written, patched, applied, scaled, selected, printed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.crontabs import GROUP, cron_tab, definition, version
from tuik8s.api.errors import BadRequest, Conflict, Invalid, NotFound, UnsupportedMediaType
from tuik8s.api.kinds import CUSTOM_RESOURCE_DEFINITION as DEFINITION
from tuik8s.api.objects import is_true
from tuik8s.api.request import PatchType, Request, Verb

if TYPE_CHECKING:
    from tests.customresources.conftest import Definitions
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime


async def test_defaults_and_unknown_fields(definitions: Definitions) -> None:
    kind = await definitions.create()
    created = await definitions.client.create(kind, cron_tab())
    assert created["spec"] == {
        "cronSpec": "* * * * */5", "image": "busybox", "replicas": 1, "mode": "often"
    }  # fmt: skip
    wrong = cron_tab("b", typo=1, ports=[{"name": "x", "port": "http", "extra": None}], image=None)
    with pytest.raises(BadRequest) as refusal:
        await definitions.client.create(kind, wrong)
    assert refusal.value.message == (
        'CronTab in version "v1" cannot be handled as a CronTab: strict decoding error: '
        'unknown field "spec.ports[0].extra", unknown field "spec.typo"'
    )
    request = Request(verb=Verb.CREATE, kind=kind, namespace="default", body=wrong, field_validation="Warn")
    response = await definitions.plane.api.send(request)
    assert response.warnings == ('unknown field "spec.ports[0].extra"', 'unknown field "spec.typo"')
    assert response.object["spec"]["ports"] == [{"name": "x", "port": "http"}]
    assert response.object["spec"]["image"] == "busybox"  # null is no value here


async def test_finalizers_had_better_name_a_domain_and_a_path(definitions: Definitions) -> None:
    kind = await definitions.create()
    wanted = cron_tab()
    wanted["metadata"]["finalizers"] = ["cron.example.org", "example.org/cron", "orphan"]
    request = Request(verb=Verb.CREATE, kind=kind, namespace="default", body=wanted)
    response = await definitions.plane.api.send(request)
    assert response.warnings == (
        'metadata.finalizers: "cron.example.org": prefer a domain-qualified finalizer name including a path '
        "(/) to avoid accidental conflicts with other finalizer writers",
    )
    patch: Obj = {"metadata": {"labels": {"a": "b"}}}
    name = wanted["metadata"]["name"]
    again = Request(
        verb=Verb.PATCH, kind=kind, namespace="default", name=name, body=patch, patch_type=PatchType.MERGE
    )
    assert (await definitions.plane.api.send(again)).warnings == ()


async def test_free_form_parts_keep_everything(definitions: Definitions) -> None:
    kind = await definitions.create()
    template = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": {"a": [1]}}
    made = await definitions.client.create(kind, cron_tab(options={"deep": {"er": None}}, template=template))
    assert made["spec"]["options"] == {"deep": {"er": None}}
    assert made["spec"]["template"] == template
    with pytest.raises(Invalid, match=r"spec.template.kind: Required value: must not be empty"):
        await definitions.client.create(kind, cron_tab("b", template={"apiVersion": "v1"}))


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"replicas": "3"}, 'spec.replicas: Invalid value: "string": spec.replicas in body must be of type '
         'integer: "string"'),
        ({"replicas": 0}, "spec.replicas in body should be greater than or equal to 1"),
        ({"mode": "never"}, 'spec.mode: Unsupported value: "never": supported values: "once", "often"'),
        ({"cronSpec": None}, "spec.cronSpec: Required value"),
        ({"tags": ["a", "b", "a"]}, 'spec.tags[2]: Duplicate value: "a"'),
        ({"ports": [{"name": "a"}, {"name": "a"}]}, 'spec.ports[1]: Duplicate value: {"name":"a"}'),
        ({"mode": "once", "replicas": 2}, "spec: Invalid value: once means one replica"),
    ],
)  # fmt: skip
async def test_invalid_objects(definitions: Definitions, spec: Obj, words: str) -> None:
    kind = await definitions.create()
    with pytest.raises(Invalid) as refusal:
        await definitions.client.create(kind, cron_tab(**spec))
    assert words in refusal.value.message


async def test_metadata_is_that_of_every_object(definitions: Definitions) -> None:
    kind = await definitions.create()
    wrong: Any = cron_tab()
    wrong["metadata"]["labels"] = {"a": 1}
    with pytest.raises(BadRequest, match=r"cannot unmarshal number into Go struct field ObjectMeta."):
        await definitions.client.create(kind, wrong)
    wrong["metadata"]["labels"] = {"a": "not valid!"}
    with pytest.raises(Invalid, match=r"metadata.labels: Invalid value"):
        await definitions.client.create(kind, wrong)


async def test_generation_and_status(definitions: Definitions) -> None:
    kind = await definitions.create()
    made = await definitions.client.create(kind, {**cron_tab(), "status": {"phase": "mine"}})
    assert "status" not in made
    changed = await definitions.client.patch(
        kind, "default", "my-cron", {"spec": {"replicas": 2}, "status": {"phase": "mine"}}
    )
    assert (changed["metadata"]["generation"], changed.get("status")) == (2, None)
    patch = {"status": {"phase": "Done"}, "spec": {"replicas": 9}, "metadata": {"labels": {"a": "b"}}}
    status = await definitions.client.patch(kind, "default", "my-cron", patch, subresource="status")
    assert status["status"] == {"phase": "Done"}
    assert (status["spec"]["replicas"], status["metadata"]["generation"]) == (2, 2)
    assert "labels" not in status["metadata"]
    with pytest.raises(Invalid, match=r"status.phase in body must be of type string"):
        await definitions.client.patch(
            kind, "default", "my-cron", {"status": {"phase": 1}}, subresource="status"
        )


async def test_a_status_that_is_no_subresource_is_a_field(definitions: Definitions) -> None:
    kind = await definitions.create(definition(version(subresources={})))
    made = await definitions.client.create(kind, {**cron_tab(), "status": {"phase": "mine"}})
    assert made["status"] == {"phase": "mine"}
    changed = await definitions.client.patch(kind, "default", "my-cron", {"status": {"phase": "x"}})
    assert changed["metadata"]["generation"] == 2
    with pytest.raises(NotFound):
        await definitions.client.patch(kind, "default", "my-cron", {"status": {}}, subresource="status")


async def test_transition_rules_compare_with_the_old_object(definitions: Definitions) -> None:
    kind = await definitions.create()
    await definitions.client.create(kind, cron_tab(image="one"))
    with pytest.raises(Invalid, match="spec: Invalid value: image is immutable"):
        await definitions.client.patch(kind, "default", "my-cron", {"spec": {"image": "two"}})


async def test_updates_name_the_revision(definitions: Definitions) -> None:
    kind = await definitions.create()
    made = await definitions.client.create(kind, cron_tab())
    await definitions.client.patch(kind, "default", "my-cron", {"spec": {"replicas": 2}})
    with pytest.raises(Conflict):
        await definitions.client.update(kind, made)
    with pytest.raises(Invalid, match=r"metadata.resourceVersion: .* must be specified for an update"):
        await definitions.client.update(kind, cron_tab())


async def test_patches(definitions: Definitions) -> None:
    kind = await definitions.create()
    client = definitions.client
    await client.create(kind, cron_tab(tags=["a", "b"]))
    operations = [{"op": "remove", "path": "/spec/tags/0"}]
    patched = await client.patch(kind, "default", "my-cron", operations, patch_type=PatchType.JSON)
    assert patched["spec"]["tags"] == ["b"]
    with pytest.raises(UnsupportedMediaType) as refusal:
        await client.patch(kind, "default", "my-cron", {}, patch_type=PatchType.STRATEGIC)
    assert "application/merge-patch+json" in refusal.value.message


async def test_server_side_apply_merges_by_the_schema(definitions: Definitions) -> None:
    kind = await definitions.create()
    client = definitions.client
    one = cron_tab(tags=["a"], ports=[{"name": "http", "port": 80}])
    await client.apply(kind, one, field_manager="one")
    two = {**cron_tab(), "spec": {"tags": ["b"], "ports": [{"name": "dns", "port": 53}]}}
    merged = (await client.apply(kind, two, field_manager="two")).object
    assert merged["spec"]["tags"] in (["a", "b"], ["b", "a"])
    assert {port["name"] for port in merged["spec"]["ports"]} == {"http", "dns"}
    with pytest.raises(Conflict, match=r'conflict with "one": .spec.ports\[name="http"\].port'):
        await client.apply(
            kind, {**cron_tab(), "spec": {"ports": [{"name": "http", "port": 81}]}}, field_manager="three"
        )
    rest = (await client.apply(kind, cron_tab(), field_manager="one")).object
    assert rest["spec"]["tags"] == ["b"]
    assert rest["spec"]["ports"] == [{"name": "dns", "port": 53}]


async def test_scale(definitions: Definitions) -> None:
    kind = await definitions.create()
    client = definitions.client
    await client.create(kind, cron_tab(replicas=2))
    status = {"status": {"replicas": 1, "labelSelector": "app=cron"}}
    await client.patch(kind, "default", "my-cron", status, subresource="status")
    scale = await client.get(kind, "default", "my-cron", subresource="scale")
    assert (scale["spec"], scale["status"]) == ({"replicas": 2}, {"replicas": 1, "selector": "app=cron"})
    patch = {"spec": {"replicas": 4}}
    await client.patch(kind, "default", "my-cron", patch, subresource="scale")
    assert (await client.get(kind, "default", "my-cron"))["spec"]["replicas"] == 4


async def test_scale_of_a_field_anywhere_is_applied(definitions: Definitions) -> None:
    wanted = version("v1")
    wanted["subresources"]["scale"]["specReplicasPath"] = ".spec.options.size"
    kind = await definitions.create(definition(version("v1beta1", storage=False), wanted))
    beta = replace(kind, version="v1beta1")
    made = {**cron_tab(options={"size": 1, "other": 2}), "apiVersion": beta.api_version}
    await definitions.client.apply(beta, made, field_manager="maker")
    meta = {"name": "my-cron", "namespace": "default"}
    body = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": meta, "spec": {"replicas": 4}}
    request = Request(
        verb=Verb.PATCH, kind=kind, namespace="default", name="my-cron", subresource="scale", body=body,
        patch_type=PatchType.APPLY, field_manager="me",
    )  # fmt: skip
    with pytest.raises(Conflict, match=r'conflict with "maker": \.spec\.replicas'):
        await definitions.plane.api.send(request)

    await definitions.plane.api.send(replace(request, force=True))

    found = await definitions.client.get(kind, "default", "my-cron")
    assert found["spec"]["options"] == {"size": 4, "other": 2}
    owned = {entry["manager"]: entry["fieldsV1"]["f:spec"] for entry in found["metadata"]["managedFields"]}
    assert owned["me"] == {"f:options": {"f:size": {}}}
    assert owned["maker"]["f:options"] == {"f:other": {}}


async def test_tables_and_selectors(definitions: Definitions) -> None:
    kind = await definitions.create()
    client = definitions.client
    await client.create(kind, cron_tab("a"))
    await client.create(kind, cron_tab("b", mode="once"))
    table = await client.list(kind, as_table=True)
    names = [(column["name"], column["priority"]) for column in table["columnDefinitions"]]
    assert names == [("Name", 0), ("Spec", 0), ("Replicas", 0), ("Image", 1), ("Age", 0)]
    assert table["rows"][0]["cells"] == ["a", "* * * * */5", 1, "busybox", "0s"]
    found = await client.list(kind, field_selector="spec.mode=once")
    assert [item["metadata"]["name"] for item in found["items"]] == ["b"]
    with pytest.raises(BadRequest, match=r"field label not supported|not a known field selector"):
        await client.list(kind, field_selector="spec.image=busybox")


async def test_several_versions_are_one_set_of_objects(definitions: Definitions) -> None:
    beta = version("v1beta1", storage=False, additionalPrinterColumns=[])
    del beta["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["image"]
    beta["schema"]["openAPIV3Schema"]["properties"]["spec"]["x-kubernetes-validations"] = []
    old = version("v1alpha1", storage=False, served=False)
    await definitions.create(definition(old, beta, version("v1")))
    client, kinds = definitions.client, definitions.plane.kinds
    v1, v1beta1 = kinds.by_plural(GROUP, "v1", "crontabs"), kinds.by_plural(GROUP, "v1beta1", "crontabs")
    assert v1 is not None
    assert v1beta1 is not None
    assert kinds.find("crontabs") == v1  # the preferred one
    assert kinds.by_plural(GROUP, "v1alpha1", "crontabs") is None
    await client.create(v1beta1, {**cron_tab(), "apiVersion": f"{GROUP}/v1beta1"})
    stored = await client.get(v1, "default", "my-cron")
    assert (stored["apiVersion"], stored["spec"]["image"]) == (f"{GROUP}/v1", "busybox")
    seen = await client.get(v1beta1, "default", "my-cron")
    assert (seen["apiVersion"], "image" in seen["spec"]) == (f"{GROUP}/v1beta1", False)
    await client.patch(v1beta1, "default", "my-cron", {"spec": {"replicas": 3}})
    assert (await client.get(v1, "default", "my-cron"))["spec"]["replicas"] == 3


async def test_a_new_storage_version_is_remembered(definitions: Definitions) -> None:
    kind = await definitions.create()
    name = f"crontabs.{GROUP}"
    await definitions.client.create(kind, cron_tab())

    def move(spec: Obj) -> None:
        spec["versions"][0]["storage"] = False
        spec["versions"].append(version("v2"))

    changed = await definitions.change(name, move)
    assert changed["status"]["storedVersions"] == ["v1", "v2"]
    v2 = definitions.plane.kinds.by_plural(GROUP, "v2", "crontabs")
    assert v2 is not None
    assert (await definitions.client.get(v2, "default", "my-cron"))["apiVersion"] == f"{GROUP}/v2"
    patch = {"metadata": {"labels": {"a": "b"}}}
    await definitions.client.patch(v2, "default", "my-cron", patch)
    raw = definitions.plane.store.get(v2.storage_key("default", "my-cron"))
    assert raw is not None
    assert raw["apiVersion"] == f"{GROUP}/v2"
    found = await definitions.client.get(DEFINITION, "", name)
    assert is_true(found, "Established")


async def test_clients_of_a_deprecated_version_are_told(definitions: Definitions) -> None:
    old = version("v1beta1", storage=False, deprecated=True)
    named = version("v1alpha1", storage=False, deprecated=True, deprecationWarning="v1alpha1 goes away")
    await definitions.create(definition(old, named, version("v1")))
    send, kinds = definitions.plane.api.send, definitions.plane.kinds
    for name, words in (
        ("v1beta1", (f"{GROUP}/v1beta1 CronTab is deprecated; use {GROUP}/v1 CronTab",)),
        ("v1alpha1", ("v1alpha1 goes away",)),
        ("v1", ()),
    ):
        kind = kinds.by_plural(GROUP, name, "crontabs")
        assert kind is not None
        assert (await send(Request(verb=Verb.LIST, kind=kind))).warnings == words


async def test_watches_end_with_what_they_were_begun_on(definitions: Definitions) -> None:
    kind = await definitions.create()
    seen: list[str] = []

    async def follow() -> None:
        seen.extend([event.type async for event in definitions.client.watch(kind, "default")])

    watching = asyncio.create_task(follow())
    await definitions.client.create(kind, cron_tab())
    await asyncio.sleep(1)
    labelled = {"metadata": {"labels": {"a": "b"}}}  # nothing that its objects would notice
    await definitions.client.patch(DEFINITION, "", f"crontabs.{GROUP}", labelled)
    await asyncio.sleep(1)
    assert not watching.done()
    await definitions.client.delete(DEFINITION, "", f"crontabs.{GROUP}")
    await asyncio.wait_for(watching, 5)
    assert seen == ["ADDED", "DELETED"]
