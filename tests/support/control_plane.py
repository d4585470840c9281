"""An API server on a store in memory, in virtual time, with repeatable ids."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.clock import LoopClock
from tuik8s.api.clock import RandomIds
from tuik8s.api.kinds import KindRegistry
from tuik8s.api.request import User
from tuik8s.apiserver import ApiServer
from tuik8s.apiserver.access import Access
from tuik8s.client import Client
from tuik8s.storage import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from tuik8s.api.objects import Obj
    from tuik8s.apiserver.authentication.service_accounts import TokenIssuer
    from tuik8s.apiserver.ports import KubeletPort

ADMIN = User("system:admin", ("system:masters", "system:authenticated"))


class ControlPlane:
    """`store`, `api`, `clock`, `ids`, and `client` as system:admin of group system:masters."""

    def __init__(
        self, store: Store, api: ApiServer, clock: LoopClock, ids: RandomIds, *, detect_mutations: bool = True
    ) -> None:
        self.store = store
        self.api = api
        self.clock = clock
        self.ids = ids
        self.client = Client(api, ADMIN, agent="test")
        self.kinds = api.kinds
        self._handed_out: list[tuple[Obj, str]] = []
        if detect_mutations:
            self._detect_mutations()

    @classmethod
    async def start(
        cls, *, seed: int = 1, kubelets: KubeletPort | None = None, detect_mutations: bool = True,
        disabled_admission: Collection[str] = ("ServiceAccount", "TaintNodesByCondition"),
        authorization_modes: Sequence[str] = ("AlwaysAllow",), issuer: TokenIssuer | None = None,
    ) -> ControlPlane:  # fmt: skip
        """Unless `disabled_admission` is emptied, pods need no service account and nodes come without
        a taint: no controller makes the one, or takes the taint off the others.

        Everybody may do everything unless other modes are given; with an issuer pods get tokens mounted.
        """

        async def signer() -> TokenIssuer:
            assert issuer is not None
            return issuer

        clock, ids = LoopClock(), RandomIds(seed)
        store = await Store.open(None, clock=clock)
        api = ApiServer(
            store,
            clock=clock,
            ids=ids,
            kubelets=kubelets,
            registry=KindRegistry(),
            access=Access(
                modes=authorization_modes,
                disabled_admission=disabled_admission,
                issuer=signer if issuer is not None else None,
            ),
        )
        plane = cls(store, api, clock, ids, detect_mutations=detect_mutations)
        await api.start()
        await api.bootstrap()
        return plane

    def client_for(self, name: str) -> Client:
        """A client under another identity: `system:kube-scheduler`, say."""
        return Client(self.api, User(name, ("system:authenticated",)))

    async def close(self) -> None:
        await self.store.close()

    def verify_unchanged(self) -> None:
        """Raise if an object that the API server answered with has been changed since."""
        for obj, before in self._handed_out:
            now = _dump(obj)
            assert now == before, f"a shared object was changed:\nwas {before}\nis  {now}"

    def _detect_mutations(self) -> None:
        """Remember how each object looked when it was committed; caches, watches and answers share it."""
        for name in ("create", "update", "delete"):
            setattr(self.store, name, self._recording(getattr(self.store, name)))

    def _recording(self, write: Callable[..., Awaitable[Obj]]) -> Callable[..., Awaitable[Obj]]:
        async def recorded(*arguments: Any, **options: Any) -> Obj:
            obj = await write(*arguments, **options)
            self._handed_out.append((obj, _dump(obj)))
            return obj

        return recorded


def _dump(obj: Obj) -> str:
    return json.dumps(obj, sort_keys=True)
