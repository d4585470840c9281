"""Bodies in protobuf, as typed Go clients send them: zero values written out, types in the envelope."""

from __future__ import annotations

import base64
import importlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.http.conftest import CONFIG_MAPS, Served
from tuik8s.api import kinds
from tuik8s.api.errors import ApiError, BadRequest, UnsupportedMediaType
from tuik8s.apiserver.http import protobuf
from tuik8s.apiserver.http.protobuf import wire
from tuik8s.apiserver.http.protobuf.table import SPECIAL, messages

PROTOBUF = {"Content-Type": "application/vnd.kubernetes.protobuf"}
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


def varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def field(number: int, value: bytes | str | int | bool) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(int(value))
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def encode(obj: dict[str, Any], name: str) -> bytes:
    """By the same table, the other way around: numbers, strings, messages, lists, maps."""
    parts = []
    for number, entry in messages()[name].items():
        if entry.name not in obj:
            continue
        value = obj[entry.name]
        if entry.mode == "map":
            pairs = [field(1, key) + field(2, _scalar(entry.type, item)) for key, item in value.items()]
            parts += [field(number, pair) for pair in pairs]
        else:
            items = value if entry.mode == "many" else [value]
            parts += [field(number, _scalar(entry.type, item)) for item in items]
    return b"".join(parts)


def _scalar(kind: str, value: Any) -> Any:
    if kind == "IntOrString":
        number = isinstance(value, int)
        return (
            field(1, 0 if number else 1)
            + field(2, value if number else 0)
            + field(3, "" if number else value)
        )
    if kind == "Quantity":
        return field(1, value)
    if kind == "bytes":
        return base64.b64decode(value)
    return encode(value, kind) if "/" in kind else value


def envelope(api_version: str, kind: str, message: bytes) -> bytes:
    types = field(1, api_version) + field(2, kind)
    return b"k8s\0" + field(1, types) + field(2, message) + field(3, "") + field(4, "")


def test_every_type_of_the_table_is_there() -> None:
    known = {"str", "int", "bool", "bytes", "float", *SPECIAL}
    for name, fields in messages().items():
        for entry in fields.values():
            assert entry.type in known or entry.type in messages(), (name, entry)


UNNUMBERED = {
    "core.v1/NodeSystemInfo": {"runningInUserNamespace"},
    "resource.v1/DeviceCounterConsumption": {"compatibilityGroups"},
    "resource.v1/DeviceSubRequest": {"derivedAttributes"},
    "resource.v1/ExactDeviceRequest": {"derivedAttributes"},
}
"""Fields so new that their numbers were not at hand: bodies that have them are refused by name."""


def _json_fields(name: str) -> set[str]:
    found: set[str] = set()
    for entry in messages()[name].values():
        found |= _json_fields(entry.type) if entry.inline else {entry.name}
    return found


@pytest.mark.parametrize("name", sorted(messages()))
def test_the_table_has_the_fields_of_the_schema(name: str) -> None:
    section, _, message = name.partition("/")
    try:
        models = importlib.import_module(f"lightkube.models.{section.replace('.', '_')}")
    except ModuleNotFoundError:
        pytest.skip("the schema package does not have this version")
    model = getattr(models, message, None)
    if not hasattr(model, "__struct_encode_fields__"):
        return  # a part that JSON shows in the message around it
    fields = set(model.__struct_encode_fields__)  # type: ignore[union-attr]
    if fields >= {"apiVersion", "kind"} and fields & {"metadata", "dryRun"}:
        fields -= {"apiVersion", "kind"}
    assert fields - _json_fields(name) == UNNUMBERED.get(name, set())
    assert _json_fields(name) <= fields


@pytest.mark.parametrize("kind", kinds.SERVED, ids=str)
def test_every_served_kind_is_in_the_table(kind: kinds.Kind) -> None:
    body = envelope(kind.api_version, kind.kind, field(1, field(1, "a")))
    assert protobuf.decode(body, kind)["metadata"] == {"name": "a"}


async def test_a_deployment_comes_out_as_from_json(served: Served) -> None:
    container = {
        "name": "web", "image": "nginx", "workingDir": "", "stdin": False, "tty": False,
        "ports": [{"name": "", "hostPort": 0, "containerPort": 80, "protocol": ""}],
        "resources": {"limits": {"cpu": "500m"}},
        # The handler of a probe is a message of its own that JSON does not show.
        "livenessProbe": {
            "handler": {"httpGet": {"path": "/", "port": 80}}, "initialDelaySeconds": 0, "timeoutSeconds": 0,
        },
    }  # fmt: skip
    template = {"metadata": {"name": "", "labels": {"app": "web"}}, "spec": {"containers": [container]}}
    spec: dict[str, Any] = {
        "replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": template, "paused": False,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "10%", "maxUnavailable": 1}},
    }  # fmt: skip
    metadata: dict[str, Any] = {"name": "web", "generateName": "", "uid": "", "generation": 0}
    message = encode({"metadata": metadata, "spec": spec, "status": {"replicas": 0}}, "apps.v1/Deployment")
    body = envelope("apps/v1", "Deployment", field(1, b"") + message)
    created = await served.json("POST", DEPLOYMENTS, data=body, headers=PROTOBUF, status=201)
    assert created["spec"]["replicas"] == 0
    assert created["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": "10%", "maxUnavailable": 1}
    stored = created["spec"]["template"]["spec"]["containers"][0]
    assert stored["ports"] == [{"containerPort": 80, "protocol": "TCP"}]
    assert stored["livenessProbe"]["httpGet"] == {"path": "/", "port": 80, "scheme": "HTTP"}
    assert stored["livenessProbe"]["timeoutSeconds"] == 1
    assert not {"workingDir", "stdin", "tty"} & set(stored)


