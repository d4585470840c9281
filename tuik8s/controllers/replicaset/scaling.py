"""Create and delete the pods of one ReplicaSet, with their events."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.errors import ApiError, NotFound
from tuik8s.api.objects import Obj, copy, key_of, owner_reference

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tuik8s.client import Client, EventRecorder

BURST = 500
"""Most pods created or deleted in one pass over a ReplicaSet."""


class PodControl:
    """Pods of ReplicaSets: created from the template, deleted with their default grace."""

    def __init__(self, client: Client, recorder: EventRecorder) -> None:
        self._client = client
        self._recorder = recorder

    async def create(self, replica_set: Obj, count: int) -> None:
        """Create up to `BURST` pods; raises the first error, after which no further batch is begun."""
        await slow_start(min(count, BURST), lambda: self._create(replica_set))

    async def delete(self, replica_set: Obj, pods: list[Obj]) -> None:
        """Delete pods at once; raises the first error, after all have been tried."""
        outcomes = await asyncio.gather(
            *(self._delete(replica_set, pod) for pod in pods), return_exceptions=True
        )
        _raise_first(outcomes)

    async def _create(self, replica_set: Obj) -> None:
        try:
            pod = await self._client.create(kinds.POD, new_pod(replica_set))
        except ApiError as error:
            if _namespace_goes(error):
                return  # its deletion will take this ReplicaSet along
            self._recorder.event(replica_set, "Warning", "FailedCreate", f"Error creating: {error}")
            raise
        name = pod["metadata"]["name"]
        self._recorder.event(replica_set, "Normal", "SuccessfulCreate", f"Created pod: {name}")

    async def _delete(self, replica_set: Obj, pod: Obj) -> None:
        key = key_of(pod)
        try:
            await self._client.delete(kinds.POD, key.namespace, key.name, uid=pod["metadata"]["uid"])
        except NotFound:
            return
        except ApiError as error:
            self._recorder.event(replica_set, "Warning", "FailedDelete", f"Error deleting: {error}")
            raise
        self._recorder.event(replica_set, "Normal", "SuccessfulDelete", f"Deleted pod: {key.name}")


async def slow_start(count: int, action: Callable[[], Awaitable[None]]) -> None:
    """Act `count` times in batches of 1, 2, 4, …, so that what cannot work fails once and not 500 times."""
    done, batch = 0, 1
    while done < count:
        batch = min(batch, count - done)
        _raise_first(await asyncio.gather(*(action() for _ in range(batch)), return_exceptions=True))
        done += batch
        batch *= 2


def new_pod(replica_set: Obj) -> Obj:
    template = copy(replica_set["spec"]["template"])
    given = template.get("metadata") or {}
    metadata: Obj = {
        "generateName": f"{replica_set['metadata']['name']}-",
        "namespace": replica_set["metadata"]["namespace"],
        **{field: given[field] for field in ("labels", "annotations", "finalizers") if given.get(field)},
        "ownerReferences": [owner_reference(replica_set)],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def _namespace_goes(error: ApiError) -> bool:
    causes = (error.details or {}).get("causes") or ()
    return any(cause.get("reason") == "NamespaceTerminating" for cause in causes)


def _raise_first(outcomes: list[BaseException | None]) -> None:
    for outcome in outcomes:
        if outcome is not None:
            raise outcome
