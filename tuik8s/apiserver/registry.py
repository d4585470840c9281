"""The objects of one kind: verbs over the store (k8s.io/apiserver/pkg/registry/generic/registry).

The way of a write: decode, default, own fields, admit, prepare, validate, reserve, store.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuik8s.api import fieldmanager
from tuik8s.api.clock import timestamp
from tuik8s.api.errors import AlreadyExists, Conflict, Invalid, NotFound, invalid, required
from tuik8s.api.objects import Obj, copy, is_deleting, revision_of
from tuik8s.api.patch import apply_patch
from tuik8s.api.request import PatchType, Response, Verb
from tuik8s.api.warnings import warnings_of
from tuik8s.apiserver.admission import Attributes
from tuik8s.apiserver.decoding import decode_body, decode_patched
from tuik8s.apiserver.rules import rules_of
from tuik8s.apiserver.storing import Changed
from tuik8s.apiserver.strategies import keep, strategy_for
from tuik8s.apiserver.views import view_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import Request
    from tuik8s.apiserver.context import ServerContext
    from tuik8s.storage import Watch

GENERATED_NAME_PREFIX_LIMIT = 58
GENERATE_ATTEMPTS = 8
UNTRACKED_SUBRESOURCES = frozenset(("binding",))
"""Written by the server alone: nothing to validate, and nobody's field."""
SERVER_METADATA = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")


class Reservation:
    """What a write holds beside the object; one of the two is called when its fate is known."""

    def keep(self) -> None:
        """The write is committed."""

    def undo(self) -> None:
        """The write did not happen."""


NO_RESERVATION = Reservation()


