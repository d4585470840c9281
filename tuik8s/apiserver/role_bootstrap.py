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
    from collections.abc import Callable, Iterator, Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import User
    from tuik8s.apiserver.authorization.defaults import Default
    from tuik8s.apiserver.registry import Registry

AT_ONCE = 16


async def bootstrap_roles(registry_of: Callable[[Kind], Registry], user: User) -> None:
    """A few at a time: they share a commit, and others get their turn in between."""
    for batch in _batches(default_roles()):
        await asyncio.gather(*(_ensure(registry_of(default.kind), default, user) for default in batch))


def _batches(defaults: Sequence[Default]) -> Iterator[Sequence[Default]]:
    for start in range(0, len(defaults), AT_ONCE):
        yield defaults[start : start + AT_ONCE]


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
