from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import lightkube.models
import pytest

from tests.api.objects import container, deployment, pod
from tuik8s.api import kinds, schema, shapes
from tuik8s.api.errors import BadRequest
from tuik8s.api.objects import Obj, copy

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind

DEPLOYMENT_PREFIX = 'Deployment in version "v1" cannot be handled as a Deployment: '


def _refusal(kind: Kind, obj: Any) -> str:
    with pytest.raises(BadRequest) as caught:
        schema.decode(kind, obj)
    return caught.value.message


@pytest.mark.parametrize(
    ("spec", "found", "field", "wanted"),
    [
        ({"replicas": "3"}, "string", "DeploymentSpec.spec.replicas", "int32"),
        ({"replicas": 1.5}, "number 1.5", "DeploymentSpec.spec.replicas", "int32"),
        ({"replicas": 2**31}, "number 2147483648", "DeploymentSpec.spec.replicas", "int32"),
        ({"paused": "yes"}, "string", "DeploymentSpec.spec.paused", "bool"),
        ({"selector": []}, "array", "DeploymentSpec.spec.selector", "v1.LabelSelector"),
        (
            {"selector": {"matchLabels": {"a": 1}}},
            "number",
            "LabelSelector.spec.selector.matchLabels",
            "string",
        ),
    ],
)
def test_wrong_types(spec: Obj, found: str, field: str, wanted: str) -> None:
    assert _refusal(kinds.DEPLOYMENT, {"spec": spec}) == (
        f"{DEPLOYMENT_PREFIX}json: cannot unmarshal {found} into Go struct field {field} of type {wanted}"
    )


@pytest.mark.parametrize(
    ("spec", "found", "field", "wanted"),
    [
        ({"containers": {}}, "object", "PodSpec.spec.template.spec.containers", "[]v1.Container"),
        ({"containers": ["a"]}, "string", "PodSpec.spec.template.spec.containers", "v1.Container"),
        ({"containers": [{"image": 1}]}, "number", "Container.spec.template.spec.containers.image", "string"),
        (
            {"containers": [{"args": ["a", 1]}]},
            "number",
            "Container.spec.template.spec.containers.args",
            "string",
        ),
        ({"dnsPolicy": True}, "bool", "PodSpec.spec.template.spec.dnsPolicy", "v1.DNSPolicy"),
    ],
)
def test_wrong_types_in_a_template(spec: Obj, found: str, field: str, wanted: str) -> None:
    assert _refusal(kinds.DEPLOYMENT, {"spec": {"template": {"spec": spec}}}) == (
        f"{DEPLOYMENT_PREFIX}json: cannot unmarshal {found} into Go struct field {field} of type {wanted}"
    )


@pytest.mark.parametrize(("value", "found"), [(1.5, "number 1.5"), ([], "array"), (True, "bool")])
def test_numbers_or_strings_do_not_name_their_field(value: Any, found: str) -> None:
    obj = {"spec": {"strategy": {"rollingUpdate": {"maxSurge": value}}}}
    assert _refusal(kinds.DEPLOYMENT, obj) == (
        f"{DEPLOYMENT_PREFIX}json: cannot unmarshal {found} into Go value of type int32"
    )


@pytest.mark.parametrize("body", [[], "text", 1, None])
def test_bodies_that_are_no_objects(body: Any) -> None:
    assert "of type v1.Deployment" in _refusal(kinds.DEPLOYMENT, body)


