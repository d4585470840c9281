"""The manifests of Kubernetes' own documentation, and random damage done to good objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.objects import REGISTRY, container, deployment, pod, service
from tests.support.every_kind import EVERY_KIND
from tuik8s.api import defaults, kinds, schema, validation
from tuik8s.api.conversion import to_served
from tuik8s.api.errors import BadRequest
from tuik8s.api.objects import Obj, copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.kinds import Kind

EXAMPLES = Path(__file__).parents[3] / "shared/corpus/kubernetes+website/content/en/examples"

REFUSED = {
    # The field was replaced by ipFamilies in Kubernetes 1.20.
    "service/networking/dual-stack-ipv6-svc.yaml": 'unknown field "spec.ipFamily"',
    # A template, to be filled in.
    "application/job/job-tmpl.yaml": 'metadata.name: Invalid value: "process-item-$ITEM"',
    # The field was optional in the beta.
    **dict.fromkeys(
        (
            "validatingadmissionpolicy/binding-with-param.yaml",
            "validatingadmissionpolicy/binding-with-param-prod.yaml",
        ),
        "spec.paramRef.parameterNotFoundAction: Required value",
    ),
}


def _documents(path: Path) -> Iterator[tuple[Kind, Obj]]:
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        if not isinstance(document, dict):
            continue
        served, _ = to_served(document)
        kind = REGISTRY.by_kind(served.get("apiVersion", ""), served.get("kind", ""))
        if kind is not None:
            yield kind, served


def _problems(kind: Kind, manifest: Obj) -> list[str]:
    try:
        obj = schema.decode(kind, manifest).object
    except BadRequest as error:
        return [error.message]
    defaults.set_defaults(kind, obj)
    if kind.namespaced:
        obj["metadata"].setdefault("namespace", "default")
    if kind == kinds.JOB:
        obj["spec"].setdefault("selector", {})  # the strategy makes it
    before = copy(obj)
    problems = [str(error) for error in validation.validate(kind, obj)]
    assert obj == before, "validation changes nothing"
    return problems


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples of the Kubernetes website are not at hand")
def test_the_examples_of_the_documentation() -> None:
    seen, refused = 0, {}
    for path in sorted(EXAMPLES.rglob("*.yaml")):
        for kind, manifest in _documents(path):
            seen += 1
            problems = _problems(kind, manifest)
            if problems:
                refused[path.relative_to(EXAMPLES).as_posix()] = problems
    assert seen > 300
    assert refused.keys() == REFUSED.keys(), refused
    for name, text in REFUSED.items():
        assert text in refused[name][0]


FULL_POD = pod(
    container(
        ports=[{"containerPort": 80, "name": "http", "hostPort": 80}],
        env=[
            {"name": "A", "value": "1"},
            {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a']"}}},
            {
                "name": "C",
                "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "1m"}},
            },
        ],
        envFrom=[{"prefix": "P", "secretRef": {"name": "s"}}],
        resources={"limits": {"cpu": "1", "hugepages-2Mi": "2Mi"}, "requests": {"cpu": "500m"}},
        livenessProbe={"httpGet": {"port": "http", "httpHeaders": [{"name": "X", "value": "y"}]}},
        lifecycle={"preStop": {"exec": {"command": ["sleep", "1"]}}},
        volumeMounts=[{"name": "v", "mountPath": "/v", "subPath": "a"}],
        volumeDevices=[{"name": "d", "devicePath": "/d"}],
        securityContext={"runAsUser": 5, "capabilities": {"add": ["SYS_ADMIN"]}},
        resizePolicy=[{"resourceName": "cpu", "restartPolicy": "NotRequired"}],
    ),
    initContainers=[container(name="i", restartPolicy="Always")],
    volumes=[
        {"name": "v", "projected": {"sources": [{"downwardAPI": {"items": [{"path": "a"}]}}]}},
        {"name": "d", "persistentVolumeClaim": {"claimName": "c"}},
        {"name": "e", "ephemeral": {"volumeClaimTemplate": {"spec": {"accessModes": ["a"]}}}},
    ],
    affinity={
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In"}]}]
            }
        },
        "podAntiAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {"weight": 1, "podAffinityTerm": {"topologyKey": "a", "matchLabelKeys": ["b"]}}
            ]
        },
    },
    topologySpreadConstraints=[{"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway"}],
    tolerations=[{"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute"}],
    dnsConfig={"nameservers": ["1.1.1.1"], "searches": ["a"], "options": [{"name": "b"}]},
    securityContext={"sysctls": [{"name": "a.b", "value": "1"}], "fsGroup": 1},
    hostAliases=[{"ip": "1.1.1.1", "hostnames": ["a"]}],
    hostNetwork=True,
    resources={"limits": {"cpu": "2"}},
)
GOOD: list[tuple[Kind, Obj]] = [
    (kinds.POD, FULL_POD),
    (kinds.DEPLOYMENT, deployment(strategy={"rollingUpdate": {"maxSurge": "10%"}}, replicas=2)),
    (kinds.SERVICE, service({"port": 80, "name": "a", "nodePort": 30000}, type="NodePort")),
    (kinds.SECRET, {"metadata": {"name": "a"}, "type": "kubernetes.io/tls", "data": {"tls.crt": "eA=="}}),
    (kinds.CONFIG_MAP, {"metadata": {"name": "a"}, "data": {"b": "c"}, "binaryData": {"d": "eA=="}}),
    (kinds.NODE, {"metadata": {"name": "a"}, "spec": {"taints": [{"key": "a", "effect": "NoSchedule"}]}}),
    (kinds.ENDPOINTS, {"metadata": {"name": "a"}, "subsets": [{"addresses": [{"ip": "10.0.0.1"}]}]}),
    (
        kinds.ENDPOINT_SLICE,
        {"metadata": {"name": "a"}, "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}]},
    ),
]

_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["-1", "a/b/c", "None", "..", "1.5Gi", "$(x)", "10.0.0.1", "\ud800", "a\x00"]),
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def _damage(value: Any, draw: st.DataObject) -> Any:
    """The value with one part of it, at a random depth, replaced or removed."""
    inside = isinstance(value, dict | list) and value and draw.draw(st.integers(0, 5)) > 0
    if not inside:
        return draw.draw(_VALUES)
    if isinstance(value, list):
        index = draw.draw(st.integers(0, len(value) - 1))
        return [*value[:index], _damage(value[index], draw), *value[index + 1 :]]
    key = draw.draw(st.sampled_from(sorted(value)))
    if draw.draw(st.integers(0, 9)) == 0:
        return {name: item for name, item in value.items() if name != key}
    return {**value, key: _damage(value[key], draw)}


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_objects_are_refused_or_stored_but_break_nothing(data: st.DataObject) -> None:
    kind, manifest = data.draw(st.sampled_from(GOOD))
    for _ in range(data.draw(st.integers(1, 3))):
        manifest = _damage(manifest, data)
    before = copy(manifest)
    assert all(_problems(kind, manifest))
    assert manifest == before


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_damage_to_any_kind_breaks_nothing(data: st.DataObject) -> None:
    kind, manifest = data.draw(st.sampled_from(EVERY_KIND))
    for _ in range(data.draw(st.integers(1, 3))):
        manifest = _damage(manifest, data)
    before = copy(manifest)
    assert all(_problems(kind, manifest))
    assert manifest == before
