"""Lists: selectors, pages of one revision, past revisions."""

from __future__ import annotations

import asyncio
import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tuik8s.api.errors import BadRequest, Expired, Invalid, ServerTimeout, forbidden
from tuik8s.api.objects import Obj, labels_of
from tuik8s.api.selectors import FieldSelector, LabelSelector
from tuik8s.storage.errors import Compacted, FutureRevision

if TYPE_CHECKING:
    from tuik8s.api.errors import FieldError
    from tuik8s.api.kinds import Kind
    from tuik8s.api.request import Request, Selection
    from tuik8s.apiserver.registry import Registry
    from tuik8s.storage import Range, Store

FRESHNESS_WAIT = 3.0  # seconds to wait for a revision that has not been written yet
FRESHNESS_POLL = 0.05
TOKEN_VERSION = "meta.k8s.io/v1"
INCONSISTENT = -1
"""The revision of a token that goes on in whatever state there is when it is used."""
TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new"
    " list without the continue parameter, or use the continue token in this response to retrieve the"
    " remainder of the results. Continuing with the provided token results in an inconsistent list - objects"
    " that were created, modified, or deleted between the time the first chunk was returned and now may show"
    " up in the list."
)


@dataclass(frozen=True, slots=True)
class Filter:
    labels: LabelSelector
    fields: FieldSelector

    @classmethod
    def of(cls, kind: Kind, selection: Selection) -> Filter:
        try:
            labels = LabelSelector.parse(selection.label_selector)
            return cls(labels, FieldSelector.parse(selection.field_selector, kind))
        except ValueError as error:
            raise BadRequest(str(error)) from None

    @property
    def empty(self) -> bool:
        return self.labels.empty and self.fields.empty

    def matches(self, obj: Obj) -> bool:
        return self.labels.matches(labels_of(obj)) and self.fields.matches(obj)


class Token(NamedTuple):
    """Where a list goes on: after `after`, in the state of `revision`."""

    revision: int
    after: str

    def encode(self) -> str:
        body = msgspec.json.encode({"v": TOKEN_VERSION, "rv": self.revision, "start": f"{self.after}\0"})
        return base64.urlsafe_b64encode(body).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, prefix: str) -> Token:
        try:
            padded = text + "=" * (-len(text) % 4)
            body = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=dict[str, str | int])
            if body["v"] != TOKEN_VERSION:
                raise ValueError("encoded continue token is from another version of the API")
            token = cls(int(body["rv"]), str(body["start"]).rstrip("\0"))
        except (ValueError, KeyError, binascii.Error, msgspec.MsgspecError) as error:
            raise BadRequest(f"continue key is not valid: {error}") from None
        if not token.after.startswith(prefix):
            raise BadRequest("continue key is not valid: it belongs to another list")
        return token


async def list_objects(store: Store, registry: Registry, request: Request) -> Obj:
    """The `…List` object."""
    selection, kind = request.selection, registry.kind
    _check_options(selection)
    chosen = Filter.of(kind, selection)
    found = await _read(store, registry, request, chosen)
    items = [registry.view.outward(obj) for obj in found.items]
    meta: Obj = {"resourceVersion": str(found.revision)}
    if not chosen.empty:
        items = [obj for obj in items if chosen.matches(obj)]
    limit = 0 if selection.resource_version == "0" else selection.limit
    remaining = found.remaining
    if limit and len(items) > limit:
        remaining += len(items) - limit
        items = items[:limit]
    if remaining and items:
        last = items[-1]["metadata"]
        after = kind.storage_key(last.get("namespace", ""), last["name"])
        meta["continue"] = Token(found.revision, after).encode()
        if chosen.empty:
            meta["remainingItemCount"] = remaining
    return {"apiVersion": kind.api_version, "kind": kind.list_kind, "metadata": meta, "items": items}


async def _read(store: Store, registry: Registry, request: Request, chosen: Filter) -> Range:
    """The objects to look at; a page of them where nothing has to be filtered out."""
    selection = request.selection
    prefix = registry.prefix(request.namespace)
    limit = selection.limit if chosen.empty and selection.resource_version != "0" else 0
    if selection.continue_token:
        token = Token.decode(selection.continue_token, prefix)
        if token.revision == INCONSISTENT:
            return store.list(prefix, after=token.after, limit=limit)
        try:
            return await store.list_at(prefix, token.revision, after=token.after, limit=limit)
        except Compacted:
            onward = Token(INCONSISTENT, token.after).encode()
            raise Expired(TOO_OLD, continue_token=onward) from None
        except FutureRevision:
            raise BadRequest("continue key is not valid: its revision has not been written yet") from None
    revision = parse_revision(selection.resource_version)
    exact = selection.resource_version_match == "Exact"
    if revision and (exact or (selection.limit and not selection.resource_version_match)):
        await fresh_enough(store, revision)
        why = f"The resourceVersion for the provided list is too old: {revision}"
        try:
            return await store.list_at(prefix, revision, limit=limit)
        except Compacted:
            raise Expired(why) from None
    await fresh_enough(store, revision)
    return store.list(prefix, limit=limit)


async def fresh_enough(store: Store, revision: int) -> None:
    """Wait a little for a revision that is still to come; then say that it is too large."""
    waited = 0.0
    while revision > store.revision:
        if waited >= FRESHNESS_WAIT:
            text = f"Timeout: Too large resource version: {revision}, current: {store.revision}"
            cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
            raise ServerTimeout(text, details={"causes": [cause], "retryAfterSeconds": 1})
        await asyncio.sleep(FRESHNESS_POLL)
        waited += FRESHNESS_POLL


def parse_revision(text: str) -> int:
    if not text:
        return 0
    if not text.isdecimal():
        why = f'strconv.ParseUint: parsing "{text}": invalid syntax'
        raise BadRequest(f'resourceVersion: Invalid value: "{text}": {why}')
    return int(text)


def _check_options(selection: Selection) -> None:
    match = selection.resource_version_match
    errors: list[FieldError] = []
    if selection.send_initial_events:
        errors.append(forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    if match:
        if not selection.resource_version:
            why = "resourceVersionMatch is forbidden unless resourceVersion is provided"
            errors.append(forbidden("resourceVersionMatch", why))
        if selection.continue_token:
            why = "resourceVersionMatch is forbidden when continue is provided"
            errors.append(forbidden("resourceVersionMatch", why))
        if match == "Exact" and selection.resource_version == "0":
            why = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
            errors.append(forbidden("resourceVersionMatch", why))
    refuse(errors)


def refuse(errors: list[FieldError]) -> None:
    if errors:
        raise Invalid.of("ListOptions", "meta.k8s.io", "", errors)
