"""An ephemeral cluster in a thread of its own, and all that can be done with it there."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import yaml

from tuik8s.api import kinds
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Obj, copy
from tuik8s.applier.documents import parse
from tuik8s.client import Client, LogOptions
from tuik8s.cluster import Cluster
from tuik8s.cluster.outages import Outages
from tuik8s.config import Config
from tuik8s.private_files import write_private
from tuik8s.testing.bridge import BridgeTransport
from tuik8s.testing.conditions import events_about, wait_for
from tuik8s.testing.faults import Faults
from tuik8s.testing.loop_thread import LoopThread
from tuik8s.testing.skipping_loop import LoopClock, SkippingLoop

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, timedelta
    from typing import TypeAlias

    from tuik8s.api.kinds import Kind
    from tuik8s.applier.documents import Document
    from tuik8s.testing.conditions import Condition, Objects

    Manifest: TypeAlias = str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]
    """YAML text, a file of it, an object or several."""

DEFINITION = "CustomResourceDefinition"
FIELD_MANAGER = "tuik8s-testing"
MEASURING = ("loop-lag", "statistics")
"""Components that only look at the others, many times a second; of no use where time is skipped."""


class Settings(TypedDict, total=False):
    """What `config.Config` takes and makes sense in a test; by default one node of 4 CPUs and 16 GiB, and no
    NodePorts on the host, which parallel tests would quarrel about (`host="127.0.0.1"` opens them)."""

    nodes: int
    node_cpu: str
    node_memory: str
    max_pods: int
    service_cidr: str
    pod_cidr: str
    disabled_controllers: tuple[str, ...]
    event_ttl: timedelta
    authorization_mode: str
    token_auth_file: Path
    disabled_admission: tuple[str, ...]
    host: str
    seed: int


DEFAULTS = Settings(nodes=1, node_cpu="4", node_memory="16Gi", host="")


class HostedCluster:
    """`start` blocks until the API answers; `stop` until nothing is left. Coroutines run in `thread`."""

    thread: LoopThread
    cluster: Cluster
    outages: Outages
    _loop: SkippingLoop

    def __init__(self, **settings: Unpack[Settings]) -> None:
        merged: Any = {**DEFAULTS, **settings}
        self._config = Config(
            cluster="test", ephemeral=True, runtime="simulated", listen="127.0.0.1:0", patient=True, **merged
        )
        self.faults = Faults()
        self.closing = ExitStack()
        """What was made for the cluster outside its thread; closed before it ends."""

    def start(self) -> None:
        self._loop = SkippingLoop()
        self.thread = LoopThread(self._loop)
        self.thread.start()
        try:
            self.cluster = Cluster(self._config, clock=LoopClock(self._loop))
            self.thread.run(self._open())
        except BaseException:
            self.thread.stop()
            raise

    def stop(self) -> None:
        try:
            self.closing.close()
        finally:
            try:
                self.thread.run(self.cluster.__aexit__())
            finally:
                self.thread.stop()

    async def _open(self) -> None:
        await self.cluster.__aenter__()
        try:
            await self.cluster.started()
        except BaseException:
            await self.cluster.__aexit__()
            raise
        self.outages = Outages(self.cluster)
        self.cluster.api.intercept = self.faults
        self._loop.busy = self._busy
        for name in MEASURING:
            self.cluster.supervisor[name].pause()

    def _busy(self) -> bool:
        listener = self.cluster.listener
        return listener is not None and listener.in_flight > 0

    # What is asked from outside, in any thread --------------------------------------------------------------

    def client(self) -> Client:
        """As administrator, for whatever event loop asks."""
        own = self.cluster.client
        return Client(BridgeTransport(self.thread, own.transport), own.user, agent=FIELD_MANAGER)

    def kind(self, text: str) -> Kind:
        """As a person types it: `Deployment`, `deploy`, `deployments.apps`."""
        found = self.cluster.registry.find(text)
        if found is None:
            raise LookupError(f"the server doesn't have a resource type {text!r}")
        return found

    def now(self) -> datetime:
        return self.cluster.clock.now()

    def kubeconfig(self, namespace: str) -> Path:
        """A file whose context has this namespace; it goes with the cluster."""
        assert self.cluster.listener is not None
        own = self.cluster.listener.kubeconfig
        if namespace == "default":
            return own
        path = own.with_name(f"kubeconfig-{namespace}")
        if not path.exists():
            content = yaml.safe_load(own.read_text())
            for context in content["contexts"]:
                context["context"]["namespace"] = namespace
            write_private(path, yaml.safe_dump(content, sort_keys=False).encode())
        return path

    # What runs in the cluster's thread ----------------------------------------------------------------------

    async def create_namespace(self, name: str) -> None:
        """Returns when pods can be created in it."""
        client = self.cluster.client
        await client.create(kinds.NAMESPACE, {"metadata": {"name": name}})
        await wait_for(client, kinds.SERVICE_ACCOUNT, name, "default", "exists", timeout=10)

    async def delete_namespace(self, name: str) -> None:
        """Its pods end at once, without their grace; the rest follows in the background."""
        client = self.cluster.client
        for pod in (await client.list(kinds.POD, name))["items"]:
            try:
                await client.delete(kinds.POD, name, pod["metadata"]["name"], grace_period_seconds=0)
            except NotFound:
                continue
        try:
            await client.delete(kinds.NAMESPACE, "", name)
        except NotFound:
            return

    async def start_node(self, name: str) -> None:
        self.outages.start_node(name)

    async def restore(self) -> None:
        """End every failure that was made on purpose."""
        self.faults.clear()
        self.outages.end()

    async def apply(self, namespace: str, manifest: Manifest) -> Objects:
        text = await asyncio.to_thread(_text, manifest)
        documents, errors = parse(text, self.cluster.registry, namespace=namespace)
        definitions = [document for document in documents if document.kind.kind == DEFINITION]
        if errors and definitions:  # perhaps of kinds that they define
            await self._define(definitions)
            documents, errors = parse(text, self.cluster.registry, namespace=namespace)
        if errors:
            raise errors[0]
        return [await self._apply(document) for document in documents]

    async def _define(self, definitions: Sequence[Document]) -> None:
        for document in definitions:
            await self._apply(document)
            name = document.object["metadata"]["name"]
            await wait_for(self.cluster.client, document.kind, "", name, "Established", timeout=10)

    async def _apply(self, document: Document) -> Obj:
        answer = await self.cluster.client.apply(
            document.kind, document.object, field_manager=FIELD_MANAGER, force=True
        )
        return copy(answer.object)

    async def get(self, kind: Kind, namespace: str, name: str) -> Obj:
        return copy(await self.cluster.client.get(kind, _of(kind, namespace), name))

    async def list(self, kind: Kind, namespace: str, label_selector: str) -> Objects:
        answer = await self.cluster.client.list(kind, _of(kind, namespace), label_selector=label_selector)
        return copy(answer["items"])

    async def delete(self, kind: Kind, namespace: str, name: str) -> None:
        await self.cluster.client.delete(kind, _of(kind, namespace), name)

    async def logs(self, namespace: str, pod: str, options: LogOptions) -> str:
        lines = [line async for line in self.cluster.client.logs(namespace, pod, options)]
        return b"".join(lines).decode(errors="replace")

    async def events(self, kind: Kind, namespace: str, name: str) -> Objects:
        return copy(await events_about(self.cluster.client, kind, _of(kind, namespace), name))

    async def wait_for(
        self, kind: Kind, namespace: str, name: str, condition: Condition, timeout: float
    ) -> Obj:
        return copy(await wait_for(self.cluster.client, kind, _of(kind, namespace), name, condition, timeout))

    async def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"time cannot go back by {-seconds:g} s")
        await self._loop.skip(seconds)

    async def advance_until(
        self, kind: Kind, namespace: str, name: str, condition: Condition, limit: float
    ) -> Obj:
        skipping = asyncio.create_task(self._loop.skip(limit))
        try:
            return await self.wait_for(kind, namespace, name, condition, limit)
        finally:
            skipping.cancel()
            await asyncio.gather(skipping, return_exceptions=True)


def _of(kind: Kind, namespace: str) -> str:
    return namespace if kind.namespaced else ""


def _text(manifest: Manifest) -> bytes:
    """Blocks on files."""
    if isinstance(manifest, Path):
        return manifest.read_bytes()
    if isinstance(manifest, str):
        return manifest.encode()
    objects = [manifest] if isinstance(manifest, dict) else list(manifest)
    return "\n---\n".join(json.dumps(obj) for obj in objects).encode()
