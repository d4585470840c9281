"""Namespaces, ConfigMaps, Secrets and ServiceAccounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age
from tuik8s.apiserver.tables.printer import AGE, NAME, Cells, Printer, column

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj


def namespace_cells(obj: Obj, now: datetime) -> Cells:
    return [obj["metadata"]["name"], (obj.get("status") or {}).get("phase", ""), age(obj, now)]


def config_map_cells(obj: Obj, now: datetime) -> Cells:
    entries = len(obj.get("data") or ()) + len(obj.get("binaryData") or ())
    return [obj["metadata"]["name"], entries, age(obj, now)]


def secret_cells(obj: Obj, now: datetime) -> Cells:
    return [obj["metadata"]["name"], obj.get("type", ""), len(obj.get("data") or ()), age(obj, now)]


def service_account_cells(obj: Obj, now: datetime) -> Cells:
    return [obj["metadata"]["name"], len(obj.get("secrets") or ()), age(obj, now)]


DATA = column("Data", "Number of entries.")

NAMESPACE_PRINTER = Printer([NAME, column("Status", "Active or Terminating."), AGE], namespace_cells)
CONFIG_MAP_PRINTER = Printer([NAME, DATA, AGE], config_map_cells)
SECRET_PRINTER = Printer([NAME, column("Type", "What its entries are meant for."), DATA, AGE], secret_cells)
SERVICE_ACCOUNT_PRINTER = Printer(
    [NAME, column("Secrets", "Number of secrets that pods may use as this account."), AGE],
    service_account_cells,
)
