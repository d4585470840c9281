"""Keep the cluster at what the files say."""

from __future__ import annotations

import asyncio
import logging
import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from watchfiles import awatch

from tuik8s.api.errors import ApiError, BadRequest, Forbidden, Invalid, NotFound, ServiceUnavailable
from tuik8s.api.kinds import CUSTOM_RESOURCE_DEFINITION, NAMESPACE, SERVICE_ACCOUNT
from tuik8s.api.manifests import ManifestFile, ObjectRef
from tuik8s.api.objects import Obj, condition_of, key_of, revision_of, uid_of
from tuik8s.applier.composer import ManifestError
from tuik8s.applier.documents import Document, UnknownKind, parse
from tuik8s.applier.folder import Snapshot, scan
from tuik8s.applier.inventory import Entry, Inventory
from tuik8s.applier.state import AppliedObject, File, reference_of, status_of
from tuik8s.reconcile import Informer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from tuik8s.api.clock import Clock
    from tuik8s.api.kinds import Kind, KindRegistry
    from tuik8s.client import Client

log = logging.getLogger(__name__)

FIELD_MANAGER = "tuik8s-folder"
DEBOUNCE_MS, LOOK_AGAIN_MS = 200, 2000
FIRST_RETRY, LAST_RETRY = 0.5, 30.0
SERVICE_ACCOUNT_TRIES, SERVICE_ACCOUNT_POLL = 50, 0.02
ESTABLISHED_TRIES, ESTABLISHED_POLL = 50, 0.02
# How the API server names a field that it cannot decode.
_NAMED_FIELD = re.compile(r'unknown field "([^"]+)"|Go struct field \w+\.(\S+) of type')
# What others need comes first (as `kubectl apply` users order their files, and Helm its kinds).
_ORDER = (
    "Namespace", "CustomResourceDefinition", "ServiceAccount", "Secret", "ConfigMap", "Service", "Pod",
    "ReplicaSet", "Deployment",
)  # fmt: skip


