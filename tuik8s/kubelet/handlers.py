"""The actions of probes and lifecycle hooks: exec, httpGet, tcpSocket, grpc, sleep.

Each takes as long as it takes: who calls sets the limit.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.kubelet import http

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.cri import ExecResult, Runtime


class HandlerProblem(Exception):
    """The action could not be carried out as it is written."""


class Target(NamedTuple):
    """The container an action is about."""

    runtime: Runtime
    container_id: str
    sandbox_id: str
    pod_ip: str
    spec: Obj


async def run_exec(target: Target, action: Obj, timeout: float) -> ExecResult:
    """Raises TimeoutError, `RuntimeFault`."""
    return await target.runtime.exec_sync(target.container_id, action.get("command") or (), timeout)


async def http_get(target: Target, action: Obj) -> http.Answer:
    """Raises `HandlerProblem` in the words of Go's HTTP client."""
    port = port_number(target, action["port"])
    request = http_request(target, action, port)
    try:
        reader, writer = await dial(target, action.get("host") or "", port)
        return await http.send(request, reader, writer)
    except (OSError, http.MalformedAnswer) as error:
        where = f"{action.get('host') or target.pod_ip}:{port}"
        raise HandlerProblem(f'Get "{request.url}": {describe(error, where)}') from error


def http_request(target: Target, action: Obj, port: int) -> http.Get:
    path = action.get("path") or "/"
    return http.Get(
        target=path if path.startswith("/") else f"/{path}",
        authority=f"{action.get('host') or target.pod_ip}:{port}",
        headers=[(h["name"], h.get("value") or "") for h in action.get("httpHeaders") or ()],
        tls=(action.get("scheme") or "HTTP").upper() == "HTTPS",
    )


async def dial(target: Target, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the pod through the runtime, or to another host that the action names."""
    if host and host != target.pod_ip:
        return await asyncio.open_connection(host, port)
    return await target.runtime.dial(target.sandbox_id, port)


def port_number(target: Target, port: int | str) -> int:
    """A number, or the name of one of the container's ports."""
    if isinstance(port, int) or port.isdigit():
        return int(port)
    for declared in target.spec.get("ports") or ():
        if declared.get("name") == port:
            return int(declared["containerPort"])
    raise HandlerProblem(f"couldn't find port: {port!r}")


def describe(error: BaseException, where: str) -> str:
    """A connection's failure as Go's net package words it."""
    if isinstance(error, ConnectionRefusedError):
        return f"dial tcp {where}: connect: connection refused"
    if isinstance(error, ConnectionResetError):
        return f"read tcp {where}: read: connection reset by peer"
    if isinstance(error, OSError) and error.strerror:
        return f"dial tcp {where}: connect: {error.strerror.lower()}"
    return str(error)
