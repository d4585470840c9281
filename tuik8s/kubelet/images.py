"""Images on the node: pull policies, back-off, events (pkg/kubelet/images)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.pods import every_container
from tuik8s.cri import ImagePullFailed, InvalidImageName, RuntimeFault, RuntimeUnavailable
from tuik8s.cri.references import parse_reference
from tuik8s.kubelet.backoff import Backoff
from tuik8s.kubelet.credentials import BadPullSecret, Keyring

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.api.objects import Obj
    from tuik8s.cri import Image, PodSandboxConfig
    from tuik8s.kubelet.host import Host

NEXT_LOOK = timedelta(seconds=1)
"""After a failed pull the pod is looked at again soon, and then says ImagePullBackOff."""
STUCK_RETRY = timedelta(seconds=15)
"""How often what only a person can mend (a name, a policy) is tried again."""


class ImageProblem(Exception):
    """Why a container waits for its image; `retry` is when to try again."""

    def __init__(self, reason: str, message: str, retry: datetime) -> None:
        super().__init__(message)
        self.reason, self.message, self.retry = reason, message, retry


class Images:
    """Makes images present; at most `max_parallel_pulls` come in at once."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._backoff = Backoff()
        self._slots = asyncio.Semaphore(host.node.max_parallel_pulls)
        self._errors: dict[str, str] = {}
        self._digests: dict[str, str] = {}
        self.pulling: dict[str, str] = {}
        """What is being pulled, and how far, in the runtime's words."""

    async def ensure(self, pod: Obj, container: Obj, sandbox: PodSandboxConfig) -> Image:
        """The container's image, present. Raises `ImageProblem`, `RuntimeUnavailable`."""
        reference = container.get("image") or ""
        policy = container.get("imagePullPolicy") or "IfNotPresent"
        image = await self._look(pod, container, sandbox)
        if image is not None:
            self._remember(image)
        if image is not None and policy != "Always":
            present = "already present on machine and can be accessed by the pod"
            self._event(pod, container, "Normal", "Pulled", f'Container image "{reference}" {present}')
            return image
        if policy == "Never":
            message = f'Container image "{reference}" is not present with pull policy of Never'
            raise self._fail(pod, container, "ErrImageNeverPull", message, "ErrImageNeverPull")
        self._check_backoff(pod, container, reference)
        return await self._pull(pod, container, sandbox)

    def digest(self, image_id: str) -> str:
        """`repository@sha256:…` of an image that was used here; empty for one that was only built here."""
        return self._digests.get(image_id, "")

    def _remember(self, image: Image) -> None:
        if image.digests:
            self._digests[image.id] = image.digests[0]

    def forget(self, pod: Obj) -> None:
        """The pod is gone: so are its back-offs."""
        for container in every_container(pod):
            key = _key(pod, container.get("image") or "")
            self._backoff.forget(key)
            self._errors.pop(key, None)

    async def _look(self, pod: Obj, container: Obj, sandbox: PodSandboxConfig) -> Image | None:
        reference = container.get("image") or ""
        try:
            return await self._host.runtime.image(reference, sandbox)
        except InvalidImageName as error:
            message = f'Failed to apply default image tag "{reference}": {error}'
            raise self._fail(pod, container, "InspectFailed", message, "InvalidImageName") from error
        except RuntimeUnavailable:
            raise
        except RuntimeFault as error:
            message = f'Failed to inspect image "{reference}": {error}'
            raise self._fail(pod, container, "InspectFailed", message, "ImageInspectError") from error

    def _check_backoff(self, pod: Obj, container: Obj, reference: str) -> None:
        key = _key(pod, reference)
        due = self._backoff.due_since_update(key)
        if due is None or due <= self._host.clock.now():
            return
        message = f'Back-off pulling image "{reference}"'
        self._event(pod, container, "Normal", "BackOff", message)
        self._event(pod, container, "Warning", "Failed", "Error: ImagePullBackOff")
        raise ImageProblem("ImagePullBackOff", f"{message}: ErrImagePull: {self._errors.get(key, '')}", due)

    async def _pull(self, pod: Obj, container: Obj, sandbox: PodSandboxConfig) -> Image:
        reference = container.get("image") or ""
        clock, key = self._host.clock, _key(pod, reference)
        self._event(pod, container, "Normal", "Pulling", f'Pulling image "{reference}"')
        asked = clock.now()
        try:
            async with self._slots:
                began = clock.now()
                image = await self._fetch(pod, reference, sandbox)
        except RuntimeUnavailable:
            raise
        except (RuntimeFault, BadPullSecret) as error:
            now = clock.now()
            self._backoff.next(key, now, now)
            self._errors[key] = str(error)
            self._event(pod, container, "Warning", "Failed", f'Failed to pull image "{reference}": {error}')
            self._event(pod, container, "Warning", "Failed", "Error: ErrImagePull")
            raise ImageProblem("ErrImagePull", str(error), now + NEXT_LOOK) from error
        finally:
            self.pulling.pop(reference, None)
        self._errors.pop(key, None)
        self._remember(image)
        done = clock.now()
        took, waited = go_duration(done - began), go_duration(done - asked)
        self._event(
            pod, container, "Normal", "Pulled",
            f'Successfully pulled image "{reference}" in {took} ({waited} including waiting). '
            f"Image size: {image.size} bytes.",
        )  # fmt: skip
        return image

    async def _fetch(self, pod: Obj, reference: str, sandbox: PodSandboxConfig) -> Image:
        """With each of the pod's credentials that fit, until one is let in."""
        credentials = self._keyring(pod).lookup(parse_reference(reference).qualified)
        faults: list[RuntimeFault] = []
        for one in credentials or (None,):
            try:
                return await self._host.runtime.pull(
                    reference, lambda words: self.pulling.__setitem__(reference, words), sandbox, one
                )
            except ImagePullFailed as fault:
                faults.append(fault)
        if len(faults) == 1:
            raise faults[0]
        raise ImagePullFailed("[" + ", ".join(map(str, faults)) + "]")

    def _keyring(self, pod: Obj) -> Keyring:
        """Secrets that are not there were told of when the sandbox was made."""
        secrets, namespace = self._host.informers.of(kinds.SECRET), pod["metadata"]["namespace"]
        references = pod["spec"].get("imagePullSecrets") or ()
        found = (secrets.find(namespace, reference.get("name", "")) for reference in references)
        return Keyring(secret for secret in found if secret is not None)

    def _fail(self, pod: Obj, container: Obj, event: str, message: str, reason: str) -> ImageProblem:
        self._event(pod, container, "Warning", event, message)
        self._event(pod, container, "Warning", "Failed", f"Error: {reason}")
        return ImageProblem(reason, message, self._host.clock.now() + STUCK_RETRY)

    def _event(self, pod: Obj, container: Obj, kind: str, reason: str, message: str) -> None:
        self._host.event(
            pod, "Warning" if kind == "Warning" else "Normal", reason, message, container=container
        )


def go_duration(span: timedelta) -> str:
    """As Go prints a duration rounded to milliseconds: `308ms`, `1.25s`, `2m3.5s`."""
    millis = round(span.total_seconds() * 1000)
    if millis < 1000:
        return f"{millis}ms" if millis else "0s"
    minutes, rest = divmod(millis, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    head = f"{hours}h" if hours else ""
    return head + (f"{minutes}m" if hours or minutes else "") + seconds


def _key(pod: Obj, reference: str) -> str:
    return f"{pod['metadata']['uid']}_{reference}"
