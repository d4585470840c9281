"""What may change in a pod once it exists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tuik8s.api import errors, names
from tuik8s.api.objects import annotations_of, copy
from tuik8s.api.pods import MIRROR_ANNOTATION, is_sidecar, qos_class
from tuik8s.api.quantity import parse
from tuik8s.api.validation.pods import validate_pod
from tuik8s.api.validation.scheduling import check_tolerations
from tuik8s.api.validation.values import check_immutable, check_ip, complain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.errors import FieldError
    from tuik8s.api.objects import Obj

UPDATABLE = ",".join((
    "`spec.containers[*].image`", "`spec.initContainers[*].image`", "`spec.activeDeadlineSeconds`",
    "`spec.tolerations` (only additions to existing tolerations)",
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
))  # fmt: skip
_LARGEST_INT = 2**31 - 1
_MISSING = object()


def validate_pod_update(pod: Obj, old: Obj) -> Iterator[FieldError]:
    yield from validate_pod(pod)
    yield from _check_mirror_annotation(pod, old)
    new, before = pod.get("spec") or {}, old.get("spec") or {}
    for field in ("containers", "initContainers"):
        if len(new.get(field) or ()) != len(before.get(field) or ()):
            yield errors.forbidden(f"spec.{field}", "pod updates may not add or remove containers")
            return
    yield from _check_deadline(new.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds"))
    yield from _check_added_tolerations(new, before)
    yield from _check_removed_gates(new, before)
    munged = _with_old_updatable_fields(new, before)
    if munged != before:
        difference = "\n".join(f"  {line}" for line in _differences(before, munged, "spec"))
        yield errors.forbidden(
            "spec", f"pod updates may not change fields other than {UPDATABLE}\n{difference}\n"
        )


def _check_mirror_annotation(pod: Obj, old: Obj) -> Iterator[FieldError]:
    """A mirror stays one: to the node authoriser it would else be a pod that was given to the node."""
    new, before = annotations_of(pod).get(MIRROR_ANNOTATION), annotations_of(old).get(MIRROR_ANNOTATION)
    if new != before:
        what = "add" if before is None else "remove or update"
        path = f"metadata.annotations[{MIRROR_ANNOTATION}]"
        yield errors.forbidden(path, f"may not {what} mirror pod annotation")


def _with_old_updatable_fields(new: Obj, before: Obj) -> Obj:
    """The new spec with everything that may change put back; what still differs may not."""
    munged = copy(new)
    for field in ("containers", "initContainers"):
        for container, previous in zip(munged.get(field) or (), before.get(field) or (), strict=True):
            container["image"] = previous.get("image", "")
    kept = ["activeDeadlineSeconds", "schedulingGates", "tolerations"]
    if before.get("terminationGracePeriodSeconds", 0) < 0 and new.get("terminationGracePeriodSeconds") == 1:
        kept.append("terminationGracePeriodSeconds")
    if before.get("schedulingGates"):
        kept += _mutable_while_gated(new, before)
    for field in kept:
        if field in before:
            munged[field] = before[field]
        else:
            munged.pop(field, None)
    return munged


def _mutable_while_gated(new: Obj, before: Obj) -> list[str]:
    """A gated pod may still narrow where it runs: more node selector entries, none changed."""
    selector, previous = new.get("nodeSelector") or {}, before.get("nodeSelector") or {}
    return ["nodeSelector"] if previous.items() <= selector.items() else []


def _check_deadline(new: int | None, old: int | None) -> Iterator[FieldError]:
    path = "spec.activeDeadlineSeconds"
    if new is None:
        if old is not None:
            yield errors.invalid(path, None, "must not update from a positive integer to nil value")
    elif not 0 <= new <= _LARGEST_INT:
        yield errors.invalid(path, new, f"must be between 0 and {_LARGEST_INT}, inclusive")
    elif old is not None and old < new:
        yield errors.invalid(path, new, "must be less than or equal to previous value")


def _check_added_tolerations(new: Obj, before: Obj) -> Iterator[FieldError]:
    def bare(toleration: Obj) -> Obj:
        return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}

    present = [bare(toleration) for toleration in new.get("tolerations") or ()]
    for toleration in before.get("tolerations") or ():
        if bare(toleration) not in present:
            yield errors.forbidden(
                "spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"
            )
            return
    yield from check_tolerations(new.get("tolerations"), "spec.tolerations")


def _check_removed_gates(new: Obj, before: Obj) -> Iterator[FieldError]:
    known = {gate.get("name") for gate in before.get("schedulingGates") or ()}
    for index, gate in enumerate(new.get("schedulingGates") or ()):
        if gate.get("name") not in known:
            yield errors.forbidden(
                f"spec.schedulingGates[{index}].name",
                f"only deletion is allowed, but found new scheduling gate '{gate.get('name', '')}'",
            )


def _differences(old: Any, new: Any, path: str) -> Iterator[str]:
    """`path: old -> new` for each leaf that differs."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(old.get(key, _MISSING), new.get(key, _MISSING), f"{path}.{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, f"{path}[{index}]")
    elif old != new:
        yield f"{path}: {_shown(old)} -> {_shown(new)}"


def _shown(value: Any) -> str:
    return "(unset)" if value is _MISSING else json.dumps(value, ensure_ascii=False)


