"""Run one probe of one container again and again (pkg/kubelet/prober/worker.go)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal

from tuik8s.cri import RuntimeFault
from tuik8s.kubelet.handlers import HandlerProblem, Target, describe, dial, http_get, port_number, run_exec
from tuik8s.kubelet.probes.grpc import check_health

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj

ProbeKind = Literal["startup", "liveness", "readiness"]

OUTPUT_LIMIT = 10 * 1024


class Unhealthy(Exception):
    """The probe's answer is no; the text goes into the event."""


class ProbeError(Exception):
    """The probe could not be carried out: neither yes nor no."""


async def attempt(target: Target, probe: Obj, timeout: float) -> None:
    """One try. Raises `Unhealthy` or `ProbeError`."""
    try:
        async with asyncio.timeout(timeout):
            await _act(target, probe, timeout)
    except TimeoutError as error:
        raise Unhealthy(_timeout_text(target, probe, timeout)) from error
    except HandlerProblem as error:
        raise Unhealthy(str(error)) from error
    except RuntimeFault as error:
        raise ProbeError(str(error)) from error


async def _act(target: Target, probe: Obj, timeout: float) -> None:
    if "exec" in probe:
        result = await run_exec(target, probe["exec"], timeout)
        if result.exit_code != 0:
            raise Unhealthy(result.output[:OUTPUT_LIMIT].decode("utf-8", "replace"))
    elif "httpGet" in probe:
        answer = await http_get(target, probe["httpGet"])
        if not 200 <= answer.status < 400:
            raise Unhealthy(f"HTTP probe failed with statuscode: {answer.status}")
    elif "tcpSocket" in probe:
        await _connect(target, probe["tcpSocket"])
    elif "grpc" in probe:
        await _check_grpc(target, probe["grpc"])
    else:
        raise ProbeError("missing probe handler")


async def _connect(target: Target, action: Obj) -> None:
    port = port_number(target, action["port"])
    host = action.get("host") or ""
    try:
        _, writer = await dial(target, host, port)
    except OSError as error:
        raise HandlerProblem(describe(error, f"{host or target.pod_ip}:{port}")) from error
    writer.close()


async def _check_grpc(target: Target, action: Obj) -> None:
    port = int(action["port"])
    where = f"{target.pod_ip}:{port}"
    try:
        reader, writer = await dial(target, "", port)
        answer = await check_health(reader, writer, where, action.get("service") or "")
    except (OSError, asyncio.IncompleteReadError) as error:
        text = describe(error, where) if isinstance(error, OSError) else "connection closed"
        raise HandlerProblem(
            f'timeout: failed to connect service "{where}" within 1s: {text}'
            if isinstance(error, TimeoutError)
            else f'error: failed to connect service at "{where}": connection error: desc = "{text}"'
        ) from error
    if answer != "SERVING":
        raise Unhealthy(f'service unhealthy (responded with "{answer}")' if answer else _NO_HEALTH)


_NO_HEALTH = "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)"


def _timeout_text(target: Target, probe: Obj, timeout: float) -> str:
    if "exec" in probe:
        command = " ".join(probe["exec"].get("command") or ())
        return f'command timed out: "{command}" timed out after {timeout:g}s'
    if "httpGet" in probe:
        action = probe["httpGet"]
        where = f"{action.get('host') or target.pod_ip}:{port_number(target, action['port'])}"
        scheme, path = (action.get("scheme") or "HTTP").lower(), action.get("path") or "/"
        why = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
        return f'Get "{scheme}://{where}{path}": {why}'
    if "tcpSocket" in probe:
        action = probe["tcpSocket"]
        return f"dial tcp {action.get('host') or target.pod_ip}:{action['port']}: i/o timeout"
    port = (probe.get("grpc") or {}).get("port")
    return f'timeout: health rpc did not complete within {timeout:g}s: "{target.pod_ip}:{port}"'


class Prober:
    """Tells `verdict` True or False each time a threshold is reached, and `trouble` of each failed try.

    A startup or liveness probe that has given up says so once and ends: its container is going to be killed.
    A startup probe ends with its first success.
    """

    def __init__(
        self,
        kind: ProbeKind,
        target: Target,
        verdict: Callable[[bool], None],
        trouble: Callable[[str], None],
    ) -> None:
        self._kind = kind
        self._target = target
        self._spec: Obj = target.spec[f"{kind}Probe"]
        self._verdict, self._trouble = verdict, trouble

    async def run(self, running_for: float) -> None:
        """`running_for`: how many seconds the container has been running."""
        delay = float(self._spec.get("initialDelaySeconds") or 0) - running_for
        if delay > 0:
            await asyncio.sleep(delay)
        period = float(self._spec.get("periodSeconds") or 10)
        timeout = float(self._spec.get("timeoutSeconds") or 1)
        last, streak = None, 0
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            healthy = await self._attempt(timeout)
            if healthy is not None:
                streak = streak + 1 if healthy is last else 1
                last = healthy
                if streak >= self._threshold(healthy):
                    self._verdict(healthy)
                    if self._is_final(healthy):
                        return
            await asyncio.sleep(max(period - (loop.time() - began), 0))

    async def _attempt(self, timeout: float) -> bool | None:
        label = self._kind.capitalize()
        try:
            await attempt(self._target, self._spec, timeout)
        except Unhealthy as error:
            self._trouble(f"{label} probe failed: {error}")
            return False
        except ProbeError as error:
            self._trouble(f"{label} probe errored and resulted in unknown state: {error}")
            return None
        return True

    def _threshold(self, healthy: bool) -> int:
        name, default = ("successThreshold", 1) if healthy else ("failureThreshold", 3)
        return int(self._spec.get(name) or default)

    def _is_final(self, healthy: bool) -> bool:
        return self._kind == "startup" or (self._kind == "liveness" and not healthy)
