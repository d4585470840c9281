"""A cluster for tests that do not await."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from tuik8s.client import LogOptions
from tuik8s.testing.awaitable import AsyncTestingCluster
from tuik8s.testing.clients import Clients
from tuik8s.testing.face import WAIT_SECONDS, Face, span

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.testing.conditions import Condition, Objects
    from tuik8s.testing.hosted import Manifest


class TestingCluster(Face):
    """Every method blocks until its work is done; `aio` has the same ones to await.

    `kind` is what kubectl would take: `Pod`, `deploy`, `deployments.apps`. Refusals by the API server raise
    `tuik8s.api.errors.ApiError`, what is not there LookupError.
    """

    __test__ = False

    @cached_property
    def aio(self) -> AsyncTestingCluster:
        """The same cluster and namespace, for `async` tests."""
        return AsyncTestingCluster(self.hosted, self.namespace)

    @cached_property
    def clients(self) -> Clients:
        """Clients of other projects, ready to use; closed with the test, or else with the cluster."""
        made = Clients(self.kubeconfig_path, self.namespace)
        self.hosted.closing.callback(made.close)
        return made

    def within(self, namespace: str) -> TestingCluster:
        """The same cluster, seen from another namespace."""
        return TestingCluster(self.hosted, namespace)

    # Objects

    def apply(self, manifest: Manifest) -> Objects:
        """Server-side apply of YAML text, a file of it (a `Path`), an object, or several. Returns them."""
        return self.hosted.thread.run(self.hosted.apply(self.namespace, manifest))

    def get(self, kind: str, name: str) -> Obj:
        return self.hosted.thread.run(self.hosted.get(self.hosted.kind(kind), self.namespace, name))

    def list(self, kind: str, label_selector: str = "") -> Objects:
        found = self.hosted.list(self.hosted.kind(kind), self.namespace, label_selector)
        return self.hosted.thread.run(found)

    def delete(self, kind: str, name: str) -> None:
        """Returns when the deletion has begun; `wait_for(kind, name, "deleted")` sees its end."""
        self.hosted.thread.run(self.hosted.delete(self.hosted.kind(kind), self.namespace, name))

    def logs(self, pod: str, container: str = "", *, previous: bool = False) -> str:
        options = LogOptions(container=container, previous=previous)
        return self.hosted.thread.run(self.hosted.logs(self.namespace, pod, options))

    def events(self, kind: str, name: str) -> Objects:
        """About one object, oldest first."""
        return self.hosted.thread.run(self.hosted.events(self.hosted.kind(kind), self.namespace, name))

    def wait_for(
        self, kind: str, name: str, condition: Condition = "Ready", timeout: float = WAIT_SECONDS
    ) -> Obj:
        """Until the condition holds (see `Condition`); returns the object. TimeoutError, with the object's
        status and events, after `timeout` seconds of the cluster's time."""
        waiting = self.hosted.wait_for(self.hosted.kind(kind), self.namespace, name, condition, timeout)
        return self.hosted.thread.run(waiting)

    # Time

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Have time pass in the cluster: every timer on the way fires, in order. Returns when what follows
        from the last one is done."""
        self.hosted.thread.run(self.hosted.advance(span(seconds, minutes, hours, days)))

    def advance_until(
        self, kind: str, name: str, condition: Condition, *,
        seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0,
    ) -> Obj:  # fmt: skip
        """As `wait_for`, with time passing as fast as it can; the time given is the limit."""
        limit = span(seconds, minutes, hours, days)
        waiting = self.hosted.advance_until(self.hosted.kind(kind), self.namespace, name, condition, limit)
        return self.hosted.thread.run(waiting)

    # Failures

    def stop_node(self, name: str) -> None:
        """Power off: its kubelet falls silent, its containers are dead."""
        self.hosted.thread.run(self.hosted.outages.stop_node(name))

    def start_node(self, name: str) -> None:
        """Power on again."""
        self.hosted.thread.run(self.hosted.start_node(name))

    def crash_container(self, pod: str, container: str = "", *, exit_code: int = 1, reason: str = "") -> None:
        """End a container as if by itself; `reason="OOMKilled"` with 137 as the kernel would."""
        crash = self.hosted.outages.exit_container(
            self.namespace, pod, container, code=exit_code, reason=reason
        )
        self.hosted.thread.run(crash)
