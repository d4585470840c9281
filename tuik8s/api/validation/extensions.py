"""Webhooks, admission policies, API services (pkg/apis/admissionregistration/validation, kube-aggregator)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tuik8s.api import errors, names
from tuik8s.api.validation.values import (
    check_choice,
    check_label_selector,
    check_optional_choice,
    check_required,
    complain,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

_REVIEW_VERSIONS = ("v1", "v1beta1")
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")
_POLICIES = ("Fail", "Ignore")
_EXCLUSIVE = "if '{0}' is present, must not specify other {1}"
_URL = "desired format: https://host[/path]"


def validate_webhooks(configuration: Obj) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, webhook in enumerate(configuration.get("webhooks") or ()):
        path, name = f"webhooks[{index}]", webhook.get("name", "")
        yield from _check_qualified(name, f"{path}.name")
        if name in seen:
            yield errors.duplicate(f"{path}.name", name)
        seen.add(name)
        yield from _check_webhook(webhook, path)


def _check_qualified(name: str, path: str) -> Iterator[FieldError]:
    if not name:
        yield errors.required(path)
        return
    problems = names.dns_subdomain(name)
    if not problems and name.count(".") < 2:
        problems = ["should be a domain with at least three segments separated by dots"]
    yield from complain(path, name, problems)


def _check_webhook(webhook: Obj, path: str) -> Iterator[FieldError]:
    versions = webhook.get("admissionReviewVersions") or []
    if not versions:
        yield errors.required(
            f"{path}.admissionReviewVersions", f"must specify one of {', '.join(_REVIEW_VERSIONS)}"
        )
    elif not set(versions) & set(_REVIEW_VERSIONS):
        why = f"must include at least one of {', '.join(_REVIEW_VERSIONS)}"
        yield errors.invalid(f"{path}.admissionReviewVersions", versions, why)
    effects = webhook.get("sideEffects")
    if effects is None:
        yield errors.required(f"{path}.sideEffects", "must specify one of None, NoneOnDryRun")
    else:
        yield from check_choice(effects, f"{path}.sideEffects", ("None", "NoneOnDryRun"))
    yield from check_optional_choice(webhook.get("failurePolicy"), f"{path}.failurePolicy", _POLICIES)
    yield from check_optional_choice(
        webhook.get("matchPolicy"), f"{path}.matchPolicy", ("Equivalent", "Exact")
    )
    seconds = webhook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= 30:
        why = "the timeout value must be between 1 and 30 seconds"
        yield errors.invalid(f"{path}.timeoutSeconds", seconds, why)
    for field in ("namespaceSelector", "objectSelector"):
        yield from check_label_selector(webhook.get(field), f"{path}.{field}")
    for index, rule in enumerate(webhook.get("rules") or ()):
        yield from _check_rule(rule, f"{path}.rules[{index}]")
    yield from _check_client(webhook.get("clientConfig") or {}, f"{path}.clientConfig")


def _check_client(config: Obj, path: str) -> Iterator[FieldError]:
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        yield errors.required(path, "exactly one of url or service is required")
    elif url is not None:
        yield from _check_url(url, f"{path}.url")
    elif service is not None:
        yield from check_required(service, f"{path}.service", "namespace", "name")
        port = service.get("port", 443)
        yield from complain(f"{path}.service.port", port, names.port_number(port))
        target = service.get("path", "")
        if target and not target.startswith("/"):
            yield errors.invalid(f"{path}.service.path", target, "must start with a '/'")


def _check_url(url: str, path: str) -> Iterator[FieldError]:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        yield errors.required(path, f"url must be a valid URL: {error}; {_URL}")
        return
    if parts.scheme != "https":
        yield errors.invalid(path, parts.scheme, f"'https' is the only allowed URL scheme; {_URL}")
    if not parts.hostname:
        yield errors.invalid(path, "", f"host must be specified; {_URL}")
    if parts.username is not None:
        yield errors.invalid(path, "", "user information is not permitted in the URL")
    if parts.fragment:
        yield errors.invalid(path, parts.fragment, "fragments are not permitted in the URL")
    if parts.query:
        yield errors.invalid(path, parts.query, "query parameters are not permitted in the URL")


def _check_rule(rule: Obj, path: str) -> Iterator[FieldError]:
    for field in ("operations", "apiGroups", "apiVersions", "resources"):
        values = rule.get(field) or []
        if not values:
            yield errors.required(f"{path}.{field}")
        elif "*" in values and len(values) > 1 and field != "resources":
            yield errors.invalid(f"{path}.{field}", values, _EXCLUSIVE.format("*", field))
    for index, operation in enumerate(rule.get("operations") or ()):
        if operation not in _OPERATIONS:
            yield errors.not_supported(f"{path}.operations[{index}]", operation, _OPERATIONS)
    yield from check_optional_choice(rule.get("scope"), f"{path}.scope", _SCOPES)


def validate_validating_policy(policy: Obj) -> Iterator[FieldError]:
    spec = policy.get("spec") or {}
    validations, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not annotations:
        why = "validations or auditAnnotations must be specified"
        yield errors.required("spec.validations", why)
        yield errors.required("spec.auditAnnotations", why)
    for index, validation in enumerate(validations):
        yield from _check_expression(validation, f"spec.validations[{index}]")
    for index, annotation in enumerate(annotations):
        yield from check_required(annotation, f"spec.auditAnnotations[{index}]", "key", "valueExpression")
    yield from _check_policy(spec)


def validate_mutating_policy(policy: Obj) -> Iterator[FieldError]:
    spec = policy.get("spec") or {}
    mutations = spec.get("mutations") or []
    if not mutations:
        yield errors.required("spec.mutations", "mutations must contain at least one item")
    for index, mutation in enumerate(mutations):
        path, kind = f"spec.mutations[{index}]", mutation.get("patchType")
        yield from check_choice(kind, f"{path}.patchType", ("ApplyConfiguration", "JSONPatch"))
        field = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}.get(kind or "")
        if field and mutation.get(field) is None:
            yield errors.required(f"{path}.{field}", f"must be specified when patchType is {kind}")
        elif field:
            yield from _check_expression(mutation[field], f"{path}.{field}")
    yield from check_choice(spec.get("reinvocationPolicy"), "spec.reinvocationPolicy", ("IfNeeded", "Never"))
    yield from _check_policy(spec)


def _check_policy(spec: Obj) -> Iterator[FieldError]:
    yield from check_choice(spec.get("failurePolicy"), "spec.failurePolicy", _POLICIES)
    if spec.get("paramKind") is not None:
        yield from check_required(spec["paramKind"], "spec.paramKind", "apiVersion", "kind")
    match = spec.get("matchConstraints")
    if match is None:
        yield errors.required("spec.matchConstraints")
    else:
        if not match.get("resourceRules"):
            yield errors.required("spec.matchConstraints.resourceRules")
        yield from _check_match(match, "spec.matchConstraints")
    for index, condition in enumerate(spec.get("matchConditions") or ()):
        yield from check_required(condition, f"spec.matchConditions[{index}]", "name", "expression")
    for index, variable in enumerate(spec.get("variables") or ()):
        yield from check_required(variable, f"spec.variables[{index}]", "name", "expression")


def _check_match(match: Obj, path: str) -> Iterator[FieldError]:
    for field in ("namespaceSelector", "objectSelector"):
        yield from check_label_selector(match.get(field), f"{path}.{field}")
    for field in ("resourceRules", "excludeResourceRules"):
        for index, rule in enumerate(match.get(field) or ()):
            yield from _check_rule(rule, f"{path}.{field}[{index}]")


def _check_expression(holder: Obj, path: str) -> Iterator[FieldError]:
    if not (holder.get("expression") or "").strip():
        yield errors.required(f"{path}.expression", "expression is not specified")


def validate_validating_binding(binding: Obj) -> Iterator[FieldError]:
    spec = binding.get("spec") or {}
    actions: Sequence[Any] = spec.get("validationActions") or []
    if not actions:
        yield errors.required("spec.validationActions", "at least one validation action is required")
    for index, action in enumerate(actions):
        path = f"spec.validationActions[{index}]"
        if action not in ("Audit", "Deny", "Warn"):
            yield errors.not_supported(path, action, ("Audit", "Deny", "Warn"))
        if action in actions[:index]:
            yield errors.duplicate(path, action)
    if {"Deny", "Warn"} <= set(actions):
        why = "must not contain both Deny and Warn (repeating the same validation failure information in the "
        yield errors.invalid(
            "spec.validationActions", actions, f"{why}API response and headers serves no purpose)"
        )
    yield from validate_policy_binding(binding)


def validate_policy_binding(binding: Obj) -> Iterator[FieldError]:
    spec = binding.get("spec") or {}
    yield from check_required(spec, "spec", "policyName")
    reference = spec.get("paramRef")
    if reference is not None:
        if not reference.get("name") and reference.get("selector") is None:
            yield errors.required("spec.paramRef", "one of name or selector must be specified")
        elif reference.get("name") and reference.get("selector") is not None:
            yield errors.forbidden("spec.paramRef.name", "name and selector are mutually exclusive")
        path = "spec.paramRef.parameterNotFoundAction"
        yield from check_choice(reference.get("parameterNotFoundAction"), path, ("Allow", "Deny"))
    yield from _check_match(spec.get("matchResources") or {}, "spec.matchResources")


def validate_api_service(service: Obj) -> Iterator[FieldError]:
    spec, name = service.get("spec") or {}, (service.get("metadata") or {}).get("name", "")
    group, version = spec.get("group", ""), spec.get("version", "")
    expected = f"{version}.{group}"
    if name != expected:
        yield errors.invalid("metadata.name", name, f'must be `spec.version+"."+spec.group`: "{expected}"')
    if group:
        yield from complain("spec.group", group, names.dns_subdomain(group))
    yield from complain("spec.version", version, names.dns_1035_label(version))
    for field, most in (("groupPriorityMinimum", 20_000), ("versionPriority", 1_000)):
        value = spec.get(field, 0)
        if not 1 <= value <= most:
            yield errors.invalid(f"spec.{field}", value, f"must be positive and less than {most}")
    reference = spec.get("service")
    if reference is None:
        if spec.get("caBundle"):
            yield errors.invalid("spec.caBundle", "", "local APIServices may not have a caBundle")
        if spec.get("insecureSkipTLSVerify"):
            why = "local APIServices may not have insecureSkipTLSVerify"
            yield errors.invalid("spec.insecureSkipTLSVerify", True, why)
        return
    yield from check_required(reference, "spec.service", "namespace", "name")
    if spec.get("insecureSkipTLSVerify") and spec.get("caBundle"):
        why = "may not be true if caBundle is present"
        yield errors.invalid("spec.insecureSkipTLSVerify", True, why)
