"""Which container a request for logs or a process means, and whether it can be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.errors import BadRequest

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj

_STATUS_LISTS = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")


def choose_container(pod: Obj, wanted: str) -> str:
    """The container asked for, or the only one."""
    name, spec = pod["metadata"]["name"], pod["spec"]
    names = {
        field: [container["name"] for container in spec.get(field) or ()]
        for field in ("containers", "initContainers", "ephemeralContainers")
    }
    if wanted:
        if not any(wanted in known for known in names.values()):
            raise BadRequest(f"container {wanted} is not valid for pod {name}")
        return wanted
    if len(names["containers"]) == 1:
        return str(names["containers"][0])
    text = f"a container name must be specified for pod {name}, choose one of: {_show(names['containers'])}"
    if names["initContainers"]:
        text += f" or one of the init containers: {_show(names['initContainers'])}"
    if names["ephemeralContainers"]:
        text += f" or one of the ephemeral containers: {_show(names['ephemeralContainers'])}"
    raise BadRequest(text)


def check_has_logs(pod: Obj, container: str, *, previous: bool) -> None:
    """Refuse where no instance of the container has ever run, in the kubelet's words."""
    where = f'container "{container}" in pod "{pod["metadata"]["name"]}"'
    status = _status_of(pod, container)
    if status is None:
        return  # the kubelet knows more than it has reported
    ended = (status.get("lastState") or {}).get("terminated")
    if previous:
        if not ended:
            raise BadRequest(f"previous terminated {where} not found")
        return
    waiting = (status.get("state") or {}).get("waiting")
    if waiting is None or ended:
        return
    reasons = {
        "ErrImagePull": "image can't be pulled",
        "ImagePullBackOff": "trying and failing to pull image",
    }
    reason = waiting.get("reason", "")
    raise BadRequest(f"{where} is waiting to start: {reasons.get(reason, reason)}")


def check_has_host(pod: Obj) -> None:
    if not pod["spec"].get("nodeName"):
        raise BadRequest(f"pod {pod['metadata']['name']} does not have a host assigned")


def check_can_exec(pod: Obj) -> None:
    _check_not_completed(pod, "exec into")


def check_can_attach(pod: Obj) -> None:
    _check_not_completed(pod, "attach")


def _check_not_completed(pod: Obj, action: str) -> None:
    check_has_host(pod)
    phase = (pod.get("status") or {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise BadRequest(f"cannot {action} a container in a completed pod; current phase is {phase}")


def _status_of(pod: Obj, container: str) -> Obj | None:
    status = pod.get("status") or {}
    entries = (entry for field in _STATUS_LISTS for entry in status.get(field) or ())
    return next((entry for entry in entries if entry["name"] == container), None)


def _show(names: list[str]) -> str:
    return "[" + " ".join(names) + "]"