class Registry:
    """Create, read, change and delete objects of `kind`.

    What comes out is shared with the store and never to be changed; what comes in is copied.
    """

    def __init__(self, kind: Kind, context: ServerContext) -> None:
        self.kind = kind
        self.context = context
        self.strategy = strategy_for(kind, context.clock)
        self.view = view_of(kind)
        self.rules = rules_of(kind)
        self._resets = ("f:status",) if self.strategy.has_status else ()

    # Reading

    def prefix(self, namespace: str) -> str:
        return f"{self.kind.prefix}{namespace}/" if namespace else self.kind.prefix

    def find(self, namespace: str, name: str) -> Obj | None:
        obj = self.context.store.get(self.kind.storage_key(namespace, name))
        return None if obj is None else self.view.outward(obj)

    def current(self, namespace: str, name: str) -> Obj:
        obj = self.find(namespace, name)
        if obj is None:
            raise NotFound.of(self.kind.resource, name)
        return obj

    # Creating

    async def create(self, request: Request) -> Response:
        obj, warnings = decode_body(self.rules, request)
        return await self._create(request, obj, warnings)

    async def _create_instead(self, request: Request, obj: Obj, warnings: tuple[str, ...]) -> Response:
        """For who asked to change what is not there: the right to change it does not include this."""
        self.context.authorization.check_request(replace(request, verb=Verb.CREATE))
        return await self._create(request, obj, warnings)

    async def _create(self, request: Request, obj: Obj, warnings: tuple[str, ...]) -> Response:
        meta = obj["metadata"]
        for field in (*SERVER_METADATA, "resourceVersion", "selfLink", "generation"):
            meta.pop(field, None)
        generated = not meta.get("name")
        if generated:
            self._generate_name(obj)
        self.rules.set_defaults(obj)
        self._own(request, None, obj)
        attributes = Attributes(Verb.CREATE, request, self.kind, obj)
        await self.context.admission.admit(attributes)
        meta["uid"] = self.context.ids.uid()
        meta["creationTimestamp"] = timestamp(self.context.clock.now())
        self.strategy.note_author(obj, request.user)
        self.strategy.prepare_for_create(obj)
        await self.examine(obj)
        self._validate(obj)
        warnings = (*warnings, *warnings_of(self.kind, obj, None), *attributes.warnings)
        reservation = self.reserve(obj, None)
        try:
            created = await self._insert(request, obj, generated=generated)
        except BaseException:
            reservation.undo()
            raise
        reservation.undo() if request.dry_run else reservation.keep()
        return Response(created, warnings, created=True)

    def _generate_name(self, obj: Obj) -> None:
        base = obj["metadata"].get("generateName", "")[:GENERATED_NAME_PREFIX_LIMIT]
        if not base:
            errors = [required("metadata.name", "name or generateName is required")]
            raise Invalid.of(self.kind.kind, self.kind.group, "", errors)
        obj["metadata"]["name"] = base + self.context.ids.suffix()

    async def _insert(self, request: Request, obj: Obj, *, generated: bool) -> Obj:
        for _ in range(GENERATE_ATTEMPTS - 1 if generated else 0):
            try:
                return await self._insert_once(request, obj)
            except AlreadyExists:
                self._generate_name(obj)
        return await self._insert_once(request, obj)

    async def _insert_once(self, request: Request, obj: Obj) -> Obj:
        name = obj["metadata"]["name"]
        key = self.kind.storage_key(request.namespace, name)
        if not request.dry_run:
            stored = await self.context.writer.create(self.kind, key, self.view.inward(obj), request)
            return self.view.outward(stored)
        if self.context.store.get(key) is not None:
            raise AlreadyExists.of(self.kind.resource, name)
        return obj

    # Changing

    async def update(self, request: Request) -> Response:
        body, warnings = decode_body(self.rules, request)
        named = bool(revision_of(body))
        if not named and not self.strategy.allow_unconditional_update:
            errors = [invalid("metadata.resourceVersion", 0, "must be specified for an update")]
            raise Invalid.of(self.kind.kind, self.kind.group, request.name, errors)
        missing = self.find(request.namespace, request.name) is None
        if missing and self.strategy.allow_create_on_update and not request.subresource and not named:
            return await self._create_instead(request, body, warnings)
        notes: list[str] = []
        changed = await self.change(
            request, lambda _: body if named else copy(body), retry=not named, notes=notes
        )
        return Response(changed, (*warnings, *notes))

    async def patch(self, request: Request) -> Response:
        if request.patch_type is PatchType.APPLY:
            return await self._apply(request)
        warnings: tuple[str, ...] = ()

        def patched(current: Obj) -> Obj:
            nonlocal warnings
            patch_type = request.patch_type or PatchType.MERGE
            result = apply_patch(self.kind, patch_type, current, request.body)
            # Defaults are set in place, and only on what is not written as a subresource.
            shared = current if request.subresource else None
            obj, warnings = decode_patched(self.rules, request, result, shared)
            return obj

        notes: list[str] = []
        changed = await self.change(request, patched, notes=notes)
        return Response(changed, (*warnings, *notes))

    async def _apply(self, request: Request) -> Response:
        config, warnings = decode_body(self.rules, request)
        require_field_manager(request)

        def applied(current: Obj | None) -> Obj:
            merged = fieldmanager.apply(
                self.rules.structure, current, config, manager=self.manager_of(request), force=request.force,
                now=timestamp(self.context.clock.now()), resets=self._resets_of(request),
            )  # fmt: skip
            return copy(merged)

        while True:
            if request.subresource or self.find(request.namespace, request.name) is not None:
                notes: list[str] = []
                changed = await self.change(request, applied, notes=notes)
                return Response(changed, (*warnings, *notes))
            if uid := config["metadata"].get("uid"):
                why = (
                    f"uid mismatch: the provided object specified uid {uid}, and no existing object was found"
                )
                raise Conflict.of(self.kind.resource, request.name, why)
            try:
                return await self._create_instead(request, applied(None), warnings)
            except AlreadyExists:  # made since we looked: what is there gets the configuration
                await self.context.writer.settled(self.kind.storage_key(request.namespace, request.name))

    async def change(
        self, request: Request, make: Callable[[Obj], Obj], *, retry: bool = True,
        notes: list[str] | None = None,
    ) -> Obj:  # fmt: skip
        """Write what `make` makes of the current state; again if somebody was faster, unless told not to.

        `make` answers with a fresh object; the resourceVersion it leaves in it must be the current one. What
        the client is to be warned of is put into `notes`.
        """
        key = self.kind.storage_key(request.namespace, request.name)
        while True:
            current = self.current(request.namespace, request.name)
            obj = make(current)
            if revision_of(obj) not in (0, revision_of(current)):
                raise Conflict.modified(self.kind.resource, request.name)
            warnings = await self._prepare(request, obj, current)
            if notes is not None:
                notes[:] = warnings
            if obj == current:
                return current
            try:
                if self._is_gone(obj):
                    return await self.remove(request, obj, current)
                return await self._store_change(request, key, obj, current)
            except Changed:
                if not retry:
                    raise Conflict.modified(self.kind.resource, request.name) from None
                await self.context.writer.settled(key)

    async def _store_change(self, request: Request, key: str, obj: Obj, current: Obj) -> Obj:
        reservation = NO_RESERVATION if request.subresource else self.reserve(obj, current)
        if request.dry_run:
            reservation.undo()
            return obj
        try:
            stored = await self.context.writer.update(self.kind, key, self.view.inward(obj), current, request)
        except BaseException:
            reservation.undo()
            raise
        reservation.keep()
        return self.view.outward(stored)

    async def _prepare(self, request: Request, obj: Obj, current: Obj) -> list[str]:
        """What there is to warn of."""
        self._keep_identity(request, obj, current)
        if request.subresource in UNTRACKED_SUBRESOURCES:
            return []
        attributes = Attributes(Verb.UPDATE, request, self.kind, obj, current)
        if request.subresource:
            self.strategy.prepare_for_subresource(request.subresource, obj, current)
            self._own(request, current, obj)
            await self.context.admission.admit_subresource(attributes)
        else:
            self.rules.set_defaults(obj)
            self.strategy.prepare_for_update(obj, current)
            self._own(request, current, obj)
            await self.context.admission.admit(attributes)
        await self.examine(obj)
        self._validate(obj, current, request.subresource)
        doubts = [] if request.subresource else warnings_of(self.kind, obj, current)
        return doubts + attributes.warnings

    def _keep_identity(self, request: Request, obj: Obj, current: Obj) -> None:
        meta, old = obj["metadata"], current["metadata"]
        if meta.get("uid", old["uid"]) != old["uid"]:
            why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {old['uid']}"
            raise Conflict.of(self.kind.resource, request.name, why)
        for field in (*SERVER_METADATA, "resourceVersion"):
            keep(meta, old, field)
        meta.pop("selfLink", None)

    # Deleting

    def _is_gone(self, obj: Obj) -> bool:
        """A deleted object that nothing holds any longer."""
        meta = obj["metadata"]
        held = meta.get("finalizers") or meta.get("deletionGracePeriodSeconds")
        return is_deleting(obj) and not held and self.strategy.may_be_removed(obj)

    async def remove(self, request: Request, obj: Obj, current: Obj) -> Obj:
        """Take it out of the store; `obj` is the last state. Raises Changed when `current` no longer is."""
        if request.dry_run:
            return obj
        key = self.kind.storage_key(request.namespace, request.name)
        removed = await self.context.writer.delete(self.kind, key, self.view.inward(obj), current, request)
        self.release(removed)
        return self.view.outward(removed)

    # What kinds add

    warnings: tuple[str, ...] = ()
    """What every client of this kind is told."""

    def opened(self, watch: Watch) -> None:
        """A watch of these objects has begun; `closed` tells of its end."""

    def closed(self, watch: Watch) -> None:
        """See `opened`."""

    async def examine(self, obj: Obj) -> None:
        """Do beside the loop what would hold it in the validation that follows."""

    def reserve(self, obj: Obj, old: Obj | None) -> Reservation:
        """Fill in what is given out once; `obj` is fresh at the top."""
        return NO_RESERVATION

    def release(self, obj: Obj) -> None:
        """Give back what a removed object held."""

    # Steps

    def _validate(self, obj: Obj, old: Obj | None = None, subresource: str = "") -> None:
        errors = self.rules.validate(obj, old, subresource)
        if errors:
            raise Invalid.of(self.kind.kind, self.kind.group, obj["metadata"].get("name", ""), errors)

    def manager_of(self, request: Request) -> fieldmanager.Manager:
        """Who owns what the request sets."""
        operation = "Apply" if request.patch_type is PatchType.APPLY else "Update"
        return fieldmanager.Manager(
            request.field_manager or request.agent or "unknown",
            operation,
            self.kind.api_version,
            request.subresource,
        )

    def _resets_of(self, request: Request) -> tuple[str, ...]:
        return ("f:spec",) if request.subresource in ("status", "approval") else self._resets

    def _own(self, request: Request, live: Obj | None, obj: Obj) -> None:
        """Bring `metadata.managedFields` up to date; an apply has done so already."""
        if request.patch_type is PatchType.APPLY:
            return
        entries = fieldmanager.managed_fields(
            self.rules.structure, live, obj, manager=self.manager_of(request),
            now=timestamp(self.context.clock.now()), resets=self._resets_of(request),
        )  # fmt: skip
        if entries:
            obj["metadata"]["managedFields"] = entries
        else:
            obj["metadata"].pop("managedFields", None)


def require_field_manager(request: Request) -> None:
    """An apply is somebody's."""
    if not request.field_manager:
        errors = [required("fieldManager", "is required for apply patch")]
        raise Invalid.of("PatchOptions", "meta.k8s.io", "", errors)
