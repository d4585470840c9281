"""The pytest plugin. Nothing of the cluster is imported before a test asks for one."""

from __future__ import annotations

import itertools
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tuik8s.testing.blocking import TestingCluster
    from tuik8s.testing.hosted import Settings

SCOPE_OPTION = "tuik8s_scope"
SCOPES = ("session", "package", "module", "class", "function")
MARKER = "tuik8s"
LONGEST_SLUG = 40
READ_WHEN_IMPORTED = ("kubernetes.config.kube_config", "kubernetes_asyncio.config.kube_config")
"""Modules that look at `KUBECONFIG` when they are imported and never again."""
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        SCOPE_OPTION,
        f"How long the shared cluster of the tuik8s fixture lives: {', '.join(SCOPES)}.",
        default="session",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{MARKER}(**settings): give the test a cluster of its own, for instance with nodes=3"
    )


def _scope(fixture_name: str, config: pytest.Config) -> Any:
    scope = config.getini(SCOPE_OPTION)
    if scope not in SCOPES:
        raise pytest.UsageError(f"{SCOPE_OPTION} is {scope!r}: use one of {', '.join(SCOPES)}")
    return scope


@pytest.fixture(scope=_scope)
def tuik8s_settings() -> Settings:
    """Settings of the shared cluster; override it to change them."""
    return {}


@pytest.fixture(scope=_scope)
def tuik8s_cluster(tuik8s_settings: Settings) -> Iterator[TestingCluster]:
    """The shared cluster, seen from the namespace `default`."""
    from tuik8s.testing.ephemeral import ephemeral_cluster

    with ephemeral_cluster(**tuik8s_settings) as cluster:
        yield cluster


@pytest.fixture
def tuik8s(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestingCluster]:
    """The shared cluster, seen from a fresh namespace; with the marker `tuik8s` a cluster of the test's own.

    `KUBECONFIG` names it while the test runs, so that no code under test reaches any other cluster.
    """
    from tuik8s.testing.ephemeral import ephemeral_cluster, ephemeral_namespace

    given: AbstractContextManager[TestingCluster]
    marker = request.node.get_closest_marker(MARKER)
    if marker is not None:
        given = ephemeral_cluster(**marker.kwargs)
    else:
        name = _namespace_name(request.node.name)
        given = ephemeral_namespace(request.getfixturevalue("tuik8s_cluster"), name)
    with given as cluster:
        _make_default(str(cluster.kubeconfig_path), monkeypatch)
        yield cluster


def _make_default(kubeconfig: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    for name in READ_WHEN_IMPORTED:
        if name in sys.modules:
            monkeypatch.setattr(sys.modules[name], "KUBE_CONFIG_DEFAULT_LOCATION", kubeconfig)


def _namespace_name(test: str) -> str:
    """`test_scales[3]` gives `test-scales-3-1`, no name twice."""
    slug = re.sub("[^a-z0-9]+", "-", test.lower()).strip("-")[:LONGEST_SLUG]
    return f"{slug}-{next(_numbers)}"
