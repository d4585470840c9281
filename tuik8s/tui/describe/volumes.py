"""Volumes of a pod or of a pod template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.tui.describe.page import NONE

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.tui.describe.page import Page

_TITLES = {
    "emptyDir": "EmptyDir (a temporary directory that shares a pod's lifetime)",
    "hostPath": "HostPath (bare host directory volume)",
    "configMap": "ConfigMap (a volume populated by a ConfigMap)",
    "secret": "Secret (a volume populated by a Secret)",
    "downwardAPI": "DownwardAPI (a volume populated by information about the pod)",
    "projected": "Projected (a volume that contains injected data from multiple sources)",
    "persistentVolumeClaim": (
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)"
    ),
}


def add_volumes(page: Page, volumes: list[Obj] | None, level: int = 0) -> None:
    if not volumes:
        page.field("Volumes", NONE, level)
        return
    page.line("Volumes:", level)
    for volume in volumes:
        page.line(f"{volume['name']}:", level + 1)
        kind = next((key for key in volume if key != "name"), "")
        page.field("Type", _TITLES.get(kind, kind), level + 2)
        for name, value in _details(kind, volume.get(kind) or {}):
            page.field(name, value, level + 2)


def _details(kind: str, source: Obj) -> list[tuple[str, Any]]:
    optional = str(source.get("optional", False)).lower()
    match kind:
        case "emptyDir":
            return [("Medium", source.get("medium", "")), ("SizeLimit", source.get("sizeLimit", "<unset>"))]
        case "hostPath":
            return [("Path", source.get("path")), ("HostPathType", source.get("type", ""))]
        case "configMap":
            return [("Name", source.get("name")), ("Optional", optional)]
        case "secret":
            return [("SecretName", source.get("secretName")), ("Optional", optional)]
        case "downwardAPI":
            return [("Items", "\n".join(_downward(item) for item in source.get("items") or ()))]
        case "projected":
            return [pair for part in source.get("sources") or () for pair in _projected(part)]
        case "persistentVolumeClaim":
            return [
                ("ClaimName", source.get("claimName")),
                ("ReadOnly", str(source.get("readOnly", False)).lower()),
            ]
    return sorted(source.items())


def _downward(item: Obj) -> str:
    reference = item.get("fieldRef") or item.get("resourceFieldRef") or {}
    return f"{reference.get('fieldPath') or reference.get('resource')} -> {item['path']}"


def _projected(part: Obj) -> list[tuple[str, Any]]:
    if token := part.get("serviceAccountToken"):
        return [("TokenExpirationSeconds", token.get("expirationSeconds", 3600))]
    if config_map := part.get("configMap"):
        return [
            ("ConfigMapName", config_map["name"]),
            ("Optional", str(config_map.get("optional", False)).lower()),
        ]
    if secret := part.get("secret"):
        return [("SecretName", secret["name"]), ("Optional", str(secret.get("optional", False)).lower())]
    return [("DownwardAPI", "true")]
