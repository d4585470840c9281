"""A frozen cluster for the interface: tables in memory, watches pushed by the test, a stopped clock."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from tuik8s.api.errors import Expired, NotFound, ServiceUnavailable
from tuik8s.api.kinds import (
    CONFIG_MAP,
    DEPLOYMENT,
    EVENT,
    NAMESPACE,
    NODE,
    POD,
    REPLICA_SET,
    SERVICE,
    Kind,
)
from tuik8s.api.manifests import ManifestFile, ObjectRef
from tuik8s.api.request import Request, Response, User, Verb, WatchEvent
from tuik8s.client import Client

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.client.transport import ExecStream, LogOptions

NOW = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)


class FrozenClock:
    """Stands at NOW until a test moves it."""

    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def ago(seconds: float) -> str:
    return (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


COLUMNS: dict[Kind, list[tuple[str, str, int]]] = {
    NODE: [("Name", "string", 0), ("Status", "string", 0), ("Roles", "string", 0), ("Age", "string", 0),
           ("Version", "string", 0), ("Internal-IP", "string", 1), ("OS-Image", "string", 1)],
    POD: [("Name", "string", 0), ("Ready", "string", 0), ("Status", "string", 0), ("Restarts", "string", 0),
          ("Age", "string", 0), ("IP", "string", 1), ("Node", "string", 1), ("Nominated Node", "string", 1),
          ("Readiness Gates", "string", 1)],
    DEPLOYMENT: [("Name", "string", 0), ("Ready", "string", 0), ("Up-to-date", "integer", 0),
                 ("Available", "integer", 0), ("Age", "string", 0), ("Containers", "string", 1),
                 ("Images", "string", 1)],
    SERVICE: [("Name", "string", 0), ("Type", "string", 0), ("Cluster-IP", "string", 0),
              ("External-IP", "string", 0), ("Port(s)", "string", 0), ("Age", "string", 0),
              ("Selector", "string", 1)],
    EVENT: [("Last Seen", "string", 0), ("Type", "string", 0), ("Reason", "string", 0),
            ("Object", "string", 0), ("Subobject", "string", 1), ("Source", "string", 1),
            ("Message", "string", 0), ("First Seen", "string", 1), ("Count", "string", 1),
            ("Name", "string", 1)],
    NAMESPACE: [("Name", "string", 0), ("Status", "string", 0), ("Age", "string", 0)],
    REPLICA_SET: [("Name", "string", 0), ("Desired", "integer", 0), ("Current", "integer", 0),
                  ("Ready", "integer", 0), ("Age", "string", 0)],
    CONFIG_MAP: [("Name", "string", 0), ("Data", "integer", 0), ("Age", "string", 0)],
}  # fmt: skip


class FakeTransport:
    """Answers list and watch with Tables; `put` and `remove` are the cluster's side."""

    def __init__(self) -> None:
        self.revision = 100
        self.rows: dict[Kind, dict[str, Obj]] = {}
        self.down = ""
        self.requests: list[Request] = []
        self.log_lines: dict[tuple[str, str], list[bytes]] = {}
        self.log_requests: list[tuple[str, str, LogOptions]] = []
        self.lists = 0
        self._watchers: list[tuple[Kind, asyncio.Queue[WatchEvent | Exception]]] = []

    def put(self, kind: Kind, obj: Obj, cells: Sequence[Any]) -> None:
        self.revision += 1
        obj["metadata"]["resourceVersion"] = str(self.revision)
        uid = obj["metadata"]["uid"]
        rows = self.rows.setdefault(kind, {})
        change = "MODIFIED" if uid in rows else "ADDED"
        rows[uid] = {"cells": list(cells), "object": obj}
        self._tell(kind, WatchEvent(change, table(kind, [rows[uid]], self.revision)))  # type: ignore[arg-type]

    def remove(self, kind: Kind, uid: str) -> None:
        self.revision += 1
        row = self.rows[kind].pop(uid)
        self._tell(kind, WatchEvent("DELETED", table(kind, [row], self.revision)))

    def break_down(self, reason: str) -> None:
        self.down = reason
        for _, queue in self._watchers:
            queue.put_nowait(ServiceUnavailable(reason))

    def expire(self, kind: Kind) -> None:
        for watched, queue in self._watchers:
            if watched == kind:
                queue.put_nowait(Expired("too old resource version"))

    def _tell(self, kind: Kind, event: WatchEvent) -> None:
        for watched, queue in self._watchers:
            if watched == kind:
                queue.put_nowait(event)

    async def send(self, request: Request) -> Response:
        self.requests.append(request)
        if self.down:
            raise ServiceUnavailable(self.down)
        rows = self.rows.get(request.kind, {})
        if request.verb == Verb.LIST:
            self.lists += 1
            return Response(table(request.kind, list(rows.values()), self.revision))
        for row in rows.values():
            if row["object"]["metadata"]["name"] == request.name:
                return Response(row["object"])
        raise NotFound.of(str(request.kind), request.name)

    async def watch(self, request: Request) -> AsyncIterator[WatchEvent]:
        if self.down:
            raise ServiceUnavailable(self.down)
        queue: asyncio.Queue[WatchEvent | Exception] = asyncio.Queue()
        entry = (request.kind, queue)
        self._watchers.append(entry)
        try:
            while True:
                event = await queue.get()
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            self._watchers.remove(entry)

    async def logs(self, user: User, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        self.log_requests.append((namespace, pod, options))
        for line in self.log_lines.get((namespace, pod), []):
            yield line
        if options.follow:
            await asyncio.Event().wait()

    async def exec(
        self,
        user: User,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        tty: bool,
        stdin: bool,
    ) -> ExecStream:
        raise ServiceUnavailable("no containers here")


def table(kind: Kind, rows: list[Obj], revision: int) -> Obj:
    columns = COLUMNS.get(kind, [("Name", "string", 0), ("Age", "string", 0)])
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": str(revision)},
        "columnDefinitions": [{"name": n, "type": t, "priority": p} for n, t, p in columns],
        "rows": rows,
    }


