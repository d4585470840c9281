"""A CustomResourceDefinition with a bit of everything, as operators' authors write it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.kinds import Kind
from tuik8s.api.objects import copy

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

GROUP = "stable.example.com"
CRON_TAB = Kind(GROUP, "v1", "CronTab", "crontabs", True)
"""As clients know it that have not read the definition."""

SCHEMA: Obj = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["cronSpec"],
            "properties": {
                "cronSpec": {"type": "string", "pattern": r"^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$"},
                "image": {"type": "string", "default": "busybox"},
                "replicas": {"type": "integer", "minimum": 1, "maximum": 10, "default": 1},
                "mode": {"type": "string", "enum": ["once", "often"], "default": "often"},
                "ports": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {
                            "name": {"type": "string"},
                            "port": {
                                "x-kubernetes-int-or-string": True,
                                "anyOf": [{"type": "integer"}, {"type": "string"}],
                            },
                        },
                    },
                },
                "tags": {
                    "type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}
                },
                "template": {
                    "type": "object",
                    "x-kubernetes-embedded-resource": True,
                    "x-kubernetes-preserve-unknown-fields": True,
                },
                "options": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            },
            "x-kubernetes-validations": [
                {"rule": "self.mode != 'once' || self.replicas == 1", "message": "once means one replica"},
                {"rule": "self.image == oldSelf.image", "message": "image is immutable"},
            ],
        },
        "status": {
            "type": "object",
            "properties": {
                "replicas": {"type": "integer"},
                "labelSelector": {"type": "string"},
                "phase": {"type": "string"},
            },
        },
    },
}  # fmt: skip

COLUMNS: list[Obj] = [
    {"name": "Spec", "type": "string", "description": "When it runs", "jsonPath": ".spec.cronSpec"},
    {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
    {"name": "Image", "type": "string", "jsonPath": ".spec.image", "priority": 1},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]


def version(name: str = "v1", **fields: Any) -> Obj:
    return {
        "name": name,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": copy(SCHEMA)},
        "additionalPrinterColumns": copy(COLUMNS),
        "selectableFields": [{"jsonPath": ".spec.mode"}],
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.replicas",
                "labelSelectorPath": ".status.labelSelector",
            },
        },
        **fields,
    }


def definition(*versions: Obj, plural: str = "crontabs", **names: Any) -> Obj:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "plural": plural, "singular": "crontab", "kind": "CronTab", "shortNames": ["ct"],
                "categories": ["all"], **names,
            },
            "versions": list(versions) or [version()],
        },
    }  # fmt: skip


def cron_tab(name: str = "my-cron", **spec: Any) -> Obj:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "CronTab",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"cronSpec": "* * * * */5", **spec},
    }
