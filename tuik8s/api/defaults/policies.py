"""What rules over others: limits, priorities, admission, fairness, devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tuik8s.api.objects import Obj

_HTTPS = 443
_WEBHOOK_SECONDS = 10
_PRECEDENCE = 1000
_SHARES = 30
_QUEUING: Obj = {"queues": 64, "handSize": 8, "queueLengthLimit": 50}


def default_limit_range(limit_range: Obj) -> None:
    """A container's default limit follows from the maximum, its default request from that and the minimum."""
    for item in limit_range.setdefault("spec", {}).get("limits") or ():
        if item.get("type") != "Container":
            continue
        limits = {**(item.get("max") or {}), **(item.get("default") or {})}
        requests = {**(item.get("min") or {}), **limits, **(item.get("defaultRequest") or {})}
        if limits:
            item["default"] = limits
        if requests:
            item["defaultRequest"] = requests


def default_priority_class(priority_class: Obj) -> None:
    priority_class.setdefault("preemptionPolicy", "PreemptLowerPriority")


def default_webhooks(configuration: Obj) -> None:
    for webhook in configuration.get("webhooks") or ():
        webhook.setdefault("failurePolicy", "Fail")
        webhook.setdefault("matchPolicy", "Equivalent")
        webhook.setdefault("namespaceSelector", {})
        webhook.setdefault("objectSelector", {})
        webhook.setdefault("timeoutSeconds", _WEBHOOK_SECONDS)
        if configuration.get("kind") == "MutatingWebhookConfiguration":
            webhook.setdefault("reinvocationPolicy", "Never")
        _default_scopes(webhook.get("rules") or ())
        service = (webhook.get("clientConfig") or {}).get("service")
        if service is not None:
            service.setdefault("port", _HTTPS)


def default_policy(policy: Obj) -> None:
    spec = policy.setdefault("spec", {})
    spec.setdefault("failurePolicy", "Fail")
    _default_match(spec.get("matchConstraints"))


def default_policy_binding(binding: Obj) -> None:
    _default_match(binding.setdefault("spec", {}).get("matchResources"))


def _default_match(match: Obj | None) -> None:
    if match is None:
        return
    match.setdefault("matchPolicy", "Equivalent")
    match.setdefault("namespaceSelector", {})
    match.setdefault("objectSelector", {})
    for field in ("resourceRules", "excludeResourceRules"):
        _default_scopes(match.get(field) or ())


def _default_scopes(rules: Iterable[Obj]) -> None:
    for rule in rules:
        rule.setdefault("scope", "*")


def default_api_service(service: Obj) -> None:
    reference = service.setdefault("spec", {}).get("service")
    if reference is not None:
        reference.setdefault("port", _HTTPS)


def default_flow_schema(schema: Obj) -> None:
    schema.setdefault("spec", {}).setdefault("matchingPrecedence", _PRECEDENCE)


def default_priority_level(level: Obj) -> None:
    spec = level.setdefault("spec", {})
    exempt, limited = spec.get("exempt"), spec.get("limited")
    if exempt is not None:
        exempt.setdefault("nominalConcurrencyShares", 0)
        exempt.setdefault("lendablePercent", 0)
    if limited is not None:
        limited.setdefault("nominalConcurrencyShares", _SHARES)
        limited.setdefault("lendablePercent", 0)
        response = limited.get("limitResponse") or {}
        if response.get("type") == "Queue" and "queuing" in response:
            for field, value in _QUEUING.items():
                response["queuing"].setdefault(field, value)


def default_resource_claim(claim: Obj) -> None:
    _default_requests(claim.setdefault("spec", {}))


def default_resource_claim_template(template: Obj) -> None:
    _default_requests(template.setdefault("spec", {}).setdefault("spec", {}))


def _default_requests(spec: Obj) -> None:
    for request in (spec.get("devices") or {}).get("requests") or ():
        exactly = [request["exactly"]] if request.get("exactly") is not None else []
        for wanted in (*exactly, *(request.get("firstAvailable") or ())):
            if wanted.setdefault("allocationMode", "ExactCount") == "ExactCount":
                wanted.setdefault("count", 1)
            for toleration in wanted.get("tolerations") or ():
                toleration.setdefault("operator", "Equal")
