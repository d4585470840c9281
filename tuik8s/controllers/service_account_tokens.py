"""Secrets of type kubernetes.io/service-account-token get their token, and go with their account.

After tokens_controller.go of pkg/controller/serviceaccount.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import NotFound
from tuik8s.api.objects import Key, Obj, annotations_of, copy, is_deleting, uid_of
from tuik8s.reconcile import Controller, Reconciler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from tuik8s.api.clock import Clock
    from tuik8s.client import Client, EventRecorder
    from tuik8s.reconcile import Informers

SECRET_TYPE = "kubernetes.io/service-account-token"
NAME_KEY, UID_KEY = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"


class ServiceAccountTokenController(Reconciler):
    """Fills in `token`, `ca.crt` and `namespace`; deletes the Secret of an account that is gone."""

    name = "serviceaccount-token-controller"

    def __init__(
        self, client: Client, informers: Informers, recorder: EventRecorder, *, clock: Clock,
        root_ca: Callable[[], Awaitable[str]], sign: Callable[[Obj, Obj], Awaitable[str]],
    ) -> None:  # fmt: skip
        self._client = client
        self._root_ca = root_ca
        self._sign = sign
        self._secrets = informers.of(kinds.SECRET)
        self._accounts = informers.of(kinds.SERVICE_ACCOUNT)
        self._secrets.add_index("service-account", _account_of)
        self._controller = Controller(self.name, self.reconcile, informers=informers, workers=1)
        self._controller.watches(self._secrets, _own_key)
        self._controller.watches(self._accounts, self._secrets_of)

    async def reconcile(self, key: Key) -> None:
        secret = self._secrets.get(key)
        if secret is None or is_deleting(secret) or not annotations_of(secret).get(NAME_KEY):
            return
        account = await self._account(key.namespace, annotations_of(secret)[NAME_KEY])
        wanted = annotations_of(secret).get(UID_KEY, "")
        if account is None or wanted not in ("", uid_of(account)):
            await self._delete(secret)
            return
        filled = await self._filled(secret, account)
        if filled != secret:
            await self._client.update(kinds.SECRET, filled)

    async def _account(self, namespace: str, name: str) -> Obj | None:
        """One that the cache does not know may be new."""
        found = self._accounts.find(namespace, name)
        if found is not None:
            return found
        try:
            return await self._client.get(kinds.SERVICE_ACCOUNT, namespace, name)
        except NotFound:
            return None

    async def _delete(self, secret: Obj) -> None:
        meta = secret["metadata"]
        try:
            await self._client.delete(kinds.SECRET, meta["namespace"], meta["name"], uid=meta["uid"])
        except NotFound:
            return

    async def _filled(self, secret: Obj, account: Obj) -> Obj:
        filled, meta = copy(secret), secret["metadata"]
        filled["metadata"]["annotations"][UID_KEY] = uid_of(account)
        data = filled.get("data") or {}
        texts = {"ca.crt": await self._root_ca(), "namespace": meta["namespace"]}
        data |= {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        if not data.get("token"):
            data["token"] = base64.b64encode((await self._sign(account, secret)).encode()).decode()
        filled["data"] = data
        return filled

    def _secrets_of(self, account: Obj) -> Iterable[Key]:
        meta = account["metadata"]
        for secret in self._secrets.by_index("service-account", f"{meta['namespace']}/{meta['name']}"):
            yield from _own_key(secret)


def _own_key(secret: Obj) -> Iterable[Key]:
    if secret.get("type") == SECRET_TYPE:
        yield Key(secret["metadata"]["namespace"], secret["metadata"]["name"])


def _account_of(secret: Obj) -> Iterable[str]:
    if secret.get("type") == SECRET_TYPE:
        yield f"{secret['metadata']['namespace']}/{annotations_of(secret).get(NAME_KEY, '')}"
