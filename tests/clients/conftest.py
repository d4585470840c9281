"""A whole cluster on simulated containers, as other people's clients see it: a kubeconfig."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tuik8s.cluster import Cluster
from tuik8s.config import Config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
async def kubeconfig(tmp_path: Path) -> AsyncIterator[str]:
    config = Config(
        cluster="test", ephemeral=True, runtime="simulated", data_dir=tmp_path, listen="127.0.0.1:0", seed=1,
        nodes=1, node_cpu="4", node_memory="8Gi",
    )  # fmt: skip
    async with Cluster(config) as cluster:
        await cluster.started()
        assert cluster.listener is not None
        yield str(cluster.listener.kubeconfig)


def deployment(name: str, replicas: int = 1) -> Any:
    labels = {"app": name}
    container = {"name": "main", "image": "nginx"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