def validate_pod_status_update(pod: Obj, old: Obj) -> Iterator[FieldError]:
    status, before = pod.get("status") or {}, old.get("status") or {}
    spec = old.get("spec") or {}
    yield from _check_mirror_annotation(pod, old)
    for index, condition in enumerate(status.get("conditions") or ()):
        kind = condition.get("type") or ""
        yield from complain(f"metadata.conditions[{index}].Type", kind, names.qualified_name(kind))
    if (pod.get("spec") or {}).get("nodeName", "") != spec.get("nodeName", ""):
        yield errors.forbidden("status.nodeName", "may not be changed directly")
    nominated = status.get("nominatedNodeName")
    if nominated and nominated != before.get("nominatedNodeName"):
        yield from complain("status.nominatedNodeName", nominated, names.dns_subdomain(nominated))
    if before.get("qosClass"):
        yield from check_immutable(status.get("qosClass", ""), before["qosClass"], "status.qosClass")
    yield from _check_transitions(status, before, spec)
    for field in ("podIPs", "hostIPs"):
        for index, address in enumerate(status.get(field) or ()):
            yield from check_ip(address.get("ip") or "", f"status.{field}[{index}]")


def _check_transitions(status: Obj, before: Obj, spec: Obj) -> Iterator[FieldError]:
    """A container that ended stays ended unless the restart policy lets it run again."""
    policy = spec.get("restartPolicy", "Always")
    sidecars = {c.get("name") for c in spec.get("initContainers") or () if is_sidecar(c)}
    for field in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        effective = "Never" if field.startswith("ephemeral") else policy
        if effective == "Always":
            continue
        ended = {
            entry.get("name"): index
            for index, entry in enumerate(before.get(field) or ())
            if _is_final(entry, effective) and entry.get("name") not in sidecars
        }
        for entry in status.get(field) or ():
            name = entry.get("name")
            if name in ended and not (entry.get("state") or {}).get("terminated"):
                yield errors.forbidden(
                    f"status.{field}[{ended[name]}].state",
                    "may not be transitioned to non-terminated state",
                )


def _is_final(entry: Obj, policy: str) -> bool:
    terminated = (entry.get("state") or {}).get("terminated")
    return terminated is not None and (terminated.get("exitCode", 0) == 0 or policy != "OnFailure")


def validate_ephemeral_containers_update(pod: Obj, old: Obj) -> Iterator[FieldError]:
    yield from validate_pod(pod)
    present = {c.get("name"): c for c in (pod.get("spec") or {}).get("ephemeralContainers") or ()}
    for previous in (old.get("spec") or {}).get("ephemeralContainers") or ():
        name = previous.get("name")
        if name not in present:
            yield errors.forbidden(
                "spec.ephemeralContainers", f'existing ephemeral containers "{name}" may not be removed\n'
            )
        elif present[name] != previous:
            changes = "\n".join(_differences(previous, present[name], ""))
            yield errors.forbidden(
                "spec.ephemeralContainers",
                f'existing ephemeral containers "{name}" may not be changed\n{changes}',
            )


def validate_pod_resize(pod: Obj, old: Obj) -> Iterator[FieldError]:
    """CPU and memory of containers and sidecars, within the same QoS class."""
    yield from validate_pod(pod)
    if qos_class(pod) != qos_class(old):
        yield errors.invalid("spec", qos_class(pod), "Pod QOS Class may not change as a result of resizing")
    munged, before = copy(pod.get("spec") or {}), old.get("spec") or {}
    for field in ("containers", "initContainers"):
        pairs = zip(munged.get(field) or (), before.get(field) or (), strict=False)
        for index, (container, previous) in enumerate(pairs):
            if field == "initContainers" and not is_sidecar(container):
                continue
            path = f"spec.{field}[{index}].resources"
            yield from _check_resized(container, previous, path)
            container["resources"] = _resized_back(container, previous)
    if munged != before:
        yield errors.forbidden("spec", "only cpu and memory resources are mutable")


def _check_resized(container: Obj, previous: Obj, path: str) -> Iterator[FieldError]:
    new, old = container.get("resources") or {}, previous.get("resources") or {}
    for which in ("requests", "limits"):
        if (old.get(which) or {}).keys() - (new.get(which) or {}).keys():
            yield errors.forbidden(f"{path}.{which}", f"resource {which} cannot be removed")
    restarts = {p.get("resourceName"): p.get("restartPolicy") for p in container.get("resizePolicy") or ()}
    if restarts.get("memory", "NotRequired") != "NotRequired":
        return
    limit, before = (new.get("limits") or {}).get("memory"), (old.get("limits") or {}).get("memory")
    verb = ""
    if limit and before and parse(limit) < parse(before):
        verb = "decreased"
    elif limit and not before:
        verb = "added"
    if verb:
        yield errors.forbidden(
            f"{path}.limits[memory]",
            f"memory limits cannot be {verb} unless resizePolicy is RestartContainer",
        )


def _resized_back(container: Obj, previous: Obj) -> Obj:
    resources, old = copy(container.get("resources") or {}), previous.get("resources") or {}
    for which in ("requests", "limits"):
        amounts = {k: v for k, v in (resources.get(which) or {}).items() if k not in ("cpu", "memory")}
        amounts |= {k: v for k, v in (old.get(which) or {}).items() if k in ("cpu", "memory")}
        if amounts:
            resources[which] = amounts
        else:
            resources.pop(which, None)
    return resources
