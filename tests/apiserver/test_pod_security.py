"""PodSecurity: what the labels of a namespace do to the pods and workloads in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.apiserver.objects import deployment, pod
from tuik8s.api import kinds
from tuik8s.api.errors import Forbidden, Invalid
from tuik8s.api.request import PatchType, Request, Verb

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.kinds import Kind
    from tuik8s.api.objects import Obj
    from tuik8s.api.request import Response

pytestmark = pytest.mark.looptime

PRIVILEGED = [{"name": "c", "image": "nginx:1", "securityContext": {"privileged": True}}]


async def labelled(plane: ControlPlane, **labels: str) -> tuple[str, ...]:
    """The warnings."""
    found = {f"pod-security.kubernetes.io/{name.replace('_', '-')}": text for name, text in labels.items()}
    return (await patched(plane, kinds.NAMESPACE, "default", {"metadata": {"labels": found}})).warnings


async def patched(plane: ControlPlane, kind: Kind, name: str, patch: Obj, subresource: str = "") -> Response:
    request = Request(
        verb=Verb.PATCH, kind=kind, namespace="default" if kind.namespaced else "", name=name, body=patch,
        patch_type=PatchType.STRATEGIC, subresource=subresource,
    )  # fmt: skip
    return await plane.api.send(request)


async def created(plane: ControlPlane, kind: Kind, obj: Obj) -> tuple[str, ...]:
    request = Request(verb=Verb.CREATE, kind=kind, namespace="default", body=obj)
    return (await plane.api.send(request)).warnings


async def test_pods_that_break_the_standard_are_refused(control_plane: ControlPlane) -> None:
    await labelled(control_plane, enforce="baseline")

    with pytest.raises(Forbidden) as caught:
        await created(control_plane, kinds.POD, pod(containers=PRIVILEGED))

    assert caught.value.message == (
        'pods "web" is forbidden: violates PodSecurity "baseline:latest": privileged (container "c" must not '
        "set securityContext.privileged=true)"
    )
    assert await created(control_plane, kinds.POD, pod()) == ()


async def test_workloads_are_warned_of(control_plane: ControlPlane) -> None:
    await labelled(control_plane, enforce="restricted", enforce_version="v1.24")
    wanted = deployment()

    (warning,) = await created(control_plane, kinds.DEPLOYMENT, wanted)
    assert warning.startswith('would violate PodSecurity "restricted:v1.24": allowPrivilegeEscalation != fal')

    scaled = await patched(control_plane, kinds.DEPLOYMENT, "web", {"spec": {"replicas": 5}})
    assert scaled.warnings == (warning,)
    status = await patched(control_plane, kinds.DEPLOYMENT, "web", {"status": {"replicas": 1}}, "status")
    assert status.warnings == ()


async def test_pods_that_are_there_are_only_told_of(control_plane: ControlPlane) -> None:
    for name in ("b", "a"):
        await created(control_plane, kinds.POD, pod(name, containers=PRIVILEGED))
    await created(control_plane, kinds.POD, pod("fine"))

    assert await labelled(control_plane, enforce="baseline") == (
        'existing pods in namespace "default" violate the new PodSecurity enforce level "baseline:latest"',
        "a (and 1 other pod): privileged",
    )
    assert await labelled(control_plane, warn="restricted") == ()
    assert await labelled(control_plane, enforce="privileged") == ()


async def test_labels_must_be_known_when_they_change(control_plane: ControlPlane) -> None:
    with pytest.raises(Invalid, match=r'enforce\]: Invalid value: "strict": must be one of privileged, base'):
        await labelled(control_plane, enforce="strict")
    wrong = {"pod-security.kubernetes.io/warn-version": "1"}
    with pytest.raises(Invalid, match=r'warn-version\]: Invalid value: "1": must be "latest" or "v1.x"'):
        await control_plane.client.create(kinds.NAMESPACE, {"metadata": {"name": "other", "labels": wrong}})


async def test_only_other_images_and_containers_are_looked_at_again(control_plane: ControlPlane) -> None:
    await created(control_plane, kinds.POD, pod(containers=PRIVILEGED))
    await labelled(control_plane, enforce="baseline")

    await patched(control_plane, kinds.POD, "web", {"metadata": {"labels": {"a": "b"}}})
    image = {"spec": {"containers": [{"name": "c", "image": "nginx:2"}]}}
    with pytest.raises(Forbidden, match="violates PodSecurity"):
        await patched(control_plane, kinds.POD, "web", image)


async def test_ephemeral_containers_keep_to_the_standard(control_plane: ControlPlane) -> None:
    await created(control_plane, kinds.POD, pod())
    await labelled(control_plane, enforce="baseline", warn="privileged")
    debugger = {"name": "d", "image": "busybox"}

    bad = {"spec": {"ephemeralContainers": [{**debugger, "securityContext": {"privileged": True}}]}}
    with pytest.raises(Forbidden, match=r'violates PodSecurity "baseline:latest": privileged .container "d"'):
        await patched(control_plane, kinds.POD, "web", bad, "ephemeralcontainers")
    added = {"spec": {"ephemeralContainers": [debugger]}}
    assert (await patched(control_plane, kinds.POD, "web", added, "ephemeralcontainers")).warnings == ()
