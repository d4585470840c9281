"""One cluster: what it is made of, and its life."""

from __future__ import annotations

import asyncio
import logging
import platform
import shutil
import tempfile
from contextlib import AsyncExitStack, suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tuik8s.api import kinds
from tuik8s.api.clock import Clock, Ids, RandomIds, SystemClock
from tuik8s.api.errors import NotFound
from tuik8s.api.kinds import KindRegistry
from tuik8s.api.objects import Obj, is_true, key_of
from tuik8s.apiserver import ApiServer
from tuik8s.apiserver.admission import UnknownPlugin
from tuik8s.apiserver.event_expiry import EventExpiry
from tuik8s.client import Client, EventRecorder, SeriesRecorder
from tuik8s.cluster import identities
from tuik8s.cluster.access import authenticator_of, configured_access, read_token_file
from tuik8s.cluster.component_health import component_health
from tuik8s.cluster.credentials import Credentials
from tuik8s.cluster.information import Information
from tuik8s.cluster.kubelets import Kubelets
from tuik8s.cluster.loop_lag import LoopLag
from tuik8s.cluster.supervisor import Supervisor
from tuik8s.cluster.together import together
from tuik8s.config import BadConfig
from tuik8s.reconcile import Informers
from tuik8s.storage import Store
from tuik8s.storage.file_lock import FileLock

if TYPE_CHECKING:
    from tuik8s.api.request import User
    from tuik8s.applier import FolderApplier
    from tuik8s.cluster.api_listener import ApiListener
    from tuik8s.config import Config
    from tuik8s.cri import Runtime
    from tuik8s.proxy import NodePortProxy
    from tuik8s.reconcile.controller import ControllerStatistics
    from tuik8s.scheduler import Scheduler

log = logging.getLogger(__name__)

NODES_READY_LIMIT, NODES_READY_POLL = 3.0, 0.02  # seconds


class ControllerPort(Protocol):
    """What every controller is to the cluster."""

    name: str

    async def run(self) -> None: ...
    def statistics(self) -> ControllerStatistics: ...