@dataclass
class FakeVitals:
    loop_lag_ms: float = 2.0
    requests_per_second: float = 38.0
    watches: int = 12
    objects: int = 412
    revision: int = 18231
    store_bytes: int = 3_100_000
    queues: dict[str, int] = field(default_factory=lambda: {"deployment-controller": 0, "scheduler": 1})
    pulls: dict[str, str] = field(default_factory=dict)
    heartbeats: dict[str, float] = field(default_factory=lambda: {"node-1": 1, "node-2": 4, "node-3": 7})


@dataclass
class FakeRequest:
    time: datetime
    verb: str
    resource: str
    namespace: str
    code: int
    milliseconds: float
    agent: str


class FakeStory(NamedTuple):
    """Nothing is known of how anything came to be."""

    chain: tuple[Any, ...] = ()
    writes: tuple[Any, ...] = ()


class FakeInfo:
    """What a quiet three-node cluster would say of itself."""

    name = "dev"
    runtime = "simulated"
    started = NOW - timedelta(hours=3, minutes=12)
    endpoint = "https://127.0.0.1:6443"
    folder = "./manifests"

    def __init__(self) -> None:
        self.vital_signs = FakeVitals()
        self.files = manifest_files()
        self.troubles: list[str] = []
        self.actions: list[dict[str, Any]] = []

    def vitals(self) -> FakeVitals:
        return self.vital_signs

    def requests(self) -> list[FakeRequest]:
        def at(seconds: float) -> datetime:
            return NOW - timedelta(seconds=seconds)

        return [
            FakeRequest(at(9), "GET", "nodes/node-1", "", 200, 0.4, "kubelet"),
            FakeRequest(at(6), "PATCH", "deployments/web/scale", "default", 200, 2.1, "tui"),
            FakeRequest(at(4), "WATCH", "pods", "", 0, 0.0, "kubectl"),
            FakeRequest(at(3), "POST", "pods/web-1/binding", "default", 201, 0.9, "scheduler"),
            FakeRequest(at(2), "PUT", "leases/node-2", "kube-node-lease", 409, 0.7, "kubelet"),
        ]

    def components(self) -> list[Any]:
        return []

    def alerts(self) -> list[str]:
        return self.troubles

    def manifests(self) -> list[ManifestFile]:
        return self.files

    def verdicts(self, pod_uid: str) -> list[Any]:
        return []

    async def story(self, kind: Kind, namespace: str, name: str) -> FakeStory:
        return FakeStory()

    def note_action(self, *, time: datetime, label: str, target: str, kubectl: str, outcome: str) -> None:
        self.actions.append({"label": label, "target": target, "kubectl": kubectl, "outcome": outcome})


def manifest_files() -> list[ManifestFile]:
    web = (ObjectRef("apps/v1", "Deployment", "default", "web"), ObjectRef("v1", "Service", "default", "web"))
    then = NOW - timedelta(minutes=12)
    return [
        ManifestFile(path="api.yaml", state="drifted", time=NOW - timedelta(hours=3), revision=214,
                     message="replicas set to 5 by kubectl", objects=web[:1]),
        ManifestFile(path="bad.yaml", state="error", time=NOW - timedelta(seconds=40), line=17, column=3,
                     message="strict decoding error: unknown field \"spec.replica\""),
        ManifestFile(path="db/stateful.yaml", state="waiting", time=then, message="no namespace prod"),
        ManifestFile(path="web.yaml", state="applied", time=then, revision=188, objects=web),
    ]  # fmt: skip


