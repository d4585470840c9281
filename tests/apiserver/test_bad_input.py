"""Whatever comes in, the answer is an object or an `ApiError` that a client is to blame for."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.apiserver.objects import deployment, pod, service
from tests.support.control_plane import ControlPlane
from tuik8s.api import kinds
from tuik8s.api.errors import ApiError
from tuik8s.api.objects import Obj, copy
from tuik8s.api.request import PatchType, Request, Verb

if TYPE_CHECKING:
    from tuik8s.api.kinds import Kind

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 70000), st.text(max_size=3), st.sampled_from(["None", "delete"])
)
keys = st.one_of(
    st.sampled_from(
        [
            "metadata", "spec", "status", "kind", "apiVersion", "name", "namespace", "labels", "annotations",
            "finalizers", "ownerReferences", "managedFields", "resourceVersion", "generateName", "containers",
            "template", "selector", "matchLabels", "ports", "env", "type", "clusterIP", "nodePort",
            "replicas", "strategy", "rollingUpdate", "volumes", "tolerations", "conditions", "$patch",
            "$retainKeys", "$setElementOrder/containers", "$deleteFromPrimitiveList/finalizers",
            "priorityClassName",
        ]
    ),
    st.text(max_size=2),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=12,
)
GOOD: dict[Kind, Obj] = {
    kinds.POD: pod(),
    kinds.DEPLOYMENT: deployment(),
    kinds.SERVICE: service(type="NodePort"),
    kinds.NAMESPACE: {"metadata": {"name": "web"}},
    kinds.NODE: {"metadata": {"name": "web"}},
    kinds.SECRET: {"metadata": {"name": "web", "namespace": "default"}},
}


def damaged(draw: st.DrawFn, value: Any) -> Any:
    """A good object with one part of it replaced."""
    if not isinstance(value, dict | list) or not value or draw(st.integers(0, 3)) == 0:
        return draw(values)
    if isinstance(value, list):
        return [damaged(draw, value[0]), *value[1:]]
    key = draw(st.sampled_from(sorted(value)))
    return {**value, key: damaged(draw, value[key]), **draw(st.dictionaries(keys, values, max_size=1))}


@st.composite
def requests(draw: st.DrawFn) -> Request:
    kind = draw(st.sampled_from(sorted(GOOD, key=str)))
    verb = draw(st.sampled_from([Verb.CREATE, Verb.UPDATE, Verb.PATCH]))
    namespace = "default" if kind.namespaced else ""
    body = damaged(draw, copy(GOOD[kind])) if draw(st.booleans()) else draw(values)
    return Request(
        verb=verb, kind=kind, namespace=namespace, name="" if verb is Verb.CREATE else "web", body=body,
        patch_type=draw(st.sampled_from(list(PatchType))) if verb is Verb.PATCH else None,
        subresource=draw(st.sampled_from(["", "", "", "status", "scale", "binding", "eviction", "finalize"])),
        field_validation=draw(st.sampled_from(["Strict", "Warn", "Ignore"])), field_manager="fuzz",
        dry_run=draw(st.booleans()), force=draw(st.booleans()),
    )  # fmt: skip


async def send_all(batch: list[Request]) -> None:
    plane = await ControlPlane.start()
    for kind, obj in GOOD.items():
        await plane.client.create(kind, obj)
    for request in batch:
        before = copy(request.body)
        with suppress(ApiError):
            await plane.api.send(request)
        assert request.body == before
    blame = {code for code in plane.api.statistics().errors if code >= 500}
    assert not blame, "the server is to blame for a failure"
    plane.verify_unchanged()
    await plane.close()


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(requests(), min_size=10, max_size=10))
def test_no_request_breaks_the_server(batch: list[Request]) -> None:
    asyncio.run(send_all(batch))
