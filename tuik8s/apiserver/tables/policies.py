"""What rules over others: quotas, priorities, access, admission, fairness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.durations import age
from tuik8s.api.objects import condition_of
from tuik8s.apiserver.tables.printer import AGE, NAME, NONE, UNSET, Cells, Printer, column

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tuik8s.api.objects import Obj


def quota_cells(quota: Obj, now: datetime) -> Cells:
    status = quota.get("status") or {}
    used, hard = status.get("used") or {}, status.get("hard") or {}
    texts = {name: f"{name}: {used.get(name, '0')}/{hard[name]}" for name in sorted(hard)}
    limits = [text for name, text in texts.items() if name.startswith("limits.")]
    requests = [text for name, text in texts.items() if not name.startswith("limits.")]
    return [quota["metadata"]["name"], ", ".join(requests), ", ".join(limits), age(quota, now)]


def priority_class_cells(priority_class: Obj, now: datetime) -> Cells:
    return [
        priority_class["metadata"]["name"],
        priority_class.get("value", 0),
        bool(priority_class.get("globalDefault")),
        age(priority_class, now),
        priority_class.get("preemptionPolicy", ""),
    ]


def runtime_class_cells(runtime_class: Obj, now: datetime) -> Cells:
    meta = runtime_class["metadata"]
    return [meta["name"], runtime_class.get("handler", ""), age(runtime_class, now)]


def role_binding_cells(binding: Obj, now: datetime) -> Cells:
    role, subjects = binding.get("roleRef") or {}, binding.get("subjects") or ()
    return [
        binding["metadata"]["name"],
        f"{role.get('kind', '')}/{role.get('name', '')}",
        age(binding, now),
        _subjects(subjects, "User"),
        _subjects(subjects, "Group"),
        ", ".join(
            f"{subject.get('namespace', '')}/{subject['name']}"
            for subject in subjects
            if subject.get("kind") == "ServiceAccount"
        ),
    ]


def _subjects(subjects: Iterable[Obj], kind: str) -> str:
    return ", ".join(subject["name"] for subject in subjects if subject.get("kind") == kind)


def webhooks_cells(configuration: Obj, now: datetime) -> Cells:
    meta = configuration["metadata"]
    return [meta["name"], len(configuration.get("webhooks") or ()), age(configuration, now)]


def validating_policy_cells(policy: Obj, now: datetime) -> Cells:
    return _policy_cells(policy, "validations", now)


def mutating_policy_cells(policy: Obj, now: datetime) -> Cells:
    return _policy_cells(policy, "mutations", now)


def _policy_cells(policy: Obj, rules: str, now: datetime) -> Cells:
    spec = policy["spec"]
    kind = spec.get("paramKind")
    text = f"{kind.get('apiVersion', '')}/{kind.get('kind', '')}" if kind else UNSET
    return [policy["metadata"]["name"], len(spec.get(rules) or ()), text, age(policy, now)]


def policy_binding_cells(binding: Obj, now: datetime) -> Cells:
    spec = binding["spec"]
    return [binding["metadata"]["name"], spec.get("policyName", ""), _param_ref(spec), age(binding, now)]


def _param_ref(spec: Obj) -> str:
    reference = spec.get("paramRef")
    if not reference:
        return UNSET
    name = reference.get("name") or "*"
    return f"{reference['namespace']}/{name}" if reference.get("namespace") else str(name)


def flow_schema_cells(schema: Obj, now: datetime) -> Cells:
    spec = schema["spec"]
    dangling = condition_of(schema, "Dangling")
    return [
        schema["metadata"]["name"],
        (spec.get("priorityLevelConfiguration") or {}).get("name", ""),
        spec.get("matchingPrecedence", 0),
        (spec.get("distinguisherMethod") or {}).get("type", NONE),
        age(schema, now),
        "?" if dangling is None else dangling["status"],
    ]


def priority_level_cells(level: Obj, now: datetime) -> Cells:
    spec = level["spec"]
    limited = spec.get("limited") or spec.get("exempt") or {}
    queuing = (limited.get("limitResponse") or {}).get("queuing") or {}
    return [
        level["metadata"]["name"],
        spec.get("type", ""),
        str(limited.get("nominalConcurrencyShares", NONE)),
        *(str(queuing.get(field, NONE)) for field in ("queues", "handSize", "queueLengthLimit")),
        age(level, now),
    ]


def component_status_cells(component: Obj, _now: datetime) -> Cells:
    healthy: Obj = next((c for c in component.get("conditions") or () if c.get("type") == "Healthy"), {})
    status = {"True": "Healthy", "False": "Unhealthy"}.get(healthy.get("status", ""), "Unknown")
    return [component["metadata"]["name"], status, healthy.get("message", ""), healthy.get("error", "")]


def api_service_cells(service: Obj, now: datetime) -> Cells:
    """As the aggregator prints them: served here, or by a service."""
    reference = service["spec"].get("service")
    where = f"{reference.get('namespace', '')}/{reference.get('name', '')}" if reference else "Local"
    return [service["metadata"]["name"], where, _available(service), age(service, now)]


def _available(service: Obj) -> str:
    condition = condition_of(service, "Available")
    if condition is None:
        return "Unknown"
    if condition["status"] == "True":
        return "True"
    return f"{condition['status']} ({condition.get('reason', '')})"


QUOTA_PRINTER = Printer(
    [
        NAME,
        column("Request", "What is used of each amount, of what may be."),
        column("Limit", "The same of limits."),
        AGE,
    ],
    quota_cells,
)
PRIORITY_CLASS_PRINTER = Printer(
    [
        NAME,
        column("Value", "The priority of its pods.", of="integer"),
        column("Global-Default", "Whether it is that of pods that name none.", of="boolean"),
        AGE,
        column("PreemptionPolicy", "Whether its pods take the place of others."),
    ],
    priority_class_cells,
)
RUNTIME_CLASS_PRINTER = Printer(
    [NAME, column("Handler", "The runtime's name for it."), AGE], runtime_class_cells
)
ROLE_BINDING_PRINTER = Printer(
    [
        NAME,
        column("Role", "The role that is granted."),
        AGE,
        column("Users", "Whom it is granted to.", wide=True),
        column("Groups", "Whom it is granted to.", wide=True),
        column("ServiceAccounts", "Whom it is granted to.", wide=True),
    ],
    role_binding_cells,
)
WEBHOOKS_PRINTER = Printer(
    [NAME, column("Webhooks", "How many webhooks it has.", of="integer"), AGE], webhooks_cells
)
_PARAM_KIND = column("ParamKind", "The kind of its parameters.")
VALIDATING_POLICY_PRINTER = Printer(
    [NAME, column("Validations", "How many rules it has.", of="integer"), _PARAM_KIND, AGE],
    validating_policy_cells,
)
MUTATING_POLICY_PRINTER = Printer(
    [NAME, column("Mutations", "How many changes it makes.", of="integer"), _PARAM_KIND, AGE],
    mutating_policy_cells,
)
POLICY_BINDING_PRINTER = Printer(
    [
        NAME,
        column("PolicyName", "The policy that is put to use."),
        column("ParamRef", "Its parameters."),
        AGE,
    ],
    policy_binding_cells,
)
FLOW_SCHEMA_PRINTER = Printer(
    [
        NAME,
        column("PriorityLevel", "The level of its requests."),
        column("MatchingPrecedence", "Schemas of lower numbers are asked first.", of="integer"),
        column("DistinguisherMethod", "How its flows are told apart."),
        AGE,
        column("MissingPL", "Whether its level does not exist."),
    ],
    flow_schema_cells,
)
PRIORITY_LEVEL_PRINTER = Printer(
    [
        NAME,
        column("Type", "Whether its requests are limited."),
        column("NominalConcurrencyShares", "Its share of the requests at once."),
        column("Queues", "Its queues."),
        column("HandSize", "How many queues a flow is given."),
        column("QueueLengthLimit", "How many requests wait in a queue."),
        AGE,
    ],
    priority_level_cells,
)
API_SERVICE_PRINTER = Printer(
    [
        NAME,
        column("Service", "The service that serves this version of an API group."),
        column("Available", "Whether it answers."),
        AGE,
    ],
    api_service_cells,
)
COMPONENT_STATUS_PRINTER = Printer(
    [
        NAME,
        column("Status", "Whether it is healthy."),
        column("Message", "What it says of itself."),
        column("Error", "What is wrong with it."),
    ],
    component_status_cells,
)
