"""EndpointSlices follow Services and pods, with as few writes as can be."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.controllers.machinery import Machinery, machinery, pod
from tuik8s.api import kinds
from tuik8s.api.objects import copy
from tuik8s.api.services import affected_services, batch_period
from tuik8s.controllers.endpoints import EndpointsController
from tuik8s.controllers.endpointslice import Changes, EndpointSliceController, plan

if TYPE_CHECKING:
    from tests.support.control_plane import ControlPlane
    from tuik8s.api.objects import Obj

WEB = {"app": "web"}
NUMBERS = count()


def service(name: str = "web", **spec: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-{name}"},
        "spec": {"selector": WEB, "ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}], **spec},
    }


def backend(number: int, *, ready: bool = True, ports: list[Obj] | None = None, **meta: Any) -> Obj:
    made = pod(f"web-{number}", labels=WEB, nodeName="node-1")
    made["metadata"].update(uid=f"uid-{number}", **meta)
    made["spec"]["containers"][0]["ports"] = ports or []
    address = f"10.244.{number // 250}.{number % 250 + 1}"
    made["status"] = {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "conditions": [{"type": "Ready", "status": str(ready)}],
    }
    return made


def apply(existing: list[Obj], changes: Changes) -> list[Obj]:
    """The slices after the writes; new ones get names."""
    gone = {slice_["metadata"]["name"] for slice_ in changes.delete}
    new = {slice_["metadata"]["name"]: slice_ for slice_ in changes.update}
    result = [new.get(s["metadata"]["name"], s) for s in existing if s["metadata"]["name"] not in gone]
    for slice_ in changes.create:
        named = copy(slice_)
        named["metadata"]["name"] = f"{slice_['metadata']['generateName']}{next(NUMBERS)}"
        result.append(named)
    return result


def writes(changes: Changes) -> tuple[int, int, int]:
    return len(changes.create), len(changes.update), len(changes.delete)


def addresses(slices: list[Obj]) -> set[str]:
    return {address for s in slices for endpoint in s["endpoints"] for address in endpoint["addresses"]}


def test_a_slice_says_all_about_its_endpoints() -> None:
    (slice_,) = plan(service(), [backend(1)], [], {"node-1": "zone-a"}).create
    assert slice_["metadata"]["generateName"] == "web-"
    assert slice_["metadata"]["labels"] == {
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert slice_["metadata"]["ownerReferences"][0]["uid"] == "uid-web"
    assert slice_["addressType"] == "IPv4"
    assert slice_["ports"] == [{"name": "", "port": 8080, "protocol": "TCP"}]
    assert slice_["endpoints"] == [
        {
            "addresses": ["10.244.0.2"],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "targetRef": {"kind": "Pod", "namespace": "default", "name": "web-1", "uid": "uid-1"},
            "nodeName": "node-1",
            "zone": "zone-a",
        }
    ]


@pytest.mark.parametrize(
    ("ready", "deleting", "published", "expected"),
    [
        (True, False, False, (True, True, False)),
        (False, False, False, (False, False, False)),
        (True, True, False, (False, True, True)),
        (False, False, True, (True, False, False)),
    ],
)
def test_conditions(ready: bool, deleting: bool, published: bool, expected: tuple[bool, ...]) -> None:
    meta: dict[str, Any] = {"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleting else {}
    web = service(publishNotReadyAddresses=published)
    (slice_,) = plan(web, [backend(1, ready=ready, **meta)], [], {}).create
    assert tuple(slice_["endpoints"][0]["conditions"].values()) == expected


def test_pods_without_address_or_over_are_no_endpoints() -> None:
    waiting, done = backend(1), backend(2)
    waiting["status"] = {"phase": "Pending"}
    done["status"]["phase"] = "Succeeded"
    (slice_,) = plan(service(), [waiting, done], [], {}).create
    assert (slice_["endpoints"], slice_["ports"]) == ([], [])


def test_named_ports_make_a_slice_per_number() -> None:
    web = service(ports=[{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "web"}])
    pods = [
        backend(number, ports=[{"name": "web", "containerPort": 8000 + number % 2}]) for number in range(4)
    ]
    nameless = backend(9)
    slices = plan(web, [*pods, nameless], [], {}).create
    assert sorted((s["ports"][0]["port"], len(s["endpoints"])) for s in slices) == [(8000, 2), (8001, 2)]


def test_a_slice_holds_a_hundred() -> None:
    slices = plan(service(), [backend(number) for number in range(250)], [], {}).create
    assert sorted(len(s["endpoints"]) for s in slices) == [50, 100, 100]


def test_no_change_no_write() -> None:
    pods = [backend(number) for number in range(150)]
    slices = apply([], plan(service(), pods, [], {}))
    assert writes(plan(service(), list(reversed(pods)), slices, {})) == (0, 0, 0)


def test_one_pod_is_one_write() -> None:
    pods = [backend(number) for number in range(150)]
    slices = apply([], plan(service(), pods, [], {}))
    for changed in (pods[:-1], [backend(0, ready=False), *pods[1:]], [*pods, backend(200)]):
        changes = plan(service(), changed, slices, {})
        assert writes(changes) == (0, 1, 0)
        assert addresses(apply(slices, changes)) == {item["status"]["podIP"] for item in changed}


def test_what_is_written_anyway_is_filled_first() -> None:
    pods = [backend(number) for number in range(150)]
    slices = apply([], plan(service(), pods, [], {}))
    changes = plan(service(), [*pods[1:], backend(200)], slices, {})
    assert writes(changes) == (0, 1, 0)


def test_the_last_slice_stays_as_an_empty_one() -> None:
    slices = apply([], plan(service(), [backend(1)], [], {}))
    changes = plan(service(), [], slices, {})
    slices = apply(slices, changes)
    assert [s["endpoints"] for s in slices] == [[]]
    assert writes(plan(service(), [], slices, {})) == (0, 0, 0)


def test_hostnames_and_headless_services() -> None:
    named = backend(1)
    named["spec"].update(hostname="one", subdomain="web")
    (slice_,) = plan(service(clusterIP="None", ports=[]), [named], [], {}).create
    assert slice_["endpoints"][0]["hostname"] == "one"
    assert slice_["metadata"]["labels"]["service.kubernetes.io/headless"] == ""


def test_both_families() -> None:
    both = backend(1)
    both["status"]["podIPs"].append({"ip": "fd00::1"})
    slices = plan(service(ipFamilies=["IPv4", "IPv6"]), [both], [], {}).create
    assert [(s["addressType"], s["endpoints"][0]["addresses"]) for s in slices] == [
        ("IPv4", ["10.244.0.2"]),
        ("IPv6", ["fd00::1"]),
    ]


async def _add(machines: Machinery, obj: Obj) -> Obj:
    made = copy(obj)
    made["metadata"].pop("uid")
    status = made.pop("status")
    created = await machines.client.create(kinds.POD, made)
    with_status = copy(created)
    with_status["status"] = {**created.get("status", {}), **status}
    return await machines.client.update_status(kinds.POD, with_status)


@pytest.mark.looptime
async def test_slices_and_endpoints_follow_the_cluster(control_plane: ControlPlane) -> None:
    async with machinery(control_plane, EndpointSliceController, EndpointsController) as machines:
        machines.kubelet.silent.add("node-1")
        for number in (1, 2):
            await _add(machines, backend(number, ready=number == 1))
        web = service()
        del web["metadata"]["uid"]
        await machines.client.create(kinds.SERVICE, web)

        async def counts() -> tuple[list[int], list[tuple[int, int]]]:
            slices = await machines.all(kinds.ENDPOINT_SLICE, "default")
            web_slices = [s for s in slices if s["metadata"]["name"].startswith("web-")]
            found = [
                e for e in await machines.all(kinds.ENDPOINTS, "default") if e["metadata"]["name"] == "web"
            ]
            return (
                [len(s.get("endpoints") or ()) for s in web_slices],
                [
                    (len(subset.get("addresses", ())), len(subset.get("notReadyAddresses", ())))
                    for item in found
                    for subset in item.get("subsets") or ()
                ],
            )

        async def settled(expected: Any) -> None:
            async def check() -> bool:
                return bool(await counts() == expected)

            await machines.until(check)

        await settled(([2], [(1, 1)]))
        await machines.client.delete(kinds.POD, "default", "web-2", grace_period_seconds=0)
        await settled(([1], [(1, 0)]))
        (slice_,) = [
            s for s in await machines.all(kinds.ENDPOINT_SLICE, "default")
            if s["metadata"]["name"].startswith("web-")
        ]  # fmt: skip
        await machines.client.delete(kinds.ENDPOINT_SLICE, "default", slice_["metadata"]["name"])
        await settled(([1], [(1, 0)]))
        await machines.client.delete(kinds.SERVICE, "default", "web")

        async def gone() -> bool:
            return not await machines.exists(kinds.ENDPOINTS, "web")

        await machines.until(gone)


def test_only_what_an_endpoint_shows_concerns_its_services() -> None:
    web, other = service(), service("other", selector={"app": "other"})
    before = backend(1)
    after = copy(before)
    after["status"]["containerStatuses"] = [{"name": "web", "restartCount": 1}]
    assert affected_services(before, after, [web, other]) == []
    assert affected_services(None, before, [web, other]) == [("default", "web")]
    assert affected_services(before, backend(1, ready=False), [web, other]) == [("default", "web")]
    moved = copy(before)
    moved["metadata"]["labels"] = {"app": "other"}
    assert affected_services(before, moved, [web, other]) == [("default", "web"), ("default", "other")]


def test_changes_of_large_services_are_gathered() -> None:
    assert [batch_period(size) for size in (0, 100, 1000, 100_000)] == [0.0, 0.0, 0.2, 1.0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sets(st.integers(0, 600), max_size=6), max_size=5), st.booleans())
def test_whatever_comes_and_goes_the_slices_say_it_and_then_rest(steps: list[set[int]], busy: bool) -> None:
    slices: list[Obj] = []
    for step in steps:
        # Dense sets, so that slices fill up.
        numbers = {n for m in step for n in range(m, m + 60)} if busy else step
        pods = [backend(number) for number in sorted(numbers)]
        changes = plan(service(), pods, slices, {})
        slices = apply(slices, changes)
        assert addresses(slices) == {item["status"]["podIP"] for item in pods}
        assert sum(len(s["endpoints"]) for s in slices) == len(pods)
        assert all(len(s["endpoints"]) <= 100 for s in slices)
        assert slices
        assert writes(plan(service(), pods, slices, {})) == (0, 0, 0)
