"""`metadata.managedFields`: who set which fields, and when (k8s.io/apimachinery/pkg/util/managedfields)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tuik8s.api.fieldmanager.fieldset import difference, union_roots

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

MAX_UPDATE_MANAGERS = 10
ANCIENT = "ancient-changes"


@dataclass(frozen=True, slots=True)
class Manager:
    """The identity of one entry; apply and update of one name are two managers."""

    name: str
    operation: str
    api_version: str
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Ownership:
    fields: Obj
    time: str


Managers = dict[Manager, Ownership]


def decode(entries: list[Obj] | None) -> Managers:
    managers: Managers = {}
    for entry in entries or ():
        manager = Manager(
            entry.get("manager", ""),
            entry.get("operation", ""),
            entry.get("apiVersion", ""),
            entry.get("subresource", ""),
        )
        managers[manager] = Ownership(entry.get("fieldsV1") or {}, entry.get("time", ""))
    return managers


def encode(managers: Managers) -> list[Obj]:
    """Applies before updates, then by time and name, as Kubernetes sorts them."""
    ordered = sorted(
        managers.items(),
        key=lambda item: (item[0].operation, item[1].time, item[0].name, item[0].api_version,
                          item[0].subresource),
    )  # fmt: skip
    return [_entry(manager, ownership) for manager, ownership in ordered if ownership.fields]


def _entry(manager: Manager, ownership: Ownership) -> Obj:
    entry: Obj = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.api_version,
        "time": ownership.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": ownership.fields,
    }
    if manager.subresource:
        entry["subresource"] = manager.subresource
    return entry


def is_reset(entries: list[Obj] | None) -> bool:
    """`[]` and `[{}]` in an update ask for tracking to end."""
    return entries is not None and (not entries or entries == [{}])


def take(managers: Managers, manager: Manager, changed: Obj, removed: Obj, now: str) -> Managers:
    """`manager` set `changed`, which then belongs to nobody else; `removed` belongs to nobody."""
    taken: Managers = {}
    for other, ownership in managers.items():
        fields = difference(ownership.fields, removed) if removed else ownership.fields
        if other != manager and changed:
            fields = difference(fields, changed)
        if fields:
            taken[other] = ownership if fields == ownership.fields else replace(ownership, fields=fields)
    if changed:
        before = taken.get(manager)
        taken[manager] = Ownership(union_roots(before.fields, changed) if before else changed, now)
    return taken


def cap(managers: Managers) -> Managers:
    """Merge the oldest updates of one version into one entry when there are too many."""
    updates = sorted(
        (m for m in managers if m.operation == "Update"), key=lambda m: (managers[m].time, m.name)
    )
    surplus = len(updates) - MAX_UPDATE_MANAGERS
    if surplus <= 0:
        return managers
    capped = dict(managers)
    for manager in updates[: surplus + 1]:
        old = capped.pop(manager)
        bucket = Manager(ANCIENT, "Update", manager.api_version)
        known = capped.get(bucket)
        fields = union_roots(known.fields, old.fields) if known else old.fields
        capped[bucket] = Ownership(fields, old.time)
    return capped
