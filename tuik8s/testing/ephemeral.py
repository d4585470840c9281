"""Clusters and namespaces that last as long as a test."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Unpack

from tuik8s.testing.blocking import TestingCluster
from tuik8s.testing.hosted import HostedCluster

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.testing.awaitable import AsyncTestingCluster
    from tuik8s.testing.hosted import Settings


class ephemeral_cluster:
    """`with` gives a `TestingCluster`, `async with` an `AsyncTestingCluster`; keywords are `Settings`.

    Entering returns when the API answers and the nodes are ready. Leaving ends everything, and nothing is
    left on the disk. The cluster runs in a thread of its own, whoever asks.
    """

    def __init__(self, **settings: Unpack[Settings]) -> None:
        self._hosted = HostedCluster(**settings)
        self._cluster = TestingCluster(self._hosted)

    def __enter__(self) -> TestingCluster:
        self._hosted.start()
        return self._cluster

    def __exit__(self, *_: object) -> None:
        self._hosted.stop()

    async def __aenter__(self) -> AsyncTestingCluster:
        await asyncio.to_thread(self._hosted.start)
        return self._cluster.aio

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._hosted.stop)


@contextmanager
def ephemeral_namespace(cluster: TestingCluster, name: str) -> Iterator[TestingCluster]:
    """A fresh namespace in a running cluster, and the cluster seen from there.

    Leaving removes it, and ends every failure in the cluster that was made on purpose.
    """
    hosted = cluster.hosted
    hosted.thread.run(hosted.create_namespace(name))
    inside = cluster.within(name)
    try:
        yield inside
    finally:
        inside.clients.close()
        hosted.thread.run(hosted.restore())
        hosted.thread.run(hosted.delete_namespace(name))