async def test_config_maps_secrets_and_deletions_are_read(served: Served) -> None:
    metadata = field(1, "a") + field(3, "") + field(8, b"") + field(12, field(1, "k") + field(2, "v"))
    message = field(1, metadata) + field(2, field(1, "x") + field(2, "1")) + field(4, True)
    body = envelope("v1", "ConfigMap", message)
    created = await served.json("POST", CONFIG_MAPS, data=body, headers=PROTOBUF, status=201)
    assert (created["data"], created["immutable"]) == ({"x": "1"}, True)
    assert created["metadata"]["annotations"] == {"k": "v"}
    options = envelope("v1", "DeleteOptions", field(1, 0) + field(4, "Foreground"))
    held = await served.json("DELETE", f"{CONFIG_MAPS}/a", data=options, headers=PROTOBUF)
    assert held["metadata"]["finalizers"] == ["foregroundDeletion"]
    secret = field(1, field(1, "s")) + field(2, field(1, "p") + field(2, b"\xff\x00")) + field(3, "Opaque")
    path = "/api/v1/namespaces/default/secrets"
    created = await served.json(
        "POST", path, data=envelope("v1", "Secret", secret), headers=PROTOBUF, status=201
    )
    assert base64.b64decode(created["data"]["p"]) == b"\xff\x00"


async def test_definitions_are_read(served: Served) -> None:
    either = field(5, "object") + field(30, field(1, True) + field(2, field(5, "string")))
    text, free = (
        field(5, "string") + field(8, field(1, b'"x"')),
        field(5, "object") + field(30, field(1, True)),
    )
    items = field(5, "array") + field(24, field(1, field(5, "integer")))
    properties = b"".join(
        field(29, field(1, name) + field(2, schema))
        for name, schema in (("a", text), ("b", free), ("c", items), ("d", either))
    )
    inner = field(5, "object") + properties
    schema = field(5, "object") + field(29, field(1, "spec") + field(2, inner))
    version = field(1, "v1") + field(2, True) + field(3, True) + field(4, field(1, schema))
    names = field(1, "things") + field(4, "Thing")
    message = field(1, field(1, "things.example.com")) + field(
        2, field(1, "example.com") + field(3, names) + field(4, "Cluster") + field(7, version)
    )
    body = envelope("apiextensions.k8s.io/v1", "CustomResourceDefinition", message)
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    created = await served.json("POST", path, data=body, headers=PROTOBUF, status=201)
    assert created["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"][
        "properties"
    ] == {
        "a": {"type": "string", "default": "x"},
        "b": {"type": "object", "additionalProperties": True},
        "c": {"type": "array", "items": {"type": "integer"}},
        "d": {"type": "object", "additionalProperties": {"type": "string"}},
    }


def test_inline_messages_special_types_and_signs() -> None:
    volume = field(1, "v") + field(2, field(2, field(1, "") + field(2, field(1, "1Gi"))))
    key = field(1, field(1, "cm")) + field(2, "k") + field(3, False)
    env = field(1, "E") + field(3, field(3, key))
    container = field(1, "c") + field(7, env)
    pod = field(1, field(8, field(1, 1_700_000_000) + field(2, 0))) + field(
        2, field(1, volume) + field(2, container) + field(25, -5)
    )
    decoded = protobuf.decode(envelope("v1", "Pod", pod), kinds.POD)
    assert decoded["metadata"]["creationTimestamp"] == "2023-11-14T22:13:20Z"
    assert decoded["spec"]["priority"] == -5
    assert decoded["spec"]["volumes"] == [{"name": "v", "emptyDir": {"sizeLimit": "1Gi"}}]
    source = decoded["spec"]["containers"][0]["env"][0]["valueFrom"]["configMapKeyRef"]
    assert source == {"name": "cm", "key": "k", "optional": False}


def test_what_the_table_does_not_know_is_refused_by_name() -> None:
    with pytest.raises(UnsupportedMediaType, match="ConfigMap has a field of number 99"):
        protobuf.decode(envelope("v1", "ConfigMap", field(99, "x")), kinds.CONFIG_MAP)
    with pytest.raises(UnsupportedMediaType, match="Job in version batch/v1beta1 is not decoded"):
        protobuf.decode(envelope("batch/v1beta1", "Job", b""), kinds.POD)


@given(st.binary(max_size=200))
def test_noise_is_refused_and_nothing_else(noise: bytes) -> None:
    for body in (noise, b"k8s\0" + noise, envelope("v1", "Pod", noise)):
        try:
            decoded = protobuf.decode(body, kinds.POD)
        except ApiError:
            continue
        json.dumps(decoded)


def test_depth_is_limited() -> None:
    nested = b""
    for _ in range(5000):
        nested = field(1, nested)
    with pytest.raises((BadRequest, UnsupportedMediaType)):
        protobuf.decode(envelope("v1", "Pod", nested), kinds.POD)


def test_varints_end() -> None:
    with pytest.raises(wire.Malformed):
        wire.varint(b"\xff" * 11, 0)
