"""Volumes of pods and pod templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.images import default_pull_policy

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

_FILE_MODE = 0o644
_TOKEN_SECONDS = 3600

_SOURCE_DEFAULTS: dict[str, Obj] = {
    "secret": {"defaultMode": _FILE_MODE},
    "configMap": {"defaultMode": _FILE_MODE},
    "downwardAPI": {"defaultMode": _FILE_MODE},
    "projected": {"defaultMode": _FILE_MODE},
    "hostPath": {"type": ""},
    "iscsi": {"iscsiInterface": "default"},
    "rbd": {"pool": "rbd", "user": "admin", "keyring": "/etc/ceph/keyring"},
    "azureDisk": {"cachingMode": "ReadWrite", "fsType": "ext4", "readOnly": False, "kind": "Shared"},
    "scaleIO": {"storageMode": "ThinProvisioned", "fsType": "xfs"},
}


def default_volume(volume: Obj) -> None:
    """A volume without a source is an emptyDir."""
    if not any(field != "name" for field in volume):
        volume["emptyDir"] = {}
    default_source(volume)
    _default_files(volume.get("downwardAPI"))
    for projection in (volume.get("projected") or {}).get("sources") or ():
        _default_files(projection.get("downwardAPI"))
        if "serviceAccountToken" in projection:
            projection["serviceAccountToken"].setdefault("expirationSeconds", _TOKEN_SECONDS)
    if "ephemeral" in volume:
        claim = volume["ephemeral"].get("volumeClaimTemplate") or {}
        claim.get("spec", {}).setdefault("volumeMode", "Filesystem")
    image = volume.get("image")
    if image is not None and not image.get("pullPolicy"):
        image["pullPolicy"] = default_pull_policy(image.get("reference") or "")


def default_source(holder: Obj) -> None:
    """The source of a volume, or of a PersistentVolume's spec."""
    for source, defaults in _SOURCE_DEFAULTS.items():
        if source in holder:
            for field, value in defaults.items():
                holder[source].setdefault(field, value)


def _default_files(source: Obj | None) -> None:
    """The files of a downward API volume or projection."""
    for item in (source or {}).get("items") or ():
        if "fieldRef" in item:
            item["fieldRef"].setdefault("apiVersion", "v1")
        if "resourceFieldRef" in item:
            item["resourceFieldRef"].setdefault("divisor", "0")