def meta(name: str, namespace: str, age: float, **more: Any) -> Obj:
    found: Obj = {
        "name": name,
        "uid": more.pop("uid", f"uid-{namespace}-{name}"),
        "creationTimestamp": ago(age),
    }
    if namespace:
        found["namespace"] = namespace
    return found | more


def pod(
    name: str, namespace: str = "default", *, status: str = "Running", ready: bool = True, restarts: int = 0,
    age: float = 720, node: str = "node-1", ip: str = "10.244.0.4", app: str = "web", owner: str = "",
) -> tuple[Obj, list[Any]]:  # fmt: skip
    phase = status if status in ("Running", "Pending", "Succeeded") else "Running"
    obj: Obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": meta(name, namespace, age, labels={"app": app}),
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "img"}]},
        "status": {
            "phase": phase,
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {"name": "main", "ready": ready, "restartCount": restarts,
                 "lastState": {"terminated": {"finishedAt": ago(95), "exitCode": 1}} if restarts else {}}
            ],
        },
    }  # fmt: skip
    if owner:
        obj["metadata"]["ownerReferences"] = [
            {"kind": "ReplicaSet", "name": owner, "uid": f"uid-{namespace}-{owner}", "controller": True}
        ]
    times = f"{restarts} (95s ago)" if restarts else "0"
    cells = [name, "1/1" if ready else "0/1", status, times, "?", ip, node, "<none>", "<none>"]
    return obj, cells


def event(
    reason: str, message: str, about: Obj, *, kind: str = "Pod", age: float = 10, type: str = "Normal",  # noqa: A002
    count: int = 1, source: str = "kubelet",
) -> tuple[Obj, list[Any]]:  # fmt: skip
    target = about["metadata"]
    name = f"{target['name']}.{reason.lower()}.{int(age)}"
    obj: Obj = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": meta(name, target.get("namespace", "default"), age),
        "involvedObject": {
            "apiVersion": "apps/v1" if kind == "Deployment" else "v1", "kind": kind, "name": target["name"],
            "namespace": target.get("namespace", ""), "uid": target["uid"],
        },
        "type": type, "reason": reason, "message": message, "count": count,
        "firstTimestamp": ago(age * 3), "lastTimestamp": ago(age),
    }  # fmt: skip
    subject = f"{kind.lower()}/{target['name']}"
    return obj, ["?", type, reason, subject, "", source, message, "?", str(count), name]


def deployment(
    name: str, namespace: str, ready: int, wanted: int, age: float, image: str
) -> tuple[Obj, list[Any]]:
    obj: Obj = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta(name, namespace, age, labels={"app": name}),
        "spec": {"replicas": wanted, "selector": {"matchLabels": {"app": name}}, "template": {"spec": {}}},
        "status": {"readyReplicas": ready, "replicas": wanted},
    }
    return obj, [name, f"{ready}/{wanted}", wanted, ready, "?", "main", image]


def service(name: str, namespace: str, type_: str, ip: str, ports: str, age: float) -> tuple[Obj, list[Any]]:
    obj: Obj = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta(name, namespace, age),
        "spec": {"selector": {"app": name}} if name != "kubernetes" else {},
    }
    return obj, [name, type_, ip, "<none>", ports, "?", f"app={name}"]


def node(name: str, status: str, age: float = 432_000) -> tuple[Obj, list[Any]]:
    ready = "True" if status.startswith("Ready") else "False"
    obj: Obj = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": meta(name, "", age),
        "spec": {"unschedulable": True} if "Disabled" in status else {},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }
    return obj, [name, status, "<none>", "?", "v1.37.0", "10.0.0.2", "tuik8s"]


def plain(kind: Kind, name: str, namespace: str, age: float, cells: Sequence[Any]) -> tuple[Obj, list[Any]]:
    obj: Obj = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": meta(name, namespace, age)}
    return obj, [name, *cells]


def populate(transport: FakeTransport) -> None:
    """A small cluster with something to look at: a crash loop, a pending pod, a cordoned node."""
    for kind, (obj, cells) in _objects():
        transport.put(kind, obj, cells)
    for (namespace, name), lines in _logs().items():
        transport.log_lines[namespace, name] = lines


