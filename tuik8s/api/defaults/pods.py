"""Pods and pod templates; what only a pod itself gets is left out of templates, as in Kubernetes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.defaults.resources import default_resources
from tuik8s.api.defaults.volumes import default_volume
from tuik8s.api.images import default_pull_policy

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")


def default_pod(pod: Obj) -> None:
    spec = pod.setdefault("spec", {})
    default_spec(spec)
    default_resources(spec)
    spec.setdefault("enableServiceLinks", True)
    if spec.get("hostNetwork"):
        _default_host_ports(spec)
    pod.setdefault("status", {}).setdefault("phase", "Pending")


def default_template(template: Obj | None) -> None:
    if template is None:
        return
    template.setdefault("metadata", {})
    default_spec(template.setdefault("spec", {}))


def default_spec(spec: Obj) -> None:
    """What pods and templates share."""
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("securityContext", {})
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("schedulerName", "default-scheduler")
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if account:
        spec["serviceAccountName"] = spec["serviceAccount"] = account
    for volume in spec.get("volumes") or ():
        default_volume(volume)
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            _default_container(container)


def _default_container(container: Obj) -> None:
    if not container.get("imagePullPolicy"):
        container["imagePullPolicy"] = default_pull_policy(container.get("image") or "")
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("resources", {})
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
    for variable in container.get("env") or ():
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if reference is not None:
            reference.setdefault("apiVersion", "v1")
        _default_divisor((variable.get("valueFrom") or {}).get("resourceFieldRef"))
    for name in _PROBES:
        _default_probe(container.get(name))
    lifecycle = container.get("lifecycle") or {}
    for hook in ("postStart", "preStop"):
        _default_http_get((lifecycle.get(hook) or {}).get("httpGet"))


def _default_divisor(reference: Obj | None) -> None:
    if reference is not None:
        reference.setdefault("divisor", "0")


def _default_probe(probe: Obj | None) -> None:
    if probe is None:
        return
    for field, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1)):
        probe.setdefault(field, value)
    probe.setdefault("failureThreshold", 3)
    _default_http_get(probe.get("httpGet"))
    if probe.get("grpc") is not None:
        probe["grpc"].setdefault("service", "")


def _default_http_get(action: Obj | None) -> None:
    if action is not None:
        action.setdefault("path", "/")
        action.setdefault("scheme", "HTTP")


def _default_host_ports(spec: Obj) -> None:
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for port in container.get("ports") or ():
            if not port.get("hostPort") and port.get("containerPort"):
                port["hostPort"] = port["containerPort"]
