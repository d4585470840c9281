"""What the engine is asked to create, as its API's JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.cri.docker import naming
from tuik8s.cri.docker.oom import SANDBOX_SCORE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.cri.protocol import (
        ContainerConfig,
        Mount,
        PodSandboxConfig,
        PortMapping,
        Resources,
        SecurityContext,
    )

CPU_PERIOD = 100_000
LOOPBACK = "127.0.0.1"
# The kubelet's own defaults: containerLogMaxSize and containerLogMaxFiles.
LOGS = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "5"}}


def sandbox_payload(
    cluster: str, config: PodSandboxConfig, *, image: str, publish_all: bool, lower_oom: bool
) -> dict[str, Any]:
    """`publish_all`: also ports without a host port get one, on loopback, because pods cannot be reached.
    `lower_oom`: the engine may make processes less likely to be killed for memory."""
    network = "host" if config.host_network else naming.network_name(cluster)
    published = [] if config.host_network else [p for p in config.ports if p.host_port or publish_all]
    host: dict[str, Any] = {
        "NetworkMode": network,
        "IpcMode": "host" if config.host_ipc else "shareable",
        "PidMode": "host" if config.host_pid else "",
        "PortBindings": _bindings(published),
        "Dns": list(config.dns_servers),
        "DnsSearch": list(config.dns_searches),
        "DnsOptions": list(config.dns_options),
        "ExtraHosts": [f"{name}:{ip}" for ip, names in config.host_aliases for name in names],
        "Sysctls": dict(config.security.sysctls),
        "CpuShares": 2,
        "OomScoreAdj": SANDBOX_SCORE if lower_oom else 0,
        "CapDrop": ["ALL"],
        "ReadonlyRootfs": True,
        "SecurityOpt": ["no-new-privileges"],
        "LogConfig": {"Type": "none"},
    }
    payload: dict[str, Any] = {
        "Image": image,
        "Labels": naming.sandbox_labels(cluster, config),
        "ExposedPorts": {key: {} for key in host["PortBindings"]},
        "HostConfig": host,
    }
    if not config.host_network:
        payload["Hostname"] = config.hostname
        payload["Domainname"] = config.domain_name
        address = {"IPAMConfig": {"IPv4Address": config.ip}} if config.ip else {}
        payload["NetworkingConfig"] = {"EndpointsConfig": {network: address}}
    return payload


def container_payload(
    cluster: str, sandbox_id: str, config: ContainerConfig, pod: PodSandboxConfig, *, lower_oom: bool
) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "Image": config.image,
        "Env": [f"{name}={value}" for name, value in config.env],
        "WorkingDir": config.working_dir,
        "User": config.security.user,
        "OpenStdin": config.stdin,
        "StdinOnce": config.stdin_once,
        "Tty": config.tty,
        "Labels": naming.container_labels(cluster, sandbox_id, config, pod),
        # An image's own health check is no business of Kubernetes.
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": _host_config(sandbox_id, config, pod, lower_oom=lower_oom),
    }
    if config.command:
        payload["Entrypoint"] = list(config.command)
    # A command of the pod's own also drops the image's arguments.
    if config.args or config.command:
        payload["Cmd"] = list(config.args)
    if config.stop_signal:
        payload["StopSignal"] = config.stop_signal
    return payload


def _host_config(
    sandbox_id: str, config: ContainerConfig, pod: PodSandboxConfig, *, lower_oom: bool
) -> dict[str, Any]:
    resources, joined = config.resources, f"container:{sandbox_id}"
    own_pid_mode = f"container:{config.process_target}" if config.process_target else ""
    pid_mode = "host" if pod.host_pid else joined if pod.share_processes else own_pid_mode
    host: dict[str, Any] = {
        "NetworkMode": "host" if pod.host_network else joined,
        "IpcMode": "host" if pod.host_ipc else joined,
        "PidMode": pid_mode,
        "Mounts": [_mount(mount) for mount in config.mounts],
        **limits_payload(resources),
        "OomScoreAdj": resources.oom_score_adj if lower_oom else max(0, resources.oom_score_adj),
        "LogConfig": LOGS,
    }
    return host | _security(config.security)


def limits_payload(resources: Resources) -> dict[str, Any]:
    """Also what is asked for to change a running container: 0 then leaves a limit as it is."""
    limits: dict[str, Any] = {
        "CpuShares": resources.cpu_shares,
        "Memory": resources.memory_limit,
        "MemorySwap": resources.memory_limit,
    }
    if resources.cpu_quota:
        limits |= {"CpuPeriod": CPU_PERIOD, "CpuQuota": resources.cpu_quota}
    return limits


def _security(security: SecurityContext) -> dict[str, Any]:
    return {
        "Privileged": security.privileged,
        "ReadonlyRootfs": security.read_only_root,
        "CapAdd": list(security.add_capabilities),
        "CapDrop": list(security.drop_capabilities),
        "GroupAdd": [str(group) for group in security.supplemental_groups],
        "SecurityOpt": ["no-new-privileges"] if security.no_new_privileges else [],
    }


def _mount(mount: Mount) -> dict[str, Any]:
    return {
        "Type": "bind",
        "Source": mount.host_path,
        "Target": mount.container_path,
        "ReadOnly": mount.read_only,
    }


def _bindings(ports: Iterable[PortMapping]) -> dict[str, list[dict[str, str]]]:
    bindings: dict[str, list[dict[str, str]]] = {}
    for port in ports:
        key = f"{port.container_port}/{port.protocol.lower()}"
        address = {"HostIp": port.host_ip or LOOPBACK, "HostPort": str(port.host_port or "")}
        bindings.setdefault(key, []).append(address)
    return bindings
