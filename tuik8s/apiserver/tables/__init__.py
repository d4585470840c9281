"""What `kubectl get` shows: columns and cells of every kind, as Kubernetes' own printers give them.

Names, order, types and priorities of the columns and the text of the cells follow
pkg/printers/internalversion/printers.go. A cell is a string or a number; some numbers stand in columns that
Kubernetes declares as strings. All cells are always there; those of priority 1 are for clients that show wide
tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuik8s.api import kinds
from tuik8s.api.customresources import CustomKind
from tuik8s.api.durations import human_duration
from tuik8s.apiserver.tables import (
    batch,
    certificates,
    devices,
    metrics,
    networking,
    policies,
    scaling,
    storage,
    workloads,
)
from tuik8s.apiserver.tables.configuration import (
    CONFIG_MAP_PRINTER,
    NAMESPACE_PRINTER,
    SECRET_PRINTER,
    SERVICE_ACCOUNT_PRINTER,
)
from tuik8s.apiserver.tables.custom import custom_printer
from tuik8s.apiserver.tables.events import EVENT_PRINTER
from tuik8s.apiserver.tables.nodes import LEASE_PRINTER, NODE_PRINTER
from tuik8s.apiserver.tables.pods import POD_PRINTER
from tuik8s.apiserver.tables.printer import GENERIC, PLAIN, Printer
from tuik8s.apiserver.tables.services import ENDPOINT_SLICE_PRINTER, ENDPOINTS_PRINTER, SERVICE_PRINTER
from tuik8s.apiserver.tables.workloads import DEPLOYMENT_PRINTER, REPLICA_SET_PRINTER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

__all__ = ["columns", "human_duration", "row", "rows", "table", "table_row"]

PRINTERS: dict[str, Printer] = {
    kinds.NAMESPACE.resource: NAMESPACE_PRINTER,
    kinds.NODE_METRICS.resource: metrics.METRICS_PRINTER,
    kinds.POD_METRICS.resource: metrics.METRICS_PRINTER,
    kinds.NODE.resource: NODE_PRINTER,
    kinds.POD.resource: POD_PRINTER,
    kinds.SERVICE.resource: SERVICE_PRINTER,
    kinds.ENDPOINTS.resource: ENDPOINTS_PRINTER,
    kinds.CONFIG_MAP.resource: CONFIG_MAP_PRINTER,
    kinds.SECRET.resource: SECRET_PRINTER,
    kinds.SERVICE_ACCOUNT.resource: SERVICE_ACCOUNT_PRINTER,
    kinds.EVENT.resource: EVENT_PRINTER,
    kinds.EVENTS_EVENT.resource: EVENT_PRINTER,
    kinds.LEASE.resource: LEASE_PRINTER,
    kinds.ENDPOINT_SLICE.resource: ENDPOINT_SLICE_PRINTER,
    kinds.REPLICA_SET.resource: REPLICA_SET_PRINTER,
    kinds.DEPLOYMENT.resource: DEPLOYMENT_PRINTER,
    kinds.STATEFUL_SET.resource: workloads.STATEFUL_SET_PRINTER,
    kinds.DAEMON_SET.resource: workloads.DAEMON_SET_PRINTER,
    kinds.CONTROLLER_REVISION.resource: workloads.CONTROLLER_REVISION_PRINTER,
    kinds.REPLICATION_CONTROLLER.resource: workloads.REPLICATION_CONTROLLER_PRINTER,
    kinds.POD_TEMPLATE.resource: workloads.POD_TEMPLATE_PRINTER,
    kinds.JOB.resource: batch.JOB_PRINTER,
    kinds.CRON_JOB.resource: batch.CRON_JOB_PRINTER,
    kinds.HORIZONTAL_POD_AUTOSCALER.resource: scaling.AUTOSCALER_PRINTER,
    kinds.POD_DISRUPTION_BUDGET.resource: scaling.BUDGET_PRINTER,
    kinds.INGRESS.resource: networking.INGRESS_PRINTER,
    kinds.INGRESS_CLASS.resource: networking.INGRESS_CLASS_PRINTER,
    kinds.NETWORK_POLICY.resource: networking.NETWORK_POLICY_PRINTER,
    kinds.IP_ADDRESS.resource: networking.IP_ADDRESS_PRINTER,
    kinds.SERVICE_CIDR.resource: networking.SERVICE_CIDR_PRINTER,
    kinds.PERSISTENT_VOLUME.resource: storage.VOLUME_PRINTER,
    kinds.PERSISTENT_VOLUME_CLAIM.resource: storage.CLAIM_PRINTER,
    kinds.STORAGE_CLASS.resource: storage.STORAGE_CLASS_PRINTER,
    kinds.VOLUME_ATTRIBUTES_CLASS.resource: storage.ATTRIBUTES_CLASS_PRINTER,
    kinds.VOLUME_ATTACHMENT.resource: storage.ATTACHMENT_PRINTER,
    kinds.CSI_DRIVER.resource: storage.CSI_DRIVER_PRINTER,
    kinds.CSI_NODE.resource: storage.CSI_NODE_PRINTER,
    kinds.CSI_STORAGE_CAPACITY.resource: storage.CSI_CAPACITY_PRINTER,
    kinds.RESOURCE_QUOTA.resource: policies.QUOTA_PRINTER,
    kinds.PRIORITY_CLASS.resource: policies.PRIORITY_CLASS_PRINTER,
    kinds.RUNTIME_CLASS.resource: policies.RUNTIME_CLASS_PRINTER,
    kinds.ROLE_BINDING.resource: policies.ROLE_BINDING_PRINTER,
    kinds.CLUSTER_ROLE_BINDING.resource: policies.ROLE_BINDING_PRINTER,
    kinds.MUTATING_WEBHOOK_CONFIGURATION.resource: policies.WEBHOOKS_PRINTER,
    kinds.VALIDATING_WEBHOOK_CONFIGURATION.resource: policies.WEBHOOKS_PRINTER,
    kinds.VALIDATING_ADMISSION_POLICY.resource: policies.VALIDATING_POLICY_PRINTER,
    kinds.MUTATING_ADMISSION_POLICY.resource: policies.MUTATING_POLICY_PRINTER,
    kinds.VALIDATING_ADMISSION_POLICY_BINDING.resource: policies.POLICY_BINDING_PRINTER,
    kinds.MUTATING_ADMISSION_POLICY_BINDING.resource: policies.POLICY_BINDING_PRINTER,
    kinds.FLOW_SCHEMA.resource: policies.FLOW_SCHEMA_PRINTER,
    kinds.PRIORITY_LEVEL_CONFIGURATION.resource: policies.PRIORITY_LEVEL_PRINTER,
    kinds.API_SERVICE.resource: policies.API_SERVICE_PRINTER,
    kinds.CERTIFICATE_SIGNING_REQUEST.resource: certificates.CERTIFICATE_REQUEST_PRINTER,
    kinds.CLUSTER_TRUST_BUNDLE.resource: certificates.TRUST_BUNDLE_PRINTER,
    kinds.POD_CERTIFICATE_REQUEST.resource: certificates.POD_CERTIFICATE_REQUEST_PRINTER,
    kinds.RESOURCE_CLAIM.resource: devices.RESOURCE_CLAIM_PRINTER,
    kinds.RESOURCE_SLICE.resource: devices.RESOURCE_SLICE_PRINTER,
    kinds.DEVICE_CLASS.resource: GENERIC,
    kinds.RESOURCE_CLAIM_TEMPLATE.resource: GENERIC,
    kinds.DEVICE_TAINT_RULE.resource: PLAIN,
    kinds.STORAGE_VERSION_MIGRATION.resource: PLAIN,
    kinds.LIMIT_RANGE.resource: PLAIN,
    kinds.COMPONENT_STATUS.resource: policies.COMPONENT_STATUS_PRINTER,
    kinds.ROLE.resource: PLAIN,
    kinds.CLUSTER_ROLE.resource: PLAIN,
    kinds.CUSTOM_RESOURCE_DEFINITION.resource: PLAIN,
}


def columns(kind: Kind) -> list[Obj]:
    """The columnDefinitions of a Table of this kind: shared, not to be changed."""
    return _printer(kind).columns


def row(kind: Kind, obj: Obj, now: datetime) -> list[Any]:
    """One cell per column; ages are as of `now`."""
    return _printer(kind).cells(obj, now)


def table_row(kind: Kind, obj: Obj, now: datetime) -> Obj:
    """A TableRow with the full object; pods that have ended carry the condition Completed."""
    printer = _printer(kind)
    entry: Obj = {"cells": printer.cells(obj, now), "object": obj}
    conditions = printer.conditions(obj)
    if conditions:
        entry["conditions"] = conditions
    return entry


def table(kind: Kind, objects: Iterable[Obj], now: datetime, *, list_metadata: Obj | None = None) -> Obj:
    """A meta.k8s.io/v1 Table; `list_metadata` holds resourceVersion, continue and remainingItemCount."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": list_metadata or {},
        "columnDefinitions": columns(kind),
        "rows": rows(kind, objects, now),
    }


def rows(kind: Kind, objects: Iterable[Obj], now: datetime) -> list[Obj]:
    return [table_row(kind, obj, now) for obj in objects]


def _printer(kind: Kind) -> Printer:
    if isinstance(kind, CustomKind):
        return custom_printer(kind.definition)
    return PRINTERS.get(kind.resource, GENERIC)
