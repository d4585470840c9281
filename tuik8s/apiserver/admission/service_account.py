"""ServiceAccount: names a new pod's account, and mounts its token (plugin/pkg/admission/serviceaccount)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden
from tuik8s.api.objects import annotations_of
from tuik8s.api.pods import MIRROR_ANNOTATION
from tuik8s.api.request import Verb

if TYPE_CHECKING:
    from tuik8s.api.clock import Ids
    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.admission.chain import Attributes
    from tuik8s.storage import Store

DEFAULT_ACCOUNT = "default"
TOKEN_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount"
VOLUME_PREFIX = "kube-api-access-"
TOKEN_SECONDS = 3607
"""An hour and a little: by the odd number the API server knows the tokens of this plug-in."""
ROOT_CA_CONFIG_MAP = "kube-root-ca.crt"


class ServiceAccount:
    """The account must exist. Its token is mounted unless pod or account say no, or a container has its own
    mount in that place."""

    name = "ServiceAccount"

    def __init__(self, store: Store, ids: Ids, *, mounts_tokens: bool) -> None:
        self._store = store
        self._ids = ids
        self._mounts_tokens = mounts_tokens

    async def admit(self, attributes: Attributes) -> None:
        if attributes.kind != kinds.POD or attributes.operation is not Verb.CREATE:
            return
        obj = attributes.object
        if MIRROR_ANNOTATION in annotations_of(obj):
            self._check_mirror(attributes)
            return
        spec = obj["spec"]
        account = spec.get("serviceAccountName") or DEFAULT_ACCOUNT
        spec["serviceAccountName"] = spec["serviceAccount"] = account
        found = self._store.get(kinds.SERVICE_ACCOUNT.storage_key(attributes.namespace, account))
        if found is None:
            where = f"{attributes.namespace}/{account}"
            why = f'error looking up service account {where}: serviceaccount "{account}" not found'
            raise Forbidden.on(attributes.kind.resource, attributes.name, why)
        if self._mounts_tokens and _wants_token(spec, found):
            self._mount(spec)
        if not spec.get("imagePullSecrets") and found.get("imagePullSecrets"):
            spec["imagePullSecrets"] = found["imagePullSecrets"]

    def _check_mirror(self, attributes: Attributes) -> None:
        spec = attributes.object["spec"]
        if spec.get("serviceAccountName"):
            raise Forbidden.on(
                attributes.kind.resource, attributes.name, "a mirror pod may not reference service accounts"
            )

    def _mount(self, spec: Obj) -> None:
        """A volume of a new name; one that the pod has already under the prefix is used again."""
        volumes = spec.get("volumes") or []
        names = {volume["name"] for volume in volumes}
        name = next((n for n in sorted(names) if n.startswith(VOLUME_PREFIX)), "")
        made = not name
        while not name or (made and name in names):
            name = VOLUME_PREFIX + self._ids.suffix()
        mount = {"name": name, "readOnly": True, "mountPath": TOKEN_DIRECTORY}
        used = False
        for field in ("initContainers", "containers"):
            containers = [dict(container) for container in spec.get(field) or ()]
            for container in containers:
                mounts = container.get("volumeMounts") or []
                if not any(m.get("mountPath") == TOKEN_DIRECTORY for m in mounts):
                    container["volumeMounts"] = [*mounts, dict(mount)]
                    used = True
            if containers:
                spec[field] = containers
        if used and made:
            spec["volumes"] = [*volumes, {"name": name, "projected": _projection()}]


def _wants_token(spec: Obj, account: Obj) -> bool:
    for choice in (spec.get("automountServiceAccountToken"), account.get("automountServiceAccountToken")):
        if choice is not None:
            return bool(choice)
    return True


def _projection() -> Obj:
    return {
        "defaultMode": 0o644,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
            {"configMap": {"name": ROOT_CA_CONFIG_MAP, "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [
                {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
            ]}},
        ],
    }  # fmt: skip