@pytest.mark.parametrize(
    ("kind", "obj", "message"),
    [
        (
            kinds.POD,
            pod(container(resources={"limits": {"cpu": "1x"}})),
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        (kinds.POD, pod(container(resources={"limits": {"cpu": "1i"}})), "unable to parse quantity's suffix"),
        (kinds.SECRET, {"data": {"a": "####"}}, "illegal base64 data at input byte 0"),
        (kinds.SECRET, {"data": {"a": "YWJj!"}}, "illegal base64 data at input byte 4"),
        (kinds.SECRET, {"data": {"a": "YWJjZ"}}, "illegal base64 data at input byte 4"),
        (
            kinds.SECRET,
            {"data": {"a": 1}},
            "json: cannot unmarshal number into Go struct field Secret.data of type []uint8",
        ),
        (
            kinds.POD,
            {"metadata": {"creationTimestamp": "yesterday"}},
            'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
        ),
        (
            kinds.POD,
            {"metadata": {"creationTimestamp": "2026-13-01T00:00:00Z"}},
            'parsing time "2026-13-01T00:00:00Z": month out of range',
        ),
        (
            kinds.LEASE,
            {"spec": {"renewTime": "2026-01-01 00:00"}},
            'parsing time "2026-01-01 00:00" as "2006-01-02T15:04:05.000000Z07:00": '
            'cannot parse " 00:00" as "T"',
        ),
        (
            kinds.POD,
            {"metadata": {"creationTimestamp": 5}},
            "json: cannot unmarshal number into Go value of type string",
        ),
    ],
)
def test_wrong_values(kind: Kind, obj: Obj, message: str) -> None:
    expected = f'{kind.kind} in version "v1" cannot be handled as a {kind.kind}: {message}'
    assert _refusal(kind, obj) == expected


UNKNOWN = {
    "metadata": {"name": "web", "label": {}},
    "spec": {"replica": 3, "template": {"spec": {"containers": [{"name": "a"}, {"nme": "b"}]}}},
    "extra": None,
}
UNKNOWN_PATHS = [
    'unknown field "metadata.label"',
    'unknown field "spec.replica"',
    'unknown field "spec.template.spec.containers[1].nme"',
    'unknown field "extra"',
]


def test_unknown_fields_are_all_named() -> None:
    expected = f"{DEPLOYMENT_PREFIX}strict decoding error: {', '.join(UNKNOWN_PATHS)}"
    assert _refusal(kinds.DEPLOYMENT, UNKNOWN) == expected


def test_unknown_fields_as_warnings_or_dropped() -> None:
    before = copy(UNKNOWN)
    warned = schema.decode(kinds.DEPLOYMENT, UNKNOWN, "Warn")
    assert list(warned.warnings) == UNKNOWN_PATHS
    ignored = schema.decode(kinds.DEPLOYMENT, UNKNOWN, "Ignore")
    assert ignored.warnings == ()
    assert warned.object == ignored.object
    assert ignored.object["spec"] == {"template": {"spec": {"containers": [{"name": "a"}, {}]}}}
    assert before == UNKNOWN


def test_field_names_are_case_sensitive() -> None:
    assert 'unknown field "spec.Replicas"' in _refusal(kinds.DEPLOYMENT, {"spec": {"Replicas": 1}})


def test_what_comes_out_is_new_and_complete() -> None:
    manifest = deployment(replicas=0, paused=False)
    decoded = schema.decode(kinds.DEPLOYMENT, manifest).object
    assert list(decoded)[:3] == ["apiVersion", "kind", "metadata"]
    assert (decoded["apiVersion"], decoded["kind"]) == ("apps/v1", "Deployment")
    assert decoded["spec"]["replicas"] == 0, "a pointer in Go: zero is not absent"
    assert "paused" not in decoded["spec"], "no pointer: false is absent"
    decoded["spec"]["template"]["spec"]["containers"].clear()
    assert manifest["spec"]["template"]["spec"]["containers"]


@pytest.mark.parametrize(
    "change",
    [
        {"status": {"phase": "Running", "message": None, "conditions": []}},
        {"metadata": {"name": "web", "labels": {"a": "b"}}, "status": {}},
        {"metadata": None},
        {"spec": {"containers": [container(resources={"limits": {"cpu": "0.5"}})], "hostname": ""}},
        {"kind": None, "apiVersion": None},
    ],
)
def test_what_a_patch_leaves_alone_is_shared_and_nothing_else_is(change: Obj) -> None:
    before = schema.decode(kinds.POD, {**pod(), "status": {"phase": "Pending"}}).object
    unchanged = copy(before)
    patched = {field: value for field, value in {**before, **change}.items() if value is not None}
    decoded = schema.decode_changes(kinds.POD, patched, before).object
    assert decoded == schema.decode(kinds.POD, patched).object
    assert list(decoded) == list(schema.decode(kinds.POD, patched).object)
    shared = {field for field in before if decoded.get(field) is before[field]} - {"kind", "apiVersion"}
    assert shared == before.keys() - change.keys() - {"kind", "apiVersion", "metadata"}
    decoded["metadata"]["name"] = "other"
    assert before == unchanged


def test_what_a_patch_brings_is_checked_where_it_is() -> None:
    before = schema.decode(kinds.POD, pod()).object
    for part in ({"status": {"phase": 1}}, {"metadata": {**before["metadata"], "color": "red"}}):
        with pytest.raises(BadRequest) as caught:
            schema.decode_changes(kinds.POD, {**before, **part}, before)
        assert caught.value.message == _refusal(kinds.POD, {**before, **part})


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"args": None, "image": "a"}, {"image": "a"}),
        ({"args": [], "image": "", "tty": False}, {}),
        ({"env": [{"name": "A", "value": ""}]}, {"env": [{"name": "A"}]}),
        ({"args": ["", None]}, {"args": ["", ""]}),
        ({"env": [None]}, {"env": [{}]}),
        ({"ports": [{"containerPort": 80.0, "hostPort": 0}]}, {"ports": [{"containerPort": 80}]}),
        (
            {"resources": {"limits": {"cpu": 0.5, "memory": "1024Ki"}}},
            {"resources": {"limits": {"cpu": "500m", "memory": "1Mi"}}},
        ),
        ({"securityContext": {"privileged": False}}, {"securityContext": {"privileged": False}}),
        ({"securityContext": {"runAsUser": 2**40}}, {"securityContext": {"runAsUser": 2**40}}),
        ({"livenessProbe": {"httpGet": {"port": "http"}}}, {"livenessProbe": {"httpGet": {"port": "http"}}}),
    ],
)
def test_normal_forms_in_a_container(given: Obj, stored: Obj) -> None:
    assert schema.decode(kinds.POD, {"spec": {"containers": [given]}}).object["spec"]["containers"] == [
        stored
    ]


