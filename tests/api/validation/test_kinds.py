"""What is refused of the kinds beside pods, services and deployments, in Kubernetes' words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.every_kind import minimal_objects
from tuik8s.api import defaults, kinds, schema, validation
from tuik8s.api.objects import copy
from tuik8s.api.schedules import schedule_problem, time_zone_problem

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj

_SELECTOR = {"matchLabels": {"app": "x"}}


def _prepared(kind: Kind, changes: Obj) -> Obj:
    """The least object of this kind with some fields changed (None: taken away), decoded and defaulted."""
    obj = next(obj for found, obj in minimal_objects() if found == kind)
    for path, value in changes.items():
        *parents, last = path.split(".")
        holder: Any = obj
        for part in parents:
            holder = holder[int(part)] if isinstance(holder, list) else holder.setdefault(part, {})
        if value is None:
            holder.pop(last)
        else:
            holder[int(last) if isinstance(holder, list) else last] = value
    decoded = schema.decode(kind, obj).object
    defaults.set_defaults(kind, decoded)
    if kind == kinds.JOB:
        decoded["spec"].setdefault("selector", {})  # the strategy makes it
    return decoded


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (kinds.STATEFUL_SET, {"spec.selector": None}, "spec.selector: Required value"),
        (kinds.STATEFUL_SET, {"spec.selector": {}}, "empty selector is invalid for statefulset"),
        (
            kinds.STATEFUL_SET, {"spec.podManagementPolicy": "Bogus"},
            "spec.podManagementPolicy: Invalid value: \"Bogus\": must be 'OrderedReady' or 'Parallel'",
        ),
        (
            kinds.STATEFUL_SET, {"spec.template.spec.restartPolicy": "Never"},
            'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
        ),
        (
            kinds.STATEFUL_SET, {"spec.template.metadata.labels.app": "y"},
            "`selector` does not match template `labels`",
        ),
        (
            kinds.DAEMON_SET,
            {"spec.updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}}},
            "spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge "
            "is 0",
        ),
        (
            kinds.REPLICATION_CONTROLLER, {"spec.selector": {"app": "y"}},
            "spec.template.metadata.labels: Invalid value",
        ),
        (kinds.CONTROLLER_REVISION, {"data": None}, "data: Required value: data is mandatory"),
        (
            kinds.JOB, {"spec.template.spec.restartPolicy": None},
            'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
        ),
        (
            kinds.JOB, {"spec.completionMode": "Indexed", "spec.parallelism": 2},
            "spec.completions: Required value: when completion mode is Indexed",
        ),
        (
            kinds.JOB, {"spec.backoffLimit": -1},
            "spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0",
        ),
        (kinds.CRON_JOB, {"spec.schedule": ""}, "spec.schedule: Required value"),
        (
            kinds.CRON_JOB, {"spec.schedule": "a b"},
            'spec.schedule: Invalid value: "a b": expected exactly 5 fields, found 2: [a b]',
        ),
        (
            kinds.CRON_JOB, {"spec.schedule": "TZ=UTC 0 * * * *"},
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
        ),
        (kinds.CRON_JOB, {"spec.timeZone": "Mars/Base"}, "unknown time zone Mars/Base"),
        (
            kinds.CRON_JOB, {"metadata.name": "x" * 53},
            "metadata.name: Invalid value: \"" + "x" * 53 + "\": must be no more than 52 characters",
        ),
        (
            kinds.CRON_JOB, {"spec.concurrencyPolicy": "Maybe"},
            'spec.concurrencyPolicy: Unsupported value: "Maybe": supported values: "Allow", "Forbid", '
            '"Replace"',
        ),
        (
            kinds.HORIZONTAL_POD_AUTOSCALER, {"spec.minReplicas": 5},
            "spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`",
        ),
        (
            kinds.HORIZONTAL_POD_AUTOSCALER, {"spec.metrics": [{"type": "Pods"}]},
            "spec.metrics[0].pods: Required value: must populate information for the given metric source",
        ),
        (
            kinds.POD_DISRUPTION_BUDGET, {"spec.maxUnavailable": 1},
            "minAvailable and maxUnavailable cannot be both set",
        ),
        (
            kinds.POD_DISRUPTION_BUDGET, {"spec.minAvailable": "101%"},
            'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
        ),
        (
            kinds.INGRESS, {"spec.defaultBackend": None},
            "either `defaultBackend` or `rules` must be specified",
        ),
        (
            kinds.INGRESS, {"spec.rules": [{"http": {"paths": [{"path": "/"}]}}]},
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified",
        ),
        (
            kinds.INGRESS, {"spec.rules": [{"host": "10.0.0.1"}]},
            'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
        ),
        (
            kinds.INGRESS, {"spec.defaultBackend": {"service": {"name": "a"}}},
            "spec.defaultBackend.service: Required value: port name or number is required",
        ),
        (
            kinds.INGRESS,
            {"spec.ingressClassName": "a", "metadata.annotations": {"kubernetes.io/ingress.class": "a"}},
            "can not be set when the class field is also set",
        ),
        (
            kinds.INGRESS_CLASS, {"spec.controller": "nodomain"},
            'spec.controller: Invalid value: "nodomain": must be a domain-prefixed path',
        ),
        (
            kinds.NETWORK_POLICY, {"spec.ingress": [{"from": [{}]}]},
            "spec.ingress[0].from[0]: Required value: must specify a peer",
        ),
        (
            kinds.NETWORK_POLICY,
            {"spec.egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/24", "except": ["10.0.1.0/24"]}}]}]},
            "spec.egress[0].to[0].ipBlock.except[0]: Invalid value: \"10.0.1.0/24\": must be a strict "
            "subset of `cidr`",
        ),
        (
            kinds.IP_ADDRESS, {"metadata.name": "2001:DB8::1"},
            "must be a valid IP address in canonical form",
        ),
        (
            kinds.PERSISTENT_VOLUME, {"spec.hostPath": None},
            "spec: Required value: must specify a volume type",
        ),
        (
            kinds.PERSISTENT_VOLUME, {"spec.nfs": {"server": "a", "path": "/"}},
            "spec.nfs: Forbidden: may not specify more than 1 volume type",
        ),
        (
            kinds.PERSISTENT_VOLUME, {"spec.accessModes": ["Any"]},
            'spec.accessModes: Unsupported value: "Any"',
        ),
        (
            kinds.PERSISTENT_VOLUME_CLAIM, {"spec.accessModes": None},
            "spec.accessModes: Required value: at least 1 access mode is required",
        ),
        (
            kinds.PERSISTENT_VOLUME_CLAIM, {"spec.resources": None},
            "spec.resources[storage]: Required value",
        ),
        (kinds.STORAGE_CLASS, {"provisioner": None}, "provisioner: Required value"),
        (
            kinds.STORAGE_CLASS, {"volumeBindingMode": "Later"},
            'volumeBindingMode: Unsupported value: "Later": supported values: "Immediate", '
            '"WaitForFirstConsumer"',
        ),
        (
            kinds.RESOURCE_QUOTA, {"spec.hard": {"apples": "1"}},
            'spec.hard[apples]: Invalid value: "apples": must be a standard resource for quota',
        ),
        (
            kinds.LIMIT_RANGE, {"spec.limits.0.min": {"cpu": "2"}},
            'spec.limits[0].min[cpu]: Invalid value: "2": minimum value 2 is greater than maximum value 1',
        ),
        (
            kinds.PRIORITY_CLASS, {"value": 1_000_000_001},
            "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
        ),
        (
            kinds.PRIORITY_CLASS, {"metadata.name": "system-mine"},
            "priority class names with 'system-' prefix are reserved for system use only",
        ),
        (kinds.RUNTIME_CLASS, {"handler": "A"}, 'handler: Invalid value: "A"'),
        (
            kinds.VALIDATING_WEBHOOK_CONFIGURATION, {"webhooks.0.name": "short"},
            "should be a domain with at least three segments separated by dots",
        ),
        (
            kinds.VALIDATING_WEBHOOK_CONFIGURATION, {"webhooks.0.sideEffects": None},
            "webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun",
        ),
        (
            kinds.MUTATING_WEBHOOK_CONFIGURATION, {"webhooks.0.clientConfig.url": "http://a"},
            "'https' is the only allowed URL scheme; desired format: https://host[/path]",
        ),
        (
            kinds.VALIDATING_ADMISSION_POLICY, {"spec.validations": None},
            "spec.validations: Required value: validations or auditAnnotations must be specified",
        ),
        (
            kinds.API_SERVICE, {"metadata.name": "x"},
            'must be `spec.version+"."+spec.group`: "v1.example.com"',
        ),
        (
            kinds.CERTIFICATE_SIGNING_REQUEST, {"spec.signerName": "nodomain"},
            "must be a fully qualified domain and path of the form 'example.com/signer-name'",
        ),
        (
            kinds.CERTIFICATE_SIGNING_REQUEST, {"spec.request": "eA=="},
            "PEM block type must be CERTIFICATE REQUEST",
        ),
    ],
)  # fmt: skip
def test_refusals(kind: Kind, changes: Obj, message: str) -> None:
    obj = _prepared(kind, changes)
    before = copy(obj)
    problems = [str(error) for error in validation.validate(kind, obj)]
    assert any(message in problem for problem in problems), problems
    assert obj == before


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        (
            kinds.STATEFUL_SET, {"spec.serviceName": "other"},
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas'",
        ),
        (
            kinds.DAEMON_SET,
            {"spec.selector": {"matchLabels": {"a": "b"}}, "spec.template.metadata.labels.a": "b"},
            "spec.selector: Invalid value",
        ),
        (kinds.JOB, {"spec.template.spec.containers.0.image": "other"}, "spec.template: Invalid value"),
        (kinds.JOB, {"spec.completions": 7}, "spec.completions: Invalid value: 7: field is immutable"),
        (kinds.INGRESS_CLASS, {"spec.controller": "a.b/c"}, "spec.controller: Invalid value"),
        (
            kinds.PERSISTENT_VOLUME, {"spec.hostPath.path": "/other"},
            "spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation",
        ),
        (
            kinds.PERSISTENT_VOLUME_CLAIM, {"spec.accessModes": ["ReadOnlyMany"]},
            "spec: Forbidden: spec is immutable after creation except resources.requests",
        ),
        (
            kinds.STORAGE_CLASS, {"provisioner": "example.com/q"},
            "provisioner: Forbidden: updates to provisioner are forbidden.",
        ),
        (kinds.PRIORITY_CLASS, {"value": 11}, "value: Forbidden: may not be changed in an update."),
        (kinds.RUNTIME_CLASS, {"handler": "kata"}, 'handler: Invalid value: "kata": field is immutable'),
    ],
)  # fmt: skip
def test_what_cannot_be_changed(kind: Kind, changes: Obj, message: str) -> None:
    old = _prepared(kind, {})
    problems = [str(error) for error in validation.validate(kind, _prepared(kind, changes), old)]
    assert any(message in problem for problem in problems), problems


def test_a_bound_claim_may_grow_and_not_shrink() -> None:
    kind = kinds.PERSISTENT_VOLUME_CLAIM
    old = _prepared(kind, {"spec.volumeName": "pv"})
    old["status"] = {"phase": "Bound", "capacity": {"storage": "1Gi"}}

    def problems(size: str) -> list[str]:
        changes = {"spec.volumeName": "pv", "spec.resources.requests.storage": size}
        return [str(error) for error in validation.validate(kind, _prepared(kind, changes), old)]

    assert problems("2Gi") == []
    assert problems("512Mi") == [
        "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity"
    ]


@pytest.mark.parametrize(
    "schedule",
    ["*/5 * * * *", "0 9-17/2 * jan-mar MON", "@daily", "@every 1h30m", "@every .5h", "? * * * ?",
     "0 0 31 2 *", "0 0 1,15 * 3"],
)  # fmt: skip
def test_schedules(schedule: str) -> None:
    assert schedule_problem(schedule) == ""


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ("* * * *", "expected exactly 5 fields, found 4: [* * * *]"),
        ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"),
        ("70 * * * *", "bad minute"),
        ("* * 32 * *", "bad day-of-month"),
        ("5-1 * * * *", "bad minute"),
        ("0 0 L * *", "failed to parse int from L"),
        ("0 0 * * 1#2", "failed to parse int from 1#2"),
        ("@sometimes", "unrecognized descriptor: @sometimes"),
        ("@every", "unrecognized descriptor: @every"),
        ("@every -1h", "unrecognized descriptor: @every -1h"),
        ("@every day", 'failed to parse duration @every day: time: invalid duration "day"'),
        ("@every 1h banana", 'failed to parse duration @every 1h banana: time: invalid duration "1h banana"'),
        (
            "@every 99999999999999h",
            'failed to parse duration @every 99999999999999h: time: invalid duration "99999999999999h"',
        ),
    ],
)
def test_bad_schedules(schedule: str, problem: str) -> None:
    assert schedule_problem(schedule) == problem


@pytest.mark.parametrize(
    ("zone", "fine"), [("Europe/Berlin", True), ("UTC", True), ("", False), ("Local", False), ("../x", False)]
)
def test_time_zones(zone: str, *, fine: bool) -> None:
    assert (time_zone_problem(zone) == "") is fine
