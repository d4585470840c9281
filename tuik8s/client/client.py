"""Kubernetes verbs as methods; every component holds one with its own identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api.objects import Obj, key_of, revision_of
from tuik8s.api.request import DeleteOptions, PatchType, Propagation, Request, Selection, User, Verb
from tuik8s.client.causality import cause_of_this_task, note_write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import FieldValidation, Response, WatchEvent
    from tuik8s.client.transport import ExecStream, LogOptions, Transport


class Client:
    """Verbs on objects over `transport`, as `user`.

    Objects that come back are shared with caches: copy before changing. Every method raises `ApiError` for
    what the server refuses. Writes carry the current cause (see `causality`).
    """

    def __init__(self, transport: Transport, user: User, *, agent: str = "") -> None:
        self.transport = transport
        self.user = user
        self.agent = agent or user.name.removeprefix("system:")

    async def get(self, kind: Kind, namespace: str, name: str, *, subresource: str = "") -> Obj:
        request = self._request(Verb.GET, kind, namespace, name, subresource=subresource)
        return (await self.transport.send(request)).object

    async def list(self, kind: Kind, namespace: str = "", *, as_table: bool = False, **selection: Any) -> Obj:
        """A `…List` (or Table); keywords are the fields of `Selection`."""
        request = self._request(
            Verb.LIST, kind, namespace, selection=Selection(**selection), as_table=as_table
        )
        return (await self.transport.send(request)).object

    def watch(
        self, kind: Kind, namespace: str = "", *, as_table: bool = False, **selection: Any
    ) -> AsyncIterator[WatchEvent]:
        """Changes after `resource_version`; keywords are the fields of `Selection`."""
        request = self._request(
            Verb.WATCH, kind, namespace, selection=Selection(**selection), as_table=as_table
        )
        return self.transport.watch(request)

    async def create(
        self, kind: Kind, obj: Obj, *, namespace: str = "", dry_run: bool = False,
        field_validation: FieldValidation = "Strict", field_manager: str = "",
    ) -> Obj:  # fmt: skip
        namespace = namespace or obj.get("metadata", {}).get("namespace", "")
        return await self._write(
            Verb.CREATE, kind, namespace, body=obj, dry_run=dry_run, field_validation=field_validation,
            field_manager=field_manager,
        )  # fmt: skip

    async def create_subresource(
        self, kind: Kind, namespace: str, name: str, subresource: str, body: Obj
    ) -> Obj:
        """POST to a subresource: `binding`, `eviction`, `token`."""
        return await self._write(Verb.CREATE, kind, namespace, name, subresource=subresource, body=body)

    async def update(self, kind: Kind, obj: Obj, *, subresource: str = "", dry_run: bool = False) -> Obj:
        """Replace; `Conflict` when `metadata.resourceVersion` is set and not current."""
        key = key_of(obj)
        return await self._write(
            Verb.UPDATE, kind, key.namespace, key.name, subresource=subresource, body=obj, dry_run=dry_run
        )

    async def update_status(self, kind: Kind, obj: Obj) -> Obj:
        return await self.update(kind, obj, subresource="status")

    async def patch(
        self, kind: Kind, namespace: str, name: str, patch: Any, *,
        patch_type: PatchType = PatchType.MERGE, subresource: str = "", dry_run: bool = False,
    ) -> Obj:  # fmt: skip
        return await self._write(
            Verb.PATCH, kind, namespace, name, subresource=subresource, body=patch, patch_type=patch_type,
            dry_run=dry_run,
        )  # fmt: skip

    async def apply(
        self, kind: Kind, obj: Obj, *, field_manager: str, force: bool = False, dry_run: bool = False,
        field_validation: FieldValidation = "Strict",
    ) -> Response:  # fmt: skip
        """Server-side apply; the response also carries the server's warnings."""
        key = key_of(obj)
        request = self._request(
            Verb.PATCH, kind, key.namespace, key.name, body=obj, patch_type=PatchType.APPLY,
            field_manager=field_manager, force=force, dry_run=dry_run, field_validation=field_validation,
        )  # fmt: skip
        response = await self.transport.send(request)
        note_write(kind, revision_of(response.object))
        return response

    async def delete(
        self, kind: Kind, namespace: str, name: str, *, propagation: Propagation | None = None,
        grace_period_seconds: int | None = None, uid: str = "", resource_version: str = "",
        dry_run: bool = False,
    ) -> Obj:  # fmt: skip
        """Returns the object as it was deleted, or as it now waits with a deletionTimestamp."""
        options = DeleteOptions(
            propagation=propagation, grace_period_seconds=grace_period_seconds, uid=uid,
            resource_version=resource_version,
        )  # fmt: skip
        return await self._write(Verb.DELETE, kind, namespace, name, delete=options, dry_run=dry_run)

    async def delete_collection(
        self, kind: Kind, namespace: str, *, propagation: Propagation | None = None, **selection: Any
    ) -> Obj:
        request = self._request(
            Verb.DELETE_COLLECTION, kind, namespace, selection=Selection(**selection),
            delete=DeleteOptions(propagation=propagation),
        )  # fmt: skip
        return (await self.transport.send(request)).object

    def logs(self, namespace: str, pod: str, options: LogOptions) -> AsyncIterator[bytes]:
        return self.transport.logs(self.user, namespace, pod, options)

    async def exec(
        self,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        tty: bool = False,
        stdin: bool = False,
    ) -> ExecStream:
        return await self.transport.exec(self.user, namespace, pod, container, command, tty=tty, stdin=stdin)

    async def _write(self, verb: Verb, kind: Kind, namespace: str, name: str = "", **fields: Any) -> Obj:
        response = await self.transport.send(self._request(verb, kind, namespace, name, **fields))
        if not fields.get("dry_run"):
            note_write(kind, revision_of(response.object))
        return response.object

    def _request(self, verb: Verb, kind: Kind, namespace: str, name: str = "", **fields: Any) -> Request:
        fields.setdefault("field_manager", "")
        fields["field_manager"] = fields["field_manager"] or self.agent
        return Request(
            verb=verb, kind=kind, namespace=namespace, name=name, user=self.user, agent=self.agent,
            cause=cause_of_this_task(), **fields,
        )  # fmt: skip