class FolderApplier:
    """Applies the manifests in `roots` (folders and files) and follows them.

    `sync` brings the cluster to what is in them now; `run` does so for ever. `statuses` tells how each file
    stands, and `on_change` is called whenever one stands differently. `missing`: a root is not there.
    """

    def __init__(
        self, client: Client, roots: Sequence[Path], registry: KindRegistry, *, clock: Clock,
        on_change: Callable[[ManifestFile], object] | None = None,
    ) -> None:  # fmt: skip
        self.missing = False
        self._roots = tuple(roots)
        self._client = client
        self._registry = registry
        self._clock = clock
        self.on_change = on_change
        self._inventory = Inventory(client)
        self._files: dict[str, File] = {}
        self._informers: dict[Kind, Informer] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._loaded = False
        self._saved = asyncio.Event()

    def statuses(self) -> list[ManifestFile]:
        return [file.status for _, file in sorted(self._files.items()) if file.status]

    def applied(self, path: str) -> list[ObjectRef]:
        """The objects of a file that the server has accepted."""
        return list(self._files[path].applied)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._informers.clear()
            self._files.clear()  # started again after a crash: what was not finished is applied again
            tasks.create_task(self._watch(), name="folder watch")
            retry = FIRST_RETRY
            while True:
                self._saved.clear()
                await self.sync()
                waiting = any(file.waiting for file in self._files.values())
                retry = min(retry * 2, LAST_RETRY) if waiting else FIRST_RETRY
                with suppress(TimeoutError):
                    async with asyncio.timeout(retry if waiting else None):
                        await self._saved.wait()

    async def sync(self) -> None:
        """One look at the folder: read what changed, apply it, remove what is gone."""
        if not self._loaded:
            await self._inventory.load()
            self._loaded = True
        known = {path: file.snapshot.stamp for path, file in self._files.items()}
        found = await asyncio.to_thread(scan, self._roots, known)
        self.missing = found is None
        if found is None:
            log.warning("%s is not there; its objects stay", self._names())
            return
        changed = await self._read([snapshot for snapshot in found.values() if snapshot])
        gone = self._files.keys() - found.keys()
        for path in gone:
            del self._files[path]
        self._find_duplicates(changed)
        again = {path for path, file in self._files.items() if file.waiting}
        await self._apply(changed | again)
        await self._apply_newly_known()
        await self._prune()
        await self._inventory.save()

    async def _apply_newly_known(self) -> None:
        """Read files again that name kinds which have been defined since, by a manifest or by others."""
        while outdated := [file.snapshot for file in self._files.values() if self._is_outdated(file)]:
            changed = await self._read(outdated)
            self._find_duplicates(changed)
            await self._apply(changed)

    def _is_outdated(self, file: File) -> bool:
        unknown = any(isinstance(error, UnknownKind) for error in file.errors)
        return unknown and file.kinds_revision != self._registry.revision

    # Watching -----------------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Tell `run` to look, at each change and every two seconds: what is saved before the system watches,
        and on file systems that report nothing, is found too."""
        while True:
            try:
                await self._follow_changes()
            except OSError as error:
                log.warning("cannot watch %s (%s); looking again", self._names(), error)
            self._saved.set()
            await asyncio.sleep(LOOK_AGAIN_MS / 1000)

    async def _follow_changes(self) -> None:
        inodes = self._inodes()
        if not all(inodes):
            return
        watch = awatch(*self._roots, debounce=DEBOUNCE_MS, rust_timeout=LOOK_AGAIN_MS, yield_on_timeout=True)
        async for _ in watch:
            self._saved.set()
            if self._inodes() != inodes:
                return  # another folder stands there now, which the watch does not see

    def _inodes(self) -> list[int]:
        """Which folder stands at each root; 0 for none."""
        return [root.stat().st_ino if root.exists() else 0 for root in self._roots]

    def _names(self) -> str:
        return ", ".join(str(root) for root in self._roots)

    # Reading ------------------------------------------------------------------------------------------------

    async def _read(self, snapshots: Iterable[Snapshot]) -> set[str]:
        """Parse new and changed files; returns the paths with something to apply."""
        changed: set[str] = set()
        for snapshot in snapshots:
            fresh = snapshot.path not in self._files
            file = self._files.setdefault(snapshot.path, File(snapshot))
            file.snapshot = snapshot
            try:
                if snapshot.error:
                    raise ManifestError(snapshot.error)
                known = self._registry.revision
                documents, errors = await asyncio.to_thread(parse, snapshot.data, self._registry)
            except ManifestError as error:
                file.errors = [error]
                self._show(file)
                continue
            file.documents, file.errors = documents, errors
            file.kinds_revision = known
            entry = self._inventory.files.get(snapshot.path)
            if fresh and entry and entry.digest == snapshot.digest and not errors:
                await self._adopt(file)
            else:
                changed.add(snapshot.path)
        return changed

    async def _adopt(self, file: File) -> None:
        """After a restart: the file is as it was applied, so that what was changed since is left alone."""
        for document in file.documents:
            key = key_of(document.object)
            try:
                live = await self._client.get(document.kind, *key)
            except NotFound:
                file.applied[reference_of(document)] = AppliedObject(document, document.object, None)
            else:
                file.applied[reference_of(document)] = AppliedObject(document, live, live)
                self._follow(document.kind)
        self._show(file)

    def _find_duplicates(self, changed: set[str]) -> None:
        """An object belongs to the file that has it already, else to the first; the others say so."""
        owners: dict[ObjectRef, str] = {}
        for path in sorted(self._files, key=lambda path: (path in changed, path)):
            file = self._files[path]
            kept: list[Document] = []
            for document in file.documents:
                reference = reference_of(document)
                owner = owners.setdefault(reference, path)
                if owner == path and all(reference_of(other) != reference for other in kept):
                    kept.append(document)
                elif path in changed:
                    place = owner if owner != path else "this file"
                    file.errors.append(
                        ManifestError(f"{reference} is already defined in {place}", document.line, 1)
                    )
            file.documents = kept

    # Applying -----------------------------------------------------------------------------------------------

    async def _apply(self, paths: set[str]) -> None:
        for path in paths:
            self._files[path].waiting = []
            self._files[path].applying = True
        work = [(path, document) for path in sorted(paths) for document in self._files[path].documents]
        for path, document in sorted(work, key=lambda item: _rank(item[1])):
            await self._apply_one(self._files[path], document)
        for path in sorted(paths):
            file = self._files[path]
            file.applying = False
            entry = self._inventory.files.setdefault(path, Entry())
            entry.digest = "" if file.errors or file.waiting else file.snapshot.digest
            self._show(file)

    async def _apply_one(self, file: File, document: Document) -> None:
        reference = reference_of(document)
        try:
            existed = await self._uid_before(document)
            response = await self._client.apply(
                document.kind, document.object, field_manager=FIELD_MANAGER, force=True
            )
        except ApiError as error:
            line, column = document.locate(_field_of(error))
            problem = ManifestError(f"{reference}: {error.message}", line, column)
            (file.waiting if _may_come(error) else file.errors).append(problem)
            return
        document.warnings.extend(response.warnings)
        file.applied[reference] = AppliedObject(document, response.object, response.object)
        entry = self._inventory.files.setdefault(file.snapshot.path, Entry())
        uid = uid_of(response.object)
        if document.kind == NAMESPACE and not existed:
            await self._service_account(document.object["metadata"]["name"])
        if document.kind == CUSTOM_RESOURCE_DEFINITION:
            await self._established(document.object["metadata"]["name"])
        if existed != uid:
            entry.created[reference] = uid
        else:
            entry.created.setdefault(reference, self._created_by_any_file(reference, uid))
        self._follow(document.kind)

    async def _service_account(self, namespace: str) -> None:
        """A new namespace refuses pods until its default service account is there: wait a moment for it."""
        for _ in range(SERVICE_ACCOUNT_TRIES):
            try:
                await self._client.get(SERVICE_ACCOUNT, namespace, "default")
            except NotFound:
                await asyncio.sleep(SERVICE_ACCOUNT_POLL)
            else:
                return

    async def _established(self, definition: str) -> None:
        """What a definition defines can be applied in a moment: wait for it."""
        for _ in range(ESTABLISHED_TRIES):
            found = await self._client.get(CUSTOM_RESOURCE_DEFINITION, "", definition)
            if condition_of(found, "Established") is not None:
                return
            await asyncio.sleep(ESTABLISHED_POLL)

    async def _uid_before(self, document: Document) -> str:
        try:
            return uid_of(await self._client.get(document.kind, *key_of(document.object)))
        except NotFound:
            return ""

    def _created_by_any_file(self, reference: ObjectRef, uid: str) -> str:
        """An object that moved from one file to another stays ours; one that others made never becomes so."""
        entries = self._inventory.files.values()
        return uid if any(entry.created.get(reference) == uid for entry in entries) else ""

    # Removing -----------------------------------------------------------------------------------------------

    async def _prune(self) -> None:
        """Delete what a file created and no file names any more; files that cannot be read keep theirs."""
        wanted = {reference_of(document) for file in self._files.values() for document in file.documents}
        for path, entry in list(self._inventory.files.items()):
            file = self._files.get(path)
            if file is not None and any(not error.line or not file.documents for error in file.errors):
                continue  # not read as a whole: what it would name is unknown
            for reference, uid in list(entry.created.items()):
                if reference in wanted and (file is None or reference in file.applied):
                    if file is None:
                        del entry.created[reference]
                    continue
                if reference not in wanted and (not uid or await self._delete(reference, uid)):
                    entry.created.pop(reference, None)
                    if file is not None:
                        file.applied.pop(reference, None)
            if file is None and not entry.created:
                del self._inventory.files[path]

    async def _delete(self, reference: ObjectRef, uid: str) -> bool:
        kind = self._registry.by_kind(reference.api_version, reference.kind)
        if kind is None:
            return True
        try:
            await self._client.delete(
                kind, reference.namespace, reference.name, uid=uid, propagation="Background"
            )
        except NotFound:
            return True
        except ApiError as error:
            # A conflict means that another incarnation lives under this name: not ours to remove.
            log.warning("%s not removed: %s", reference, error)
            return error.code == 409
        log.info("%s removed, no file names it any more", reference)
        return True

    # Showing ------------------------------------------------------------------------------------------------

    def _follow(self, kind: Kind) -> None:
        """Watch a kind for drift."""
        if kind in self._informers or self._tasks is None:
            return
        informer = Informer(self._client, kind)
        self._informers[kind] = informer
        informer.subscribe(lambda old, new: self._changed(kind, old, new))
        self._tasks.create_task(informer.run(), name=f"folder informer {kind}")

    def _changed(self, kind: Kind, old: Obj | None, new: Obj | None) -> None:
        obj = new or old or {}
        key = key_of(obj)
        reference = ObjectRef(kind.api_version, kind.kind, key.namespace, key.name)
        for file in self._files.values():
            applied = file.applied.get(reference)
            if applied is None or (new and revision_of(new) <= revision_of(applied.live or {})):
                continue
            applied.live = new
            if not file.applying:
                self._show(file)

    def _show(self, file: File) -> None:
        status = status_of(file, self._clock.now())
        if file.status is not None and replace(status, time=file.status.time) == file.status:
            return
        file.status = status
        if self.on_change:
            self.on_change(status)


def _rank(document: Document) -> int:
    return _ORDER.index(document.kind.kind) if document.kind.kind in _ORDER else len(_ORDER)


def _field_of(error: ApiError) -> str:
    """The path of the field that an error is about."""
    if isinstance(error, Invalid) and error.details:
        causes = error.details.get("causes") or [{}]
        return str(causes[0].get("field", ""))
    found = _NAMED_FIELD.search(error.message) if isinstance(error, BadRequest) else None
    return found[1] or found[2] if found else ""


def _may_come(error: ApiError) -> bool:
    """Its namespace or service account may be made by another file, or is still going."""
    return isinstance(error, NotFound | Forbidden | ServiceUnavailable)
