"""From a pod's spec to what the runtime is asked for (pkg/kubelet/kuberuntime)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import pods, quantity
from tuik8s.api.expansion import expand
from tuik8s.cri import (
    ContainerConfig,
    PodSandboxConfig,
    PortMapping,
    Resources,
    SecurityContext,
)
from tuik8s.kubelet.actions import spec_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tuik8s.api.objects import Obj
    from tuik8s.cri import Mount
    from tuik8s.kubelet.config import NodeConfig

MIN_SHARES, MAX_SHARES, SHARES_PER_CPU = 2, 262144, 1024
QUOTA_PERIOD, MIN_QUOTA = 100_000, 1000  # microseconds
GUARANTEED_OOM, BEST_EFFORT_OOM = -997, 1000
CRITICAL_PRIORITY = 2_000_000_000
HOSTNAME_LIMIT = 63
DEFAULT_TERMINATION_PATH = "/dev/termination-log"


def sandbox_config(pod: Obj, node: NodeConfig, *, ip: str, attempt: int) -> PodSandboxConfig:
    meta, spec = pod["metadata"], pod["spec"]
    host_network = bool(spec.get("hostNetwork"))
    dns = _dns(pod, node)
    hostname, domain = hostname_of(pod, node)
    return PodSandboxConfig(
        name=meta["name"],
        namespace=meta["namespace"],
        uid=meta["uid"],
        node=node.name,
        attempt=attempt,
        hostname=node.name if host_network else hostname,
        domain_name=domain,
        ip="" if host_network else ip,
        host_network=host_network,
        host_pid=bool(spec.get("hostPID")),
        host_ipc=bool(spec.get("hostIPC")),
        share_processes=bool(spec.get("shareProcessNamespace")),
        dns_servers=tuple(dns["nameservers"]),
        dns_searches=tuple(dns["searches"]),
        dns_options=tuple(dns["options"]),
        host_aliases=tuple(
            (alias["ip"], tuple(alias.get("hostnames") or ())) for alias in spec.get("hostAliases") or ()
        ),
        ports=_ports(pods.container_ports(pod), published=not host_network),
        labels=meta.get("labels") or {},
        annotations=meta.get("annotations") or {},
        security=_security(pod, {}),
    )


def container_config(
    pod: Obj,
    container: Obj,
    node: NodeConfig,
    *,
    attempt: int,
    env: Mapping[str, str],
    mounts: tuple[Mount, ...],
    target: str = "",
) -> ContainerConfig:
    return ContainerConfig(
        name=container["name"],
        image=container.get("image") or "",
        attempt=attempt,
        command=tuple(expand(word, env) for word in container.get("command") or ()),
        args=tuple(expand(word, env) for word in container.get("args") or ()),
        working_dir=container.get("workingDir") or "",
        env=tuple(env.items()),
        mounts=mounts,
        ports=_ports(container.get("ports") or (), published=not pod["spec"].get("hostNetwork")),
        resources=container_resources(pod, container, node),
        security=_security(pod, container),
        stdin=bool(container.get("stdin")),
        stdin_once=bool(container.get("stdinOnce")),
        tty=bool(container.get("tty")),
        stop_signal=((container.get("lifecycle") or {}).get("stopSignal")) or "",
        spec_hash=spec_hash(container),
        process_target=target,
        termination_message_path=container.get("terminationMessagePath") or DEFAULT_TERMINATION_PATH,
        grace_period=int(pod["spec"].get("terminationGracePeriodSeconds", 30)),
    )


def hostname_of(pod: Obj, node: NodeConfig) -> tuple[str, str]:
    """Host name and domain (util.GeneratePodHostNameAndDomain)."""
    spec, meta = pod["spec"], pod["metadata"]
    if spec.get("hostnameOverride"):
        return spec["hostnameOverride"], ""
    hostname = (spec.get("hostname") or meta["name"])[:HOSTNAME_LIMIT].rstrip("-.")
    domain = ""
    if spec.get("subdomain"):
        domain = f"{spec['subdomain']}.{meta['namespace']}.svc.{node.cluster_domain}"
    if spec.get("setHostnameAsFQDN") and domain:
        return f"{hostname}.{domain}", domain
    return hostname, domain


def _dns(pod: Obj, node: NodeConfig) -> dict[str, list[str]]:
    """Empty lists leave the runtime's own resolver configuration."""
    policy = pod["spec"].get("dnsPolicy") or "ClusterFirst"
    host_network = bool(pod["spec"].get("hostNetwork"))
    cluster_first = policy == "ClusterFirstWithHostNet" or (policy == "ClusterFirst" and not host_network)
    result: dict[str, list[str]] = {"nameservers": [], "searches": [], "options": []}
    if cluster_first and node.cluster_dns:
        namespace, domain = pod["metadata"]["namespace"], node.cluster_domain
        result = {
            "nameservers": [node.cluster_dns],
            "searches": [f"{namespace}.svc.{domain}", f"svc.{domain}", domain],
            "options": ["ndots:5"],
        }
    extra = pod["spec"].get("dnsConfig") or {}
    for key in ("nameservers", "searches"):
        result[key] = list(dict.fromkeys([*result[key], *(extra.get(key) or ())]))
    options = {option.partition(":")[0]: option for option in result["options"]}
    for option in extra.get("options") or ():
        value = option.get("value")
        options[option["name"]] = f"{option['name']}:{value}" if value else option["name"]
    result["options"] = list(options.values())
    return result


