"""What a pod uses by name (pkg/api/v1/pod VisitPodSecretNames and its sisters)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj

SECRET_VOLUMES = (
    "azureFile", "cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "storageos", "iscsi",
)  # fmt: skip

_VOLUMES = {
    "azureFile": "secrets", "configMap": "configmaps", "csi": "csidrivers",
    "ephemeral": "persistentvolumeclaims", "glusterfs": "endpoints",
    "persistentVolumeClaim": "persistentvolumeclaims", "secret": "secrets",
}  # fmt: skip
"""Volumes that always come from the API, with what they are there; others may still name a Secret."""
_PROJECTED = {
    "clusterTrustBundle": "clustertrustbundles", "configMap": "configmaps",
    "podCertificate": "podcertificates", "secret": "secrets", "serviceAccountToken": "serviceaccounts",
}  # fmt: skip


def uses(pod: Obj, resource: str, namespace: str, name: str) -> bool:
    """Whether the pod refers to the object; `resource` is one of secrets, configmaps, serviceaccounts and
    persistentvolumeclaims."""
    if pod["metadata"]["namespace"] != namespace or not name:
        return False
    spec = pod["spec"]
    if resource == "serviceaccounts":
        return bool((spec.get("serviceAccountName") or "default") == name)
    found = {"secrets": _secrets, "configmaps": _config_maps, "persistentvolumeclaims": _claims}[resource]
    return name in found(pod)


def resources_used(pod: Obj) -> Iterator[str]:
    """The resources that the pod needs from the API, as HasAPIObjectReference names them; some twice."""
    spec = pod["spec"]
    if spec.get("serviceAccountName"):
        yield "serviceaccounts"
    for resource, found in (("secrets", _secrets), ("configmaps", _config_maps)):
        if any(found(pod)):
            yield resource
    if spec.get("resourceClaims"):
        yield "resourceclaims"
    for volume in spec.get("volumes") or ():
        for source, resource in _VOLUMES.items():
            if volume.get(source) is not None:  # even if it names nothing
                yield f"{resource} (via {source} volumes)"
        for part in (volume.get("projected") or {}).get("sources") or ():
            for source in part.keys() - {"downwardAPI"}:
                yield f"{_PROJECTED.get(source, source)} (via projected volumes)"


def _secrets(pod: Obj) -> Iterator[str]:
    spec = pod["spec"]
    for reference in spec.get("imagePullSecrets") or ():
        yield reference.get("name", "")
    yield from _in_containers(spec, "secret")
    for volume in spec.get("volumes") or ():
        yield (volume.get("secret") or {}).get("secretName", "")
        yield from _projected(volume, "secret")
        for kind in SECRET_VOLUMES:
            source = volume.get(kind) or {}
            yield (source.get("secretRef") or {}).get("name", "")
            yield source.get("secretName", "")
        yield ((volume.get("csi") or {}).get("nodePublishSecretRef") or {}).get("name", "")


def _config_maps(pod: Obj) -> Iterator[str]:
    spec = pod["spec"]
    yield from _in_containers(spec, "configMap")
    for volume in spec.get("volumes") or ():
        yield (volume.get("configMap") or {}).get("name", "")
        yield from _projected(volume, "configMap")


def _claims(pod: Obj) -> Iterator[str]:
    for volume in pod["spec"].get("volumes") or ():
        yield (volume.get("persistentVolumeClaim") or {}).get("claimName", "")
        if volume.get("ephemeral") is not None:
            yield f"{pod['metadata']['name']}-{volume['name']}"


def _projected(volume: Obj, kind: str) -> Iterator[str]:
    for source in (volume.get("projected") or {}).get("sources") or ():
        yield (source.get(kind) or {}).get("name", "")


def _in_containers(spec: Obj, kind: str) -> Iterator[str]:
    for field in ("containers", "initContainers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            for source in container.get("envFrom") or ():
                yield (source.get(f"{kind}Ref") or {}).get("name", "")
            for variable in container.get("env") or ():
                yield ((variable.get("valueFrom") or {}).get(f"{kind}KeyRef") or {}).get("name", "")
