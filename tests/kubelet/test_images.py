"""Pull policies, back-off, and what is said about images."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.kubelet.bench import status_of, waiting
from tuik8s.api import kinds
from tuik8s.cri import ImagePullFailed
from tuik8s.kubelet.images import go_duration

if TYPE_CHECKING:
    from tests.kubelet.bench import Bench

pytestmark = pytest.mark.looptime


def image(name: str, policy: str = "IfNotPresent") -> list[Any]:
    return [{"name": "web", "image": name, "imagePullPolicy": policy}]


async def test_an_absent_image_is_pulled(bench: Bench) -> None:
    await bench.pod(containers=image("org/app"), annotations={"pull-delay": "3", "image-size": "1234"})
    pod = await bench.until_ready()
    events = await bench.events()
    assert events[0] == ("Pulling", 'Pulling image "org/app"')
    said = 'Successfully pulled image "org/app" in 3s (3s including waiting). Image size: 1234 bytes.'
    assert events[1] == ("Pulled", said)
    assert status_of(pod)["imageID"]


async def test_always_pulls_what_is_there(bench: Bench) -> None:
    await bench.pod(containers=image("app", "Always"))
    await bench.until_ready()
    assert (await bench.reasons())[:2] == ["Pulling", "Pulled"]


async def test_never_does_not_pull(bench: Bench) -> None:
    await bench.pod(containers=image("org/app", "Never"))
    pod = await bench.until(lambda pod: waiting(pod) == "ErrImageNeverPull")
    message = 'Container image "org/app" is not present with pull policy of Never'
    assert status_of(pod)["state"]["waiting"]["message"] == message
    events = await bench.events()
    assert ("ErrImageNeverPull", message) in events
    assert ("Failed", "Error: ErrImageNeverPull") in events


async def test_a_failing_pull_backs_off(bench: Bench) -> None:
    await bench.pod(containers=image("org/none"), annotations={"image-missing": "true"})
    pod = await bench.until(lambda pod: waiting(pod) == "ErrImagePull")
    why = status_of(pod)["state"]["waiting"]["message"]
    pod = await bench.until(lambda pod: waiting(pod) == "ImagePullBackOff")
    message = status_of(pod)["state"]["waiting"]["message"]
    assert message == f'Back-off pulling image "org/none": ErrImagePull: {why}'
    events = await bench.events()
    assert ("Failed", f'Failed to pull image "org/none": {why}') in events
    assert ("Failed", "Error: ErrImagePull") in events
    assert ("BackOff", 'Back-off pulling image "org/none"') in events
    assert ("Failed", "Error: ImagePullBackOff") in events


async def test_pulls_are_tried_after_ten_twenty_forty_seconds(bench: Bench) -> None:
    tries: list[float] = []
    pull = bench.runtime.pull

    async def counted(*arguments: object, **options: object) -> object:
        tries.append(bench.now())
        return await pull(*arguments, **options)  # type: ignore[arg-type]

    bench.runtime.pull = counted  # type: ignore[method-assign,assignment]
    await bench.pod(containers=image("org/none"), annotations={"image-missing": "true"})
    await asyncio.sleep(800)
    gaps = [round((later - sooner) / 10) * 10 for sooner, later in itertools.pairwise(tries)]
    assert gaps == [10, 20, 40, 80, 160, 300]


async def test_invalid_names(bench: Bench) -> None:
    await bench.pod(containers=image("Not:A:Name"))
    pod = await bench.until(lambda pod: waiting(pod) == "InvalidImageName")
    said = status_of(pod)["state"]["waiting"]["message"]
    assert re.match(r'Failed to apply default image tag "Not:A:Name": .+', said)
    assert "InspectFailed" in await bench.reasons()


async def test_a_new_name_is_tried_at_once(bench: Bench) -> None:
    await bench.pod(containers=image("org/none", "Never"))
    await bench.until(lambda pod: waiting(pod) == "ErrImageNeverPull")
    began = bench.now()
    await bench.client.patch(kinds.POD, "default", "web", {"spec": {"containers": image("app", "Never")}})
    await bench.until_ready()
    assert bench.now() - began < 1


async def test_pulls_in_progress_can_be_seen(bench: Bench) -> None:
    await bench.pod(containers=image("org/app"), annotations={"pull-delay": "30"})
    await asyncio.sleep(10)
    assert "org/app" in bench.kubelet.statistics().pulling
    await bench.until_ready()
    assert bench.kubelet.statistics().pulling == {}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (0.3081, "308ms"), (1.25, "1.25s"), (10, "10s"), (123.5, "2m3.5s"), (300, "5m0s"),
     (3600, "1h0m0s")],
)  # fmt: skip
def test_durations_read_as_go_prints_them(seconds: float, text: str) -> None:
    assert go_duration(timedelta(seconds=seconds)) == text


async def test_pull_secrets_that_are_not_there_are_named(bench: Bench) -> None:
    await bench.pod(imagePullSecrets=[{"name": "none"}])
    await bench.until_ready()
    said = "Unable to retrieve some image pull secrets (none); attempting to pull the image may not succeed."
    assert ("FailedToRetrieveImagePullSecret", said) in await bench.events()


async def test_each_fitting_pull_secret_is_tried_until_one_is_let_in(bench: Bench) -> None:
    tried: list[str] = []
    pull = bench.runtime.pull

    async def guarded(*arguments: Any, **options: Any) -> Any:
        user = arguments[3].user
        tried.append(user)
        if user != "right":
            raise ImagePullFailed(f"{user} may not")
        return await pull(*arguments, **options)

    bench.runtime.pull = guarded  # type: ignore[method-assign]
    for user in ("right", "wrong"):
        content = json.dumps({"auths": {"example.com": {"username": user, "password": "pw"}}})
        data = {".dockerconfigjson": base64.b64encode(content.encode()).decode()}
        meta = {"name": user, "namespace": "default"}
        kind = "kubernetes.io/dockerconfigjson"
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": kind, "data": data}
        await bench.client.create(kinds.SECRET, secret)
    both = [{"name": "wrong"}, {"name": "right"}]
    await bench.pod(containers=image("example.com/app"), imagePullSecrets=both)
    await bench.until_ready()
    assert tried == ["wrong", "right"]


async def test_all_refusals_are_told_together(bench: Bench) -> None:
    async def refused(*arguments: Any, **_: Any) -> Any:
        raise ImagePullFailed(f"no to {arguments[3].user}")

    bench.runtime.pull = refused  # type: ignore[method-assign]
    entries = {host: {"username": host, "password": "pw"} for host in ("example.com", "example.com/team")}
    data = {".dockerconfigjson": base64.b64encode(json.dumps({"auths": entries}).encode()).decode()}
    meta = {"name": "registry", "namespace": "default"}
    kind = "kubernetes.io/dockerconfigjson"
    await bench.client.create(
        kinds.SECRET, {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": kind, "data": data}
    )
    await bench.pod(containers=image("example.com/team/app"), imagePullSecrets=[{"name": "registry"}])
    pod = await bench.until(lambda pod: waiting(pod) == "ErrImagePull")
    message = status_of(pod)["state"]["waiting"]["message"]
    assert message == "[no to example.com/team, no to example.com]"
