"""The files of configMap, secret, downwardAPI and projected volumes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, NamedTuple

from tuik8s.api import downward, kinds
from tuik8s.api.clock import parse_time
from tuik8s.api.errors import ApiError
from tuik8s.api.pods import every_container
from tuik8s.kubelet.volumes.atomic import File, check_path
from tuik8s.kubelet.volumes.errors import VolumeProblem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.kubelet.host import Host

DEFAULT_MODE = 0o644
TOKEN_LIFETIME = 3600
PAYLOAD_KINDS = ("configMap", "secret", "downwardAPI", "projected")


class Reference(NamedTuple):
    """An object whose change changes a volume or an environment."""

    kind: kinds.Kind
    namespace: str
    name: str


class Payload:
    """Collects the files of one volume; `refresh` is when its tokens must be renewed."""

    def __init__(self, host: Host, pod: Obj) -> None:
        self._host, self._pod = host, pod
        self.files: dict[str, File] = {}
        self.refresh: datetime | None = None

    async def add_volume(self, volume: Obj) -> None:
        """Raises `VolumeProblem`."""
        for kind in PAYLOAD_KINDS:
            if volume.get(kind) is None:
                continue
            mode = volume[kind].get("defaultMode", DEFAULT_MODE)
            if kind == "projected":
                for source in volume[kind].get("sources") or ():
                    await self._add_projection(source, mode)
            else:
                self._add(kind, volume[kind], mode)

    async def _add_projection(self, source: Obj, mode: int) -> None:
        for kind, spec in source.items():
            if kind == "serviceAccountToken":
                await self._add_token(spec, mode)
            elif kind in PAYLOAD_KINDS:
                self._add(kind, spec, mode)
            else:
                raise VolumeProblem(f"projected source {kind} is not supported by tuik8s")

    def _add(self, kind: str, spec: Obj, mode: int) -> None:
        if kind == "downwardAPI":
            for item in spec.get("items") or ():
                self._put(item["path"], self._downward(item), item.get("mode", mode))
            return
        # A secret volume names its object differently from a projected secret.
        name = spec.get("secretName") or spec.get("name") or ""
        source = kinds.CONFIG_MAP if kind == "configMap" else kinds.SECRET
        found = self._host.informers.of(source).find(self._pod["metadata"]["namespace"], name)
        if found is None and not spec.get("optional"):
            raise VolumeProblem(f'{source.singular} "{name}" not found')
        self._select(spec, contents(found or {}), mode, found is None)

    def _select(self, spec: Obj, data: Mapping[str, bytes], mode: int, missing: bool) -> None:
        items = spec.get("items") or ()
        if not items:
            for key, content in data.items():
                self._put(key, content, mode)
        for item in items:
            if item["key"] in data:
                self._put(item["path"], data[item["key"]], item.get("mode", mode))
            elif not (missing or spec.get("optional")):
                raise VolumeProblem(f"references non-existent config key: {item['key']}")

    def _downward(self, item: Obj) -> bytes:
        try:
            if "fieldRef" in item:
                return downward.field_value(self._pod, item["fieldRef"]["fieldPath"]).encode()
            reference, capacity = item["resourceFieldRef"], self._host.node.capacity
            return downward.resource_value(self._pod, reference, allocatable=capacity).encode()
        except ValueError as error:
            raise VolumeProblem(str(error)) from error

    async def _add_token(self, spec: Obj, mode: int) -> None:
        meta = self._pod["metadata"]
        account = self._pod["spec"].get("serviceAccountName") or "default"
        request: Obj = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {
                "audiences": [spec["audience"]] if spec.get("audience") else [],
                "expirationSeconds": spec.get("expirationSeconds") or TOKEN_LIFETIME,
                "boundObjectRef": {
                    "apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]
                },
            },
        }  # fmt: skip
        try:
            answer = await self._host.client.create_subresource(
                kinds.SERVICE_ACCOUNT, meta["namespace"], account, "token", request
            )
        except ApiError as error:
            raise VolumeProblem(f"failed to fetch token: {error}") from error
        status = answer.get("status") or {}
        self._put(spec["path"], str(status.get("token", "")).encode(), mode)
        self._renew_before(status.get("expirationTimestamp"))

    def _renew_before(self, expiration: str | None) -> None:
        """At four fifths of the token's life (pkg/kubelet/token)."""
        if not expiration:
            return
        now = self._host.clock.now()
        due = now + (parse_time(expiration) - now) * 0.8
        self.refresh = min(self.refresh or due, due)

    def _put(self, path: str, content: bytes, mode: int) -> None:
        self.files[check_path(path)] = File(content, mode)


def contents(obj: Obj) -> dict[str, bytes]:
    """Every key of a ConfigMap or Secret."""
    if obj.get("kind") == "Secret":
        return {key: base64.b64decode(value) for key, value in (obj.get("data") or {}).items()}
    texts = {key: value.encode() for key, value in (obj.get("data") or {}).items()}
    binaries = {key: base64.b64decode(value) for key, value in (obj.get("binaryData") or {}).items()}
    return texts | binaries


def references(pod: Obj) -> set[Reference]:
    """The ConfigMaps and Secrets that a pod's volumes and environments read."""
    names: set[tuple[kinds.Kind, str]] = set()
    for volume in pod["spec"].get("volumes") or ():
        names |= _volume_references(volume)
    for container in every_container(pod):
        for entry in container.get("env") or ():
            source = entry.get("valueFrom") or {}
            names |= _named(source.get("configMapKeyRef"), source.get("secretKeyRef"))
        for source in container.get("envFrom") or ():
            names |= _named(source.get("configMapRef"), source.get("secretRef"))
    namespace = pod["metadata"]["namespace"]
    return {Reference(kind, namespace, name) for kind, name in names}


def _volume_references(volume: Obj) -> set[tuple[kinds.Kind, str]]:
    found = _named(volume.get("configMap"), volume.get("secret"))
    for source in (volume.get("projected") or {}).get("sources") or ():
        found |= _named(source.get("configMap"), source.get("secret"))
    return found


def _named(config_map: Obj | None, secret: Obj | None) -> set[tuple[kinds.Kind, str]]:
    found = set()
    if config_map and config_map.get("name"):
        found.add((kinds.CONFIG_MAP, config_map["name"]))
    if secret and (secret.get("secretName") or secret.get("name")):
        found.add((kinds.SECRET, secret.get("secretName") or secret["name"]))
    return found