def _objects() -> Iterator[tuple[Kind, tuple[Obj, list[Any]]]]:
    for name in ("default", "kube-node-lease", "kube-public", "kube-system", "prod"):
        yield NAMESPACE, plain(NAMESPACE, name, "", 432_000, ["Active", "?"])
    for name, status in (("node-1", "Ready"), ("node-2", "Ready"), ("node-3", "Ready,SchedulingDisabled")):
        yield NODE, node(name, status)
    yield DEPLOYMENT, deployment("web", "default", 2, 3, 720, "web:1.4")
    yield DEPLOYMENT, deployment("api", "default", 1, 2, 10_900, "api:2.0")
    yield DEPLOYMENT, deployment("dns", "kube-system", 2, 2, 432_000, "dns:1")
    yield SERVICE, service("kubernetes", "default", "ClusterIP", "10.96.0.1", "443/TCP", 432_000)
    yield SERVICE, service("web", "default", "NodePort", "10.96.0.12", "80:30080/TCP", 720)
    yield SERVICE, service("api", "default", "ClusterIP", "10.96.0.31", "8080/TCP", 10_900)
    web_set: Obj = {
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": meta("web-7d9f8c6b5", "default", 720, ownerReferences=[
            {"kind": "Deployment", "name": "web", "uid": "uid-default-web", "controller": True}]),
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}}, "template": {}}, "status": {},
    }  # fmt: skip
    yield REPLICA_SET, (web_set, ["web-7d9f8c6b5", 3, 3, 2, "?"])
    crash = pod("web-7d9f8c6b5-9qwzt", status="CrashLoopBackOff", ready=False, restarts=6, node="node-2",
                ip="10.244.1.7", owner="web-7d9f8c6b5")  # fmt: skip
    fine = pod("web-7d9f8c6b5-2xk4m", owner="web-7d9f8c6b5")
    pending = pod("api-5c7b9d-p0s8r", status="Pending", ready=False, age=4, node="", ip="<none>", app="api")
    yield POD, fine
    yield POD, crash
    yield POD, pod("web-7d9f8c6b5-hh2vl", node="node-3", ip="10.244.2.9", owner="web-7d9f8c6b5")
    yield POD, pod("api-5c7b9d-hh2vl", age=10_900, ip="10.244.0.9", app="api")
    yield POD, pending
    yield POD, pod("dns-6f5d4-lm3tz", "kube-system", age=90_000, ip="10.244.0.2", app="dns", restarts=1)
    yield POD, pod("dns-6f5d4-x7kpq", "kube-system", age=90_000, node="node-2", ip="10.244.1.2", app="dns")
    yield (
        POD,
        pod("db-0", "prod", status="Terminating", age=432_000, node="node-3", ip="10.244.2.3", app="db"),
    )
    yield POD, pod("migrate-k2x9c", "prod", status="Succeeded", ready=False, age=5_000, app="migrate")
    yield EVENT, event("BackOff", "Back-off restarting failed container main in pod web-7d9f8c6b5-9qwzt",
                       crash[0], age=2, type="Warning", count=6)  # fmt: skip
    yield EVENT, event("Pulled", 'Container image "web:1.4" already present on machine', crash[0], age=44)
    yield EVENT, event("Unhealthy", "Readiness probe failed: connection refused", crash[0], age=190,
                       type="Warning", count=3)  # fmt: skip
    yield EVENT, event("Scheduled", "Successfully assigned default/web-7d9f8c6b5-9qwzt to node-2", crash[0],
                       age=720, source="default-scheduler")  # fmt: skip
    yield EVENT, event("FailedScheduling", "0/3 nodes are available: 1 node(s) were unschedulable, "
                       "2 Insufficient memory.", pending[0], age=4, type="Warning")  # fmt: skip
    yield EVENT, event("ScalingReplicaSet", "Scaled up replica set web-7d9f8c6b5 from 2 to 3",
                       {"metadata": {"name": "web", "namespace": "default", "uid": "uid-default-web"}},
                       kind="Deployment", age=30)  # fmt: skip
    yield CONFIG_MAP, plain(CONFIG_MAP, "settings", "default", 3_600, [2, "?"])


def _logs() -> dict[tuple[str, str], list[bytes]]:
    crash = [
        b"2026-01-02T11:58:20.000000001Z listening on :8080\n",
        b"2026-01-02T11:58:21.000000001Z \x1b[31mFATAL\x1b[0m cannot reach db-0.db:5432 (refused)\n",
        b"2026-01-02T11:58:21.000000002Z exit status 1\n",
    ]
    api = [b"2026-01-02T11:59:%02d.000000000Z GET /healthz 200 %dms\n" % (n, n % 4) for n in range(40)]
    return {("default", "web-7d9f8c6b5-9qwzt"): crash, ("default", "api-5c7b9d-hh2vl"): api}


def fake_client(transport: FakeTransport) -> Client:
    return Client(transport, User("system:admin", ("system:masters",)), agent="tui")