def test_normal_forms_elsewhere() -> None:
    secret = schema.decode(kinds.SECRET, {"data": {"a": "YWJj\nZA==\n", "b": None}}).object
    assert secret["data"] == {"a": "YWJjZA==", "b": ""}
    lease = schema.decode(kinds.LEASE, {"spec": {"renewTime": "2026-01-01T02:00:00.5+02:00"}}).object
    assert lease["spec"]["renewTime"] == "2026-01-01T00:00:00.500000Z"
    meta: Obj = {"creationTimestamp": "2026-01-01T00:00:00.9Z", "deletionTimestamp": None, "labels": {}}
    assert schema.decode(kinds.POD, {"metadata": meta}).object["metadata"] == {
        "creationTimestamp": "2026-01-01T00:00:00Z"
    }
    fields = {"f:spec": {"f:replicas": {}}, "k:{}": [None]}
    managed = [{"manager": "a", "fieldsV1": fields}]
    kept = schema.decode(kinds.POD, {"metadata": {"managedFields": managed}}).object["metadata"]
    assert kept["managedFields"] == managed


def test_a_volume_source_may_be_empty() -> None:
    volumes = [{"name": "a", "emptyDir": {}}, {"name": "b", "hostPath": {"path": "/", "type": ""}}]
    assert schema.decode(kinds.POD, pod(volumes=volumes)).object["spec"]["volumes"] == volumes


@pytest.mark.parametrize("kind", kinds.SERVED, ids=str)
def test_every_served_kind_has_a_schema(kind: Kind) -> None:
    decoded = schema.decode(kind, {"metadata": {"name": "a"}, "apiVersion": kind.api_version}).object
    assert decoded["metadata"] == {"name": "a"}
    assert schema.is_kubernetes_kind(kind.api_version, kind.kind)


@pytest.mark.parametrize(
    ("api_version", "kind", "known"),
    [
        ("batch/v1", "CronJob", True),
        ("apps/v1", "StatefulSet", True),
        ("networking.k8s.io/v1", "Ingress", True),
        ("apps/v1", "Deploiment", False),
        ("apps/v2", "Deployment", False),
        ("v1", "Container", False),
        ("example.com/v1", "Widget", False),
        ("os/v1", "path", False),
        ("../v1", "Pod", False),
        ("", "", False),
    ],
)
def test_unknown_kinds_are_told_apart(api_version: str, kind: str, *, known: bool) -> None:
    expected = (
        f'{kind} in version "{api_version}" is not served by this release of tuik8s'
        if known
        else f'no matches for kind "{kind}" in version "{api_version}"'
    )
    assert schema.explain_unknown(api_version, kind) == expected


def _every_model() -> list[tuple[str, str]]:
    found = []
    for info in pkgutil.iter_modules(lightkube.models.__path__):
        module = importlib.import_module(f"lightkube.models.{info.name}")
        own = (item for item in vars(module).values() if getattr(item, "__module__", "") == module.__name__)
        found += [(info.name, item.__name__) for item in own if hasattr(item, "__struct_fields__")]
    return found


@pytest.mark.parametrize("module", sorted({module for module, _ in _every_model()}))
def test_every_model_of_the_schema_package_can_be_decoded(module: str) -> None:
    """Also those that no served kind uses yet."""
    names = [name for owner, name in _every_model() if owner == module]
    for name in names:
        unknown: list[str] = []
        assert shapes.struct_named(f"{module}:{name}")({"no such field": 1}, None, unknown) == {}
        assert unknown == ["no such field"]


def test_schemas_within_objects() -> None:
    """Maps of structs, of a kind that is not served yet."""
    definition = kinds.Kind(
        "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", False,
        model="apiextensions_v1:CustomResourceDefinition",
    )  # fmt: skip
    properties = {"a": {"type": "string", "default": "x", "maxlength": 3}, "b": {"items": {"type": "object"}}}
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": {"properties": properties}}}]
    assert _refusal(definition, {"spec": {"versions": versions}}).endswith(
        'unknown field "spec.versions[0].schema.openAPIV3Schema.properties[a].maxlength"'
    )
