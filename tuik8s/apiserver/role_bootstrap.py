"""Write the default roles and bindings when the API server starts."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from tuik8s.api.request import DeleteOptions, Request, Verb
from tuik8s.apiserver.authorization.defaults import default_roles
from tuik8s.apiserver.authorization.reconciliation import reconciled, refers_elsewhere
from tuik8s.apiserver.deletion import delete

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import User
    from tuik8s.apiserver.authorization.defaults import Default
    from tuik8s.apiserver.registry import Registry


async def bootstrap_roles(registry_of: Callable[[Kind], Registry], user: User) -> None:
    """All at once, so that they share a commit."""
    await asyncio.gather(*(_ensure(registry_of(default.kind), default, user) for default in default_roles()))


async def _ensure(registry: Registry, default: Default, user: User) -> None:
    name = default.object["metadata"]["name"]
    create = Request(
        verb=Verb.CREATE, kind=default.kind, namespace=default.namespace, body=default.object, user=user,
        agent="kube-apiserver", field_manager="kube-apiserver",
    )  # fmt: skip
    current = registry.find(default.namespace, name)
    if current is not None and refers_elsewhere(current, default.object):
        await delete(registry, replace(create, verb=Verb.DELETE, name=name, delete=DeleteOptions()))
        current = None
    if current is None:
        await registry.create(create)
        return
    better = reconciled(current, default.object)
    if better is not None:
        await registry.update(replace(create, verb=Verb.UPDATE, name=name, body=better))