class Cluster:
    """Everything of one cluster in this event loop.

        async with Cluster(config) as cluster:
            await cluster.client.list(kinds.POD)

    Entering returns as soon as the API answers, and raises `storage.StoreError` when the state cannot be
    opened; the container runtime and the components follow (`started`). Leaving stops all of them in the
    reverse order of their start and closes the store. Containers on Docker go on running, unless the cluster
    is ephemeral.

    `after` is waited for before the components start: they are loaded then, and not with this module, so that
    the interface can show itself first.
    """

    store: Store
    api: ApiServer
    client: Client
    info: Information
    credentials: Credentials
    kubelets: Kubelets
    scheduler: Scheduler
    proxy: NodePortProxy

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        ids: Ids | None = None,
        after: asyncio.Event | None = None,
    ) -> None:
        self.config = config
        self._after = after
        self.clock = clock or SystemClock()
        self.ids = ids or RandomIds(config.seed)
        self.registry = KindRegistry()
        self.supervisor = Supervisor()
        self.lag = LoopLag()
        self.directory = config.directory
        self.runtime: Runtime | None = None
        self.applier: FolderApplier | None = None
        self.listener: ApiListener | None = None
        """None while the API is not served over HTTPS."""
        self.controllers: list[ControllerPort] = []
        self._stack = AsyncExitStack()
        self._starting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Cluster:
        async with self._stack:
            await self._open()
            self._stack = self._stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def started(self) -> None:
        """Wait until every component runs; `RuntimeFault` when the runtime asked for cannot be used."""
        if self._starting is not None:
            await asyncio.shield(self._starting)

    async def failed(self) -> None:
        """Never returns; raises what keeps the cluster from starting."""
        await self.started()
        await asyncio.Event().wait()

    # Starting ---------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        await asyncio.to_thread(self._prepare_directory)
        path = None if self.config.ephemeral else self.directory / "store.db"
        self.store = await Store.open(path, clock=self.clock)
        self._stack.push_async_callback(self.store.close)
        self.kubelets = Kubelets(self.config, clock=self.clock, ids=self.ids)
        self.credentials = Credentials(self.directory / "pki", self.clock)
        self._access = configured_access(self.config, self.credentials.issuer)
        try:
            self.api = ApiServer(
                self.store, clock=self.clock, ids=self.ids, kubelets=self.kubelets, registry=self.registry,
                service_cidr=self.config.service_cidr, access=self._access,
            )  # fmt: skip
        except UnknownPlugin as error:
            raise BadConfig(str(error)) from None
        self._tokens = await read_token_file(self.config.token_auth_file)
        await self.api.start()
        self.client = self.client_for(identities.ADMINISTRATOR, agent="tuik8s")
        self.info = Information(self)
        self._stack.push_async_callback(self._stop_runtime)
        self._stack.callback(self._stop_listening)
        self._stack.push_async_callback(self.supervisor.stop)
        self._starting = asyncio.create_task(self._start(), name="start")
        self._stack.push_async_callback(_cancelled, self._starting)

    async def _start(self) -> None:
        if self._after is not None:
            await self._after.wait()
        await asyncio.to_thread(_load_components)  # a good part of a second, in which the screen answers
        from tuik8s.cluster.runtime import choose_runtime

        trusting = asyncio.create_task(self._trust(), name="credentials")
        self._stack.push_async_callback(_cancelled, trusting)
        self.supervisor.start("loop-lag", self.lag.run)
        await self.api.bootstrap()  # whatever starts from here on needs its role
        self.supervisor.start("statistics", self.info.run)
        self.supervisor.start("crd-controller", self.api.definition_controller.run)
        if self.config.event_ttl:
            expiry = EventExpiry(self.store, clock=self.clock, ttl=self.config.event_ttl)
            self.supervisor.start("event-expiry", expiry.run)
        self.api.component_health = self._component_health
        self._start_scheduler()
        self.runtime = await choose_runtime(self.config, self.directory, self.clock)
        self._start_controllers(self.runtime)
        await self._forget_old_nodes(self.runtime)
        if self.runtime.host_address:
            await self._listen()  # containers are told where, so it must be known before the first one
        self._start_kubelets(self.runtime)
        self._start_proxy()
        await self._nodes_ready()
        self.credentials.begin()
        await asyncio.gather(self._start_applier(trusting), self._listen())

    def _component_health(self) -> dict[str, str]:
        names = [controller.name for controller in self.controllers]
        return component_health(self.supervisor.states(), names)

    async def _trust(self) -> None:
        """From here on service account tokens hold."""
        issuer = await self.credentials.issuer()
        self.api.issuer = issuer
        self.api.authenticator = authenticator_of(
            self._tokens, issuer, self.store, self.clock, anonymous=self._access.anonymous
        )

    async def _listen(self) -> None:
        if not self.config.listen or self.listener is not None:
            return
        self.credentials.begin()
        # HTTP takes a fifth of a second to load, in part without Python's lock: the keys come meanwhile.
        loading = asyncio.to_thread(import_module, "tuik8s.cluster.api_listener")
        # A token must not come before it can be told to hold.
        await asyncio.gather(loading, self.credentials.issuer())
        from tuik8s.cluster.api_listener import ApiListener

        self.listener = ApiListener(self)
        await self.listener.open(self.runtime.host_address if self.runtime is not None else "")
        self.supervisor.start("kube-apiserver", self.listener.run)

    def _stop_listening(self) -> None:
        if self.listener is not None:
            self.listener.close()

    def client_for(self, user: User, *, agent: str = "") -> Client:
        return Client(self.api, user, agent=agent)

    def _prepare_directory(self) -> None:
        if self.config.ephemeral:
            self.directory = Path(tempfile.mkdtemp(prefix=f"tuik8s-{self.config.cluster}-"))
            self._stack.callback(shutil.rmtree, self.directory, ignore_errors=True)
            # As long as it is held nobody takes this cluster's containers for left over.
            self._stack.callback(FileLock(self.directory / "store.db").release)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o700)

    def _start_controllers(self, runtime: Runtime) -> None:
        from tuik8s.controllers import (
            CONTROLLERS,
            CertificateSigningController,
            NodeIpamController,
            RootCACertPublisher,
            ServiceAccountTokenController,
        )

        informers = Informers(self.client_for(identities.CONTROLLER_MANAGER))
        root_ca = self.credentials.root_certificate
        needs: dict[type, dict[str, Any]] = {
            NodeIpamController: {"cluster_cidr": runtime.pod_cidr},
            RootCACertPublisher: {"root_ca": root_ca},
            CertificateSigningController: {"sign": self.credentials.sign_certificate},
            ServiceAccountTokenController: {"root_ca": root_ca, "sign": self.credentials.sign_secret},
        }
        for kind in CONTROLLERS:
            if kind.name in self.config.disabled_controllers:
                continue
            client = self.client_for(identities.of_controller(kind.name), agent="kube-controller-manager")
            recorder = EventRecorder(client, kind.name, clock=self.clock)
            make: Any = kind
            controller = make(client, informers, recorder, clock=self.clock, **needs.get(kind, {}))
            self.controllers.append(controller)
            self.supervisor.start(kind.name, together(controller.run, recorder.run))
        self.supervisor.start("controller-manager-informers", informers.run)

    def _start_scheduler(self) -> None:
        from tuik8s.scheduler import Scheduler

        client = self.client_for(identities.SCHEDULER)
        informers = Informers(client)
        recorder = SeriesRecorder(client, "default-scheduler", clock=self.clock, host=platform.node())
        self.scheduler = Scheduler(client, informers, recorder, clock=self.clock)
        self.supervisor.start("kube-scheduler", together(self.scheduler.run, recorder.run))
        self.supervisor.start("scheduler-informers", informers.run)

    def _start_proxy(self) -> None:
        from tuik8s.proxy import NodePortProxy

        client = self.client_for(identities.PROXY)
        informers = Informers(client)
        recorder = SeriesRecorder(client, "kube-proxy", clock=self.clock, host=platform.node())
        self.proxy = NodePortProxy(
            informers,
            self.kubelets.dial,
            dial_udp=self.kubelets.dial_udp,
            host=self.config.host,
            recorder=recorder,
        )
        self.supervisor.start("kube-proxy", together(self.proxy.run, recorder.run))
        self.supervisor.start("proxy-informers", informers.run)

    async def _start_applier(self, trusting: asyncio.Task[None]) -> None:
        await trusting
        if self.config.folder is None:
            return
        from tuik8s.applier import FolderApplier

        client = self.client_for(identities.ADMINISTRATOR, agent="tuik8s-folder")
        self.applier = FolderApplier(client, [self.config.folder], self.registry, clock=self.clock)
        self.supervisor.start("manifest-folder", self.applier.run)

    def _start_kubelets(self, runtime: Runtime) -> None:
        informers = Informers(self.client_for(identities.KUBELET_INFORMERS, agent="kubelet"))
        api_server = self.listener.for_containers if self.listener is not None else None
        self.kubelets.build(runtime, self.api, informers, self.directory, api_server=api_server)
        for name, run in self.kubelets.runs():
            self.supervisor.start(name, run)
        if self.kubelets.names:  # without a kubelet there is nothing to read for
            self.supervisor.start("kubelet-informers", informers.run)

    async def _nodes_ready(self) -> None:
        """Give the nodes a moment, so that the first pods do not begin with a failed scheduling."""
        loop = asyncio.get_running_loop()
        limit = loop.time() + NODES_READY_LIMIT
        while loop.time() < limit:
            nodes = (await self.client.list(kinds.NODE))["items"]
            if len(nodes) == len(self.kubelets.names) and all(_takes_pods(node) for node in nodes):
                return
            await asyncio.sleep(NODES_READY_POLL)

    async def _forget_old_nodes(self, runtime: Runtime) -> None:
        """Nodes that an earlier run hosted and this one does not leave, as by `kubectl delete node`, and
        their machines are gone with everything on them."""
        from tuik8s.cluster.old_nodes import remove_pods_of_old_nodes

        removal = asyncio.create_task(
            remove_pods_of_old_nodes(runtime, self.kubelets.names), name="old nodes"
        )
        self._stack.push_async_callback(_cancelled, removal)
        for node in (await self.client.list(kinds.NODE))["items"]:
            name = node["metadata"]["name"]
            if name in self.kubelets.names:
                continue
            log.info("node %s is not run any more", name)
            with suppress(NotFound):
                await self.client.delete(kinds.NODE, "", name)
        for pod in (await self.client.list(kinds.POD))["items"]:
            # The pod garbage collector would do it too, in a minute.
            if pod["spec"].get("nodeName", "") not in ("", *self.kubelets.names):
                with suppress(NotFound):
                    await self.client.delete(kinds.POD, *key_of(pod), grace_period_seconds=0)

    # Stopping ---------------------------------------------------------------------------------------------

    async def _stop_runtime(self) -> None:
        if self.runtime is None:
            return
        if self.config.ephemeral:
            await self.runtime.remove_cluster()
        await self.runtime.close()


def _load_components() -> None:
    for package in ("cluster.runtime", "scheduler", "controllers", "kubelet", "proxy", "applier"):
        import_module(f"tuik8s.{package}")


def _takes_pods(node: Obj) -> bool:
    return is_true(node, "Ready") and not (node.get("spec") or {}).get("taints")


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
