"""Definitions: names, conditions, what is wrong with them, their end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.control_plane import ControlPlane
from tests.support.crontabs import GROUP, cron_tab, definition, version
from tuik8s.api.customresources.definition import version_priority
from tuik8s.api.errors import Invalid, MethodNotSupported, NotFound
from tuik8s.api.kinds import CUSTOM_RESOURCE_DEFINITION as DEFINITION
from tuik8s.api.objects import condition_of, copy, is_true
from tuik8s.api.request import Request, Verb
from tuik8s.apiserver import ApiServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.customresources.conftest import Definitions
    from tuik8s.api.objects import Obj

pytestmark = pytest.mark.looptime
NAME = f"crontabs.{GROUP}"


def reasons(obj: Obj) -> dict[str, tuple[str, str]]:
    return {item["type"]: (item["status"], item["reason"]) for item in obj["status"]["conditions"]}


async def test_names_are_accepted_and_the_kind_is_served(definitions: Definitions) -> None:
    kind = await definitions.create()
    found = await definitions.client.get(DEFINITION, "", NAME)
    assert reasons(found) == {
        "NamesAccepted": ("True", "NoConflicts"), "Established": ("True", "InitialNamesAccepted")
    }  # fmt: skip
    assert found["status"]["acceptedNames"]["listKind"] == "CronTabList"
    assert found["status"]["storedVersions"] == ["v1"]
    assert found["metadata"]["generation"] == 1
    assert (kind.singular, kind.list_kind, kind.short_names) == ("crontab", "CronTabList", ("ct",))
    assert definitions.kind("ct") == definitions.kind("crontab.stable.example.com") == kind


async def test_a_taken_name_keeps_a_definition_from_being_served_until_it_is_free(
    definitions: Definitions,
) -> None:
    await definitions.create()
    other = definition(plural="cronjobs", singular="crontab", kind="CronJobber", shortNames=["cj"])
    await definitions.client.create(DEFINITION, other)
    name = f"cronjobs.{GROUP}"
    refused = await definitions.until(name, lambda found: condition_of(found, "NamesAccepted"))
    named = condition_of(refused, "NamesAccepted")
    assert named is not None
    assert (named["status"], named["reason"]) == ("False", "SingularConflict")
    assert named["message"] == '"crontab" is already in use'
    assert reasons(refused)["Established"] == ("False", "NotAccepted")
    assert definitions.plane.kinds.find("cj.stable.example.com") is None
    await definitions.client.delete(DEFINITION, "", NAME)
    await definitions.until(name, lambda found: is_true(found, "Established"))
    assert definitions.kind("cronjobs.stable.example.com").kind == "CronJobber"


async def test_the_names_of_built_in_kinds_are_taken(definitions: Definitions) -> None:
    obj = definition(plural="leases", singular="leasing", kind="Leasing", shortNames=[])
    obj["metadata"] = {
        "name": "leases.coordination.k8s.io",
        "annotations": {"api-approved.kubernetes.io": "unapproved, a test"},
    }
    obj["spec"]["group"] = "coordination.k8s.io"
    await definitions.client.create(DEFINITION, obj)
    found = await definitions.until(obj["metadata"]["name"], lambda item: item["status"].get("conditions"))
    assert reasons(found)["NamesAccepted"] == ("False", "PluralConflict")
    assert reasons(found)["KubernetesAPIApprovalPolicyConformant"] == ("False", "UnapprovedAnnotation")


async def test_a_definition_takes_its_objects_with_it(definitions: Definitions) -> None:
    kind = await definitions.create()
    await definitions.client.create(kind, cron_tab("free"))
    held = cron_tab("held")
    held["metadata"]["finalizers"] = ["stable.example.com/hold"]
    await definitions.client.create(kind, held)
    await definitions.client.delete(DEFINITION, "", NAME)
    ending = await definitions.until(NAME, lambda found: is_true(found, "Terminating"))
    assert reasons(ending)["Terminating"] == ("True", "InstanceDeletionInProgress")
    await asyncio.sleep(1)
    assert [item["metadata"]["name"] for item in (await definitions.client.list(kind))["items"]] == ["held"]
    with pytest.raises(MethodNotSupported, match="create not allowed while custom resource definition is"):
        await definitions.client.create(kind, cron_tab("late"))
    await definitions.client.patch(kind, "default", "held", {"metadata": {"finalizers": None}})
    await asyncio.sleep(1)
    with pytest.raises(NotFound):
        await definitions.client.get(DEFINITION, "", NAME)
    with pytest.raises(NotFound, match="the server could not find the requested resource"):
        await definitions.client.list(kind)
    assert definitions.plane.kinds.find("crontabs") is None


async def test_stored_objects_are_served_before_anybody_asks(definitions: Definitions) -> None:
    kind = await definitions.create()
    await definitions.client.create(kind, cron_tab())
    plane = definitions.plane
    again = ApiServer(plane.store, clock=plane.clock, ids=plane.ids, registry=type(plane.kinds)())
    await again.start()
    restarted = ControlPlane(plane.store, again, plane.clock, plane.ids, detect_mutations=False)
    assert (await restarted.client.get(kind, "default", "my-cron"))["spec"]["image"] == "busybox"


async def test_a_changed_schema_holds_for_the_next_write(definitions: Definitions) -> None:
    kind = await definitions.create()
    await definitions.client.create(kind, cron_tab("old", replicas=9))
    revision = definitions.plane.kinds.revision

    def stricter(spec: Obj) -> None:
        fields = copy(spec["versions"][0]["schema"])
        properties = fields["openAPIV3Schema"]["properties"]["spec"]["properties"]
        properties["replicas"]["maximum"] = 5
        properties["color"] = {"type": "string", "default": "red"}
        spec["versions"][0]["schema"] = fields

    changed = await definitions.change(NAME, stricter)
    assert changed["metadata"]["generation"] == 2
    assert definitions.plane.kinds.revision > revision
    with pytest.raises(Invalid, match="less than or equal to 5"):
        await definitions.client.create(kind, cron_tab("new", replicas=9))
    # What is stored gets the new default, and may keep what it could not have today.
    assert (await definitions.client.get(kind, "default", "old"))["spec"]["color"] == "red"
    assert (await definitions.client.list(kind))["items"][0]["spec"]["color"] == "red"
    patched = await definitions.client.patch(kind, "default", "old", {"spec": {"cronSpec": "1 * * * *"}})
    assert (patched["spec"]["replicas"], patched["spec"]["color"]) == (9, "red")


def without_schema(obj: Obj) -> None:
    del obj["spec"]["versions"][0]["schema"]


def schema_of(obj: Obj) -> Any:
    return obj["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def two_stored(obj: Obj) -> None:
    obj["spec"]["versions"] = [version("v1"), version("v2")]


SPEC = "spec.validation.openAPIV3Schema.properties[spec]"
WRONG: list[tuple[Callable[[Obj], object], str]] = [
    (lambda obj: obj["metadata"].update(name="other.example.com"),
     'metadata.name: Invalid value: "other.example.com": must be spec.names.plural+"."+spec.group'),
    (without_schema, "spec.versions[0].schema.openAPIV3Schema: Required value"),
    (two_stored, "must have exactly one version marked as storage version"),
    (lambda obj: obj["spec"].update(scope="Galaxy"),
     'spec.scope: Unsupported value: "Galaxy": supported values: "Cluster", "Namespaced"'),
    (lambda obj: obj["spec"]["names"].update(kind="Cron_Tab"),
     'spec.names.kind: Invalid value: "Cron_Tab": may have mixed case, but should otherwise match: '),
    (lambda obj: obj["spec"].update(conversion={"strategy": "Webhook"}),
     "conversion webhooks are not called by this release of tuik8s"),
    (lambda obj: obj["spec"].update(preserveUnknownFields=True),
     "spec.preserveUnknownFields: Invalid value: true: cannot set to true"),
    (lambda obj: schema_of(obj)["properties"]["spec"].pop("type"),
     f"{SPEC}.type: Required value: must not be empty for specified object fields"),
    (lambda obj: schema_of(obj)["properties"]["spec"]["properties"]["mode"].update(default="never"),
     f'{SPEC}.properties[mode].default: Unsupported value: "never": supported values: "once", "often"'),
    (lambda obj: schema_of(obj)["properties"]["spec"]["properties"]["cronSpec"].update(pattern="(a"),
     f'{SPEC}.properties[cronSpec].pattern: Invalid value: "(a": must be a valid regular expression, but '
     "isn't: error parsing regexp: missing ): `(a`"),
    (lambda obj: schema_of(obj)["properties"]["spec"]["properties"]["tags"].update(uniqueItems=True),
     f"{SPEC}.properties[tags].uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime "
     "complexity becomes quadratic"),
    (lambda obj: schema_of(obj)["properties"]["spec"].update(allOf=[{"properties": {"x": {"pattern": "a"}}}]),
     f"{SPEC}.properties[x]: Required value: because it is defined in {SPEC}.allOf[0].properties[x]"),
    (lambda obj: schema_of(obj)["properties"]["spec"]["x-kubernetes-validations"].append({"rule": "x +"}),
     f"{SPEC}.x-kubernetes-validations[2].rule: Invalid value: "),
    (lambda obj: schema_of(obj).update(additionalProperties=True),
     "spec.validation.openAPIV3Schema.additionalProperties: Forbidden: must not be used at the root"),
    (lambda obj: obj["spec"]["versions"][0]["additionalPrinterColumns"][0].update(type="text"),
     'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of '
     "boolean,date,integer,number,string"),
    (lambda obj: obj["spec"]["versions"][0]["subresources"]["scale"].update(specReplicasPath=".status.n"),
     'spec.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under '
     ".spec"),
    (lambda obj: obj["spec"]["versions"][0].update(selectableFields=[{"jsonPath": ".spec.nothing"}]),
     'spec.selectableFields[0].jsonPath: Invalid value: ".spec.nothing": is an invalid path'),
    (lambda obj: obj["spec"].update(group="x.k8s.io") or obj["metadata"].update(name="crontabs.x.k8s.io"),
     "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "words"), WRONG, ids=[words[:40] for _, words in WRONG])
async def test_wrong_definitions_are_refused(
    definitions: Definitions, spoil: Callable[[Obj], object], words: str
) -> None:
    obj = definition()
    spoil(obj)
    with pytest.raises(Invalid) as refusal:
        await definitions.client.create(DEFINITION, obj)
    assert words in refusal.value.message


async def test_what_cannot_change(definitions: Definitions) -> None:
    await definitions.create()
    with pytest.raises(Invalid, match=r"spec.scope: Invalid value: \"Cluster\": field is immutable"):
        await definitions.change(NAME, lambda spec: spec.update(scope="Cluster"))
    with pytest.raises(Invalid, match=r"must remain in spec.versions until a storage migration"):
        await definitions.change(NAME, lambda spec: spec.update(versions=[version("v2")]))


async def test_authors_are_warned_of_what_has_less_effect_than_it_seems(definitions: Definitions) -> None:
    obj = definition()
    properties = schema_of(obj)["properties"]["spec"]["properties"]
    properties["replicas"]["format"] = "int128"
    request = Request(verb=Verb.CREATE, kind=DEFINITION, body=obj)
    assert (await definitions.plane.api.send(request)).warnings == ('unrecognized format "int128"',)


async def test_a_definition_of_old_is_converted(definitions: Definitions) -> None:
    """As tutorials of Kubernetes before 1.16 have it."""
    old = {
        "apiVersion": "apiextensions.k8s.io/v1beta1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"foos.{GROUP}"},
        "spec": {
            "group": GROUP,
            "version": "v1alpha1",
            "names": {"kind": "Foo", "plural": "foos"},
            "validation": {
                "openAPIV3Schema": {
                    "properties": {"spec": {"properties": {"replicas": {"type": "integer", "minimum": 1}}}}
                }
            },
            "additionalPrinterColumns": [{"name": "N", "type": "integer", "JSONPath": ".spec.replicas"}],
            "subresources": {"status": {}},
        },
    }
    request = Request(verb=Verb.CREATE, kind=DEFINITION, body=old)
    response = await definitions.plane.api.send(request)
    assert response.warnings == (
        "apiextensions.k8s.io/v1beta1 CustomResourceDefinition is deprecated in v1.16+, unavailable in "
        "v1.22+; use apiextensions.k8s.io/v1 CustomResourceDefinition",
    )
    await definitions.until(f"foos.{GROUP}", lambda found: is_true(found, "Established"))
    kind = definitions.kind("foos")
    foo: Any = {"metadata": {"name": "a", "namespace": "default"}, "spec": {"replicas": 2, "free": 1}, "x": 1}
    made = await definitions.client.create(kind, foo)
    assert (made["spec"], made["x"]) == ({"replicas": 2, "free": 1}, 1)
    assert (await definitions.client.list(kind, as_table=True))["rows"][0]["cells"] == ["a", 2]
    foo["spec"]["replicas"] = 0
    with pytest.raises(Invalid, match="should be greater than or equal to 1"):
        await definitions.client.create(kind, foo)


async def test_a_default_is_not_tried_where_the_schema_is_wrong(definitions: Definitions) -> None:
    obj = definition()
    tags = schema_of(obj)["properties"]["spec"]["properties"]["tags"]
    tags |= {"default": ["a"], "items": {"pattern": "("}}
    with pytest.raises(Invalid, match=r"items.type: Required value: must not be empty for specified array"):
        await definitions.client.create(DEFINITION, obj)


@pytest.mark.parametrize(
    "preferred",
    [
        ["v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v12alpha1", "v11alpha2", "foo1", "foo10"],
        ["v1", "foo", "foobar"],
        ["a", "a-b", "a1", "b"],
    ],
)
def test_versions_in_the_order_of_preference(preferred: list[str]) -> None:
    assert sorted(sorted(preferred), key=version_priority, reverse=True) == preferred
