"""Containers of a pod or of a pod template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.tui.describe.page import NONE, moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tuik8s.api.objects import Obj
    from tuik8s.tui.describe.page import Page


def add_containers(
    page: Page, title: str, containers: Iterable[Obj], statuses: Mapping[str, Obj] | None, level: int = 0
) -> None:
    """`statuses` by container name; None for a template, which has none."""
    page.line(f"{title}:", level)
    for container in containers:
        status = (statuses or {}).get(container["name"])
        page.line(f"{container['name']}:", level + 1)
        _identity(page, container, status, level + 2, running=statuses is not None)
        _command(page, container, level + 2)
        if status:
            _states(page, status, level + 2)
        _resources(page, container, level + 2)
        for name in ("liveness", "readiness", "startup"):
            if probe := container.get(f"{name}Probe"):
                page.field(name.capitalize(), probe_text(probe), level + 2)
        _environment(page, container, level + 2)
        _mounts(page, container, level + 2)


def _identity(page: Page, container: Obj, status: Obj | None, level: int, *, running: bool) -> None:
    if running:
        page.field("Container ID", (status or {}).get("containerID", ""), level)
    page.field("Image", container.get("image", ""), level)
    if running:
        page.field("Image ID", (status or {}).get("imageID", ""), level)
    ports = container.get("ports") or []
    name, host_name = ("Ports", "Host Ports") if len(ports) > 1 else ("Port", "Host Port")
    page.field(name, ", ".join(_port(port) for port in ports) or NONE, level)
    hosts = ", ".join(f"{port.get('hostPort', 0)}/{port.get('protocol', 'TCP')}" for port in ports)
    page.field(host_name, hosts or NONE, level)


def _port(port: Obj) -> str:
    text = f"{port['containerPort']}/{port.get('protocol', 'TCP')}"
    return f"{text} ({port['name']})" if port.get("name") else text


def _command(page: Page, container: Obj, level: int) -> None:
    for title, field in (("Command", "command"), ("Args", "args")):
        if container.get(field):
            page.line(f"{title}:", level)
            for word in container[field]:
                for part in str(word).split("\n"):
                    page.line(part, level + 1)


def _states(page: Page, status: Obj, level: int) -> None:
    add_state(page, "State", status.get("state") or {}, level)
    if status.get("lastState"):
        add_state(page, "Last State", status["lastState"], level)
    page.field("Ready", status.get("ready", False), level)
    page.field("Restart Count", status.get("restartCount", 0), level)


def add_state(page: Page, title: str, state: Obj, level: int) -> None:
    if running := state.get("running"):
        page.field(title, "Running", level)
        page.field("Started", moment(running.get("startedAt")), level + 1)
    elif ended := state.get("terminated"):
        page.field(title, "Terminated", level)
        for name, value in _end(ended):
            page.field(name, value, level + 1)
    else:
        waiting = state.get("waiting") or {}
        page.field(title, "Waiting", level)
        if waiting.get("reason"):
            page.field("Reason", waiting["reason"], level + 1)


def _end(ended: Obj) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    if ended.get("reason"):
        found.append(("Reason", ended["reason"]))
    if ended.get("message"):
        found.append(("Message", ended["message"].rstrip("\n")))
    found.append(("Exit Code", ended.get("exitCode", 0)))
    if ended.get("signal"):
        found.append(("Signal", ended["signal"]))
    return [
        *found,
        ("Started", moment(ended.get("startedAt"))),
        ("Finished", moment(ended.get("finishedAt"))),
    ]


def _resources(page: Page, container: Obj, level: int) -> None:
    resources = container.get("resources") or {}
    for title, field in (("Limits", "limits"), ("Requests", "requests")):
        if resources.get(field):
            page.line(f"{title}:", level)
            for name, quantity in sorted(resources[field].items()):
                page.field(name, quantity, level + 1)


def probe_text(probe: Obj) -> str:
    timing = (
        f"delay={probe.get('initialDelaySeconds', 0)}s timeout={probe.get('timeoutSeconds', 1)}s"
        f" period={probe.get('periodSeconds', 10)}s #success={probe.get('successThreshold', 1)}"
        f" #failure={probe.get('failureThreshold', 3)}"
    )
    return f"{_handler(probe)} {timing}"


def _handler(probe: Obj) -> str:
    if command := probe.get("exec"):
        return f"exec [{' '.join(command.get('command') or ())}]"
    if http := probe.get("httpGet"):
        scheme = http.get("scheme", "HTTP").lower()
        return f"http-get {scheme}://{http.get('host', '')}:{http.get('port')}{http.get('path', '')}"
    if tcp := probe.get("tcpSocket"):
        return f"tcp-socket {tcp.get('host', '')}:{tcp.get('port')}"
    grpc = probe.get("grpc") or {}
    return f"grpc <pod>:{grpc.get('port')} {grpc.get('service', '')}"


def _environment(page: Page, container: Obj, level: int) -> None:
    if container.get("envFrom"):
        page.line("Environment Variables from:", level)
        for source in container["envFrom"]:
            page.row(_bulk_source(source), level + 1)
    if not container.get("env"):
        page.field("Environment", NONE, level)
        return
    page.line("Environment:", level)
    for variable in container["env"]:
        page.field(variable["name"], _value(variable), level + 1)


def _bulk_source(source: Obj) -> tuple[str, str]:
    kind, reference = (
        ("ConfigMap", source["configMapRef"]) if "configMapRef" in source else ("Secret", source["secretRef"])
    )
    prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
    optional = str(reference.get("optional", False)).lower()
    return reference["name"], f"{kind}{prefix}  Optional: {optional}"


def _value(variable: Obj) -> str:
    source = variable.get("valueFrom")
    if not source:
        return str(variable.get("value", ""))
    if reference := source.get("fieldRef"):
        return f" ({reference.get('apiVersion', 'v1')}:{reference['fieldPath']})"
    if reference := source.get("resourceFieldRef"):
        return f" ({reference['resource']})"
    kind, field = (
        ("config map", "configMapKeyRef") if "configMapKeyRef" in source else ("secret", "secretKeyRef")
    )
    reference = source[field]
    optional = str(reference.get("optional", False)).lower()
    return f"<set to the key '{reference['key']}' of {kind} '{reference['name']}'>  Optional: {optional}"


def _mounts(page: Page, container: Obj, level: int) -> None:
    mounts = container.get("volumeMounts")
    if not mounts:
        page.field("Mounts", NONE, level)
        return
    page.line("Mounts:", level)
    for mount in sorted(mounts, key=lambda mount: str(mount["mountPath"])):
        flags = "ro" if mount.get("readOnly") else "rw"
        if mount.get("subPath"):
            flags += f',path="{mount["subPath"]}"'
        page.line(f"{mount['mountPath']} from {mount['name']} ({flags})", level + 1)