def _ports(ports: Iterable[Obj], *, published: bool) -> tuple[PortMapping, ...]:
    """hostPort is published by the runtime, except where the pod has the host's own network."""
    return tuple(
        PortMapping(
            container_port=port["containerPort"],
            host_port=int(port.get("hostPort") or 0) if published else 0,
            protocol=port.get("protocol") or "TCP",
            host_ip=port.get("hostIP") or "",
        )
        for port in ports
    )


def container_resources(pod: Obj, container: Obj, node: NodeConfig) -> Resources:
    resources = container.get("resources") or {}
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    cpu_limit = quantity.millis(limits.get("cpu", 0))
    cpu_request = quantity.millis(requests["cpu"]) if "cpu" in requests else cpu_limit
    return Resources(
        cpu_shares=min(max(cpu_request * SHARES_PER_CPU // 1000, MIN_SHARES), MAX_SHARES),
        cpu_quota=max(cpu_limit * QUOTA_PERIOD // 1000, MIN_QUOTA) if cpu_limit else 0,
        memory_limit=quantity.value(limits.get("memory", 0)),
        oom_score_adj=oom_score_adj(pod, container, quantity.value(node.memory)),
    )


def oom_score_adj(pod: Obj, container: Obj, node_memory: int) -> int:
    """Who dies first when the node runs out of memory (pkg/kubelet/qos)."""
    if pods.priority(pod) >= CRITICAL_PRIORITY:
        return GUARANTEED_OOM
    quality = pods.qos_class(pod)
    if quality == "Guaranteed":
        return GUARANTEED_OOM
    if quality == "BestEffort":
        return BEST_EFFORT_OOM
    requested = quantity.value(((container.get("resources") or {}).get("requests") or {}).get("memory", 0))
    score = BEST_EFFORT_OOM - BEST_EFFORT_OOM * requested // max(node_memory, 1)
    return min(max(score, BEST_EFFORT_OOM + GUARANTEED_OOM), BEST_EFFORT_OOM - 1)


def effective_security(pod: Obj, container: Obj) -> Obj:
    """The container's security context over the pod's."""
    return {**(pod["spec"].get("securityContext") or {}), **(container.get("securityContext") or {})}


def _security(pod: Obj, container: Obj) -> SecurityContext:
    context = effective_security(pod, container)
    pod_context = pod["spec"].get("securityContext") or {}
    user, group = context.get("runAsUser"), context.get("runAsGroup")
    groups = list(pod_context.get("supplementalGroups") or ())
    if pod_context.get("fsGroup") is not None:
        groups.append(pod_context["fsGroup"])
    capabilities = context.get("capabilities") or {}
    identity = "" if user is None else str(user)
    if group is not None:
        identity = f"{identity or 0}:{group}"
    return SecurityContext(
        user=identity,
        supplemental_groups=tuple(groups),
        privileged=bool(context.get("privileged")),
        read_only_root=bool(context.get("readOnlyRootFilesystem")),
        add_capabilities=tuple(capabilities.get("add") or ()),
        drop_capabilities=tuple(capabilities.get("drop") or ()),
        no_new_privileges=context.get("allowPrivilegeEscalation") is False,
        sysctls={s["name"]: str(s.get("value", "")) for s in pod_context.get("sysctls") or ()},
    )
