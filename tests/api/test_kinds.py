"""The tables of kinds, against what the schema package's own client knows of the same release."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import lightkube.resources
import pytest

from tuik8s.api import kinds

STABLE = ("_v1", "_v2")
VERBS = {"post": "create", "put": "update"}
REGISTRY = kinds.KindRegistry()


def _resources() -> list[Any]:
    found = []
    for info in pkgutil.iter_modules(lightkube.resources.__path__):
        if info.name.endswith(STABLE):
            module = importlib.import_module(f"lightkube.resources.{info.name}")
            own = (
                item for item in vars(module).values() if getattr(item, "__module__", "") == module.__name__
            )
            found += [item for item in own if hasattr(item, "_api_info")]
    return found


RESOURCES = _resources()
MAIN = [item for item in RESOURCES if not item._api_info.action]
PARTS = [item for item in RESOURCES if item._api_info.action]


def _kind(resource: Any, group: str, version: str) -> kinds.Kind:
    kind = REGISTRY.by_plural(group, version, resource._api_info.plural)
    assert kind is not None, resource
    return kind


@pytest.mark.parametrize(
    "resource", MAIN, ids=lambda item: f"{item.__module__.rpartition('.')[2]}.{item.__name__}"
)
def test_every_stable_kind_is_served(resource: Any) -> None:
    info = resource._api_info
    kind = _kind(resource, info.resource.group, info.resource.version)
    assert kind.kind == info.resource.kind
    assert kind.namespaced is not any("Global" in base.__name__ for base in resource.__mro__)
    verbs = {VERBS.get(verb, verb) for verb in info.verbs if not verb.startswith("global_")}
    if kind == kinds.COMPONENT_STATUS:
        verbs -= {"watch"}  # which nobody could ever do
    assert set(kind.verbs) == verbs


@pytest.mark.parametrize(
    "part", PARTS, ids=lambda item: f"{item.__module__.rpartition('.')[2]}.{item.__name__}"
)
def test_every_subresource_is_listed(part: Any) -> None:
    parent = part._api_info.parent or part._api_info.resource
    assert part._api_info.action in _kind(part, parent.group, parent.version).subresources


def test_names_that_people_type() -> None:
    for word, kind in {
        "sts": kinds.STATEFUL_SET, "ds": kinds.DAEMON_SET, "cj": kinds.CRON_JOB,
        "pv": kinds.PERSISTENT_VOLUME,
        "pvc": kinds.PERSISTENT_VOLUME_CLAIM, "hpa": kinds.HORIZONTAL_POD_AUTOSCALER, "ing": kinds.INGRESS,
        "netpol": kinds.NETWORK_POLICY, "sc": kinds.STORAGE_CLASS, "pdb": kinds.POD_DISRUPTION_BUDGET,
        "rc": kinds.REPLICATION_CONTROLLER, "quota": kinds.RESOURCE_QUOTA, "limits": kinds.LIMIT_RANGE,
        "csr": kinds.CERTIFICATE_SIGNING_REQUEST, "pc": kinds.PRIORITY_CLASS, "ev": kinds.EVENT,
        "events.events.k8s.io": kinds.EVENTS_EVENT,
    }.items():  # fmt: skip
        assert REGISTRY.find(word) == kind
    assert REGISTRY.find("cs") == kinds.COMPONENT_STATUS, "though it cannot be watched"
    assert REGISTRY.find("pods") == kinds.POD, "and not their measures, which cannot"
