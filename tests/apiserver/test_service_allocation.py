"""Cluster addresses and node ports: given out once, given back, kept across restarts."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from tests.apiserver.objects import service
from tuik8s.api import kinds
from tuik8s.api.clock import RandomIds
from tuik8s.api.errors import InternalError, Invalid
from tuik8s.api.kinds import KindRegistry
from tuik8s.api.objects import Obj, copy
from tuik8s.apiserver import ApiServer
from tuik8s.apiserver.allocators import AddressAllocator, AllocationError, NumberAllocator, PortAllocator
from tuik8s.client import Client

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from tests.support.control_plane import ControlPlane

pytestmark = pytest.mark.looptime


def node_port(obj: Obj, index: int = 0) -> int:
    port: int = obj["spec"]["ports"][index]["nodePort"]
    return port


async def test_every_service_gets_an_address(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = [await client.create(kinds.SERVICE, service(f"s{number}")) for number in range(20)]

    addresses = {obj["spec"]["clusterIP"] for obj in made}

    assert len(addresses) == 20
    assert all(address.startswith("10.96.") for address in addresses)
    assert all(obj["spec"]["clusterIPs"] == [obj["spec"]["clusterIP"]] for obj in made)
    assert "nodePort" not in made[0]["spec"]["ports"][0]


async def test_headless_and_external_services_get_none(control_plane: ControlPlane) -> None:
    client = control_plane.client
    headless = await client.create(kinds.SERVICE, service("a", clusterIP="None"))
    external = {"type": "ExternalName", "externalName": "example.com"}
    named = await client.create(kinds.SERVICE, service("b", **external))

    assert headless["spec"]["clusterIP"] == "None"
    assert "clusterIP" not in named["spec"]


async def test_address_asked_for(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = await client.create(kinds.SERVICE, service("a", clusterIP="10.96.7.7"))
    assert made["spec"]["clusterIP"] == "10.96.7.7"

    with pytest.raises(Invalid) as caught:
        await client.create(kinds.SERVICE, service("b", clusterIP="10.96.7.7"))
    assert caught.value.message == (
        'Service "b" is invalid: spec.clusterIPs: Invalid value: ["10.96.7.7"]: '
        "failed to allocate IP 10.96.7.7: provided IP is already allocated"
    )
    with pytest.raises(Invalid) as outside:
        await client.create(kinds.SERVICE, service("c", clusterIP="10.1.2.3"))
    assert outside.value.message.endswith(
        "failed to allocate IP 10.1.2.3: the provided IP (10.1.2.3) is not in the valid range. "
        "The range of valid IPs is 10.96.0.0/16"
    )


async def test_node_ports(control_plane: ControlPlane) -> None:
    client = control_plane.client
    free = await client.create(kinds.SERVICE, service("a", type="NodePort"))
    asked = [{"port": 80, "nodePort": 30000}]
    fixed = await client.create(kinds.SERVICE, service("b", type="NodePort", ports=asked))

    assert 30000 <= node_port(free) <= 32767
    assert node_port(fixed) == 30000
    with pytest.raises(Invalid) as caught:
        await client.create(kinds.SERVICE, service("c", type="NodePort", ports=asked))
    assert caught.value.message == (
        'Service "c" is invalid: spec.ports[0].nodePort: Invalid value: 30000: '
        "provided port is already allocated"
    )
    with pytest.raises(Invalid) as outside:
        await client.create(
            kinds.SERVICE, service("d", type="NodePort", ports=[{"port": 80, "nodePort": 8080}])
        )
    assert outside.value.message.endswith(
        "spec.ports[0].nodePort: Invalid value: 8080: provided port is not in the valid range. "
        "The range of valid ports is 30000-32767"
    )


async def test_refused_service_holds_nothing(control_plane: ControlPlane) -> None:
    client = control_plane.client
    await client.create(kinds.SERVICE, service("a", type="NodePort", ports=[{"port": 80, "nodePort": 30001}]))
    ports = [{"name": "x", "port": 80, "nodePort": 30002}, {"name": "y", "port": 81, "nodePort": 30001}]
    with pytest.raises(Invalid):
        await client.create(kinds.SERVICE, service("b", type="NodePort", clusterIP="10.96.9.9", ports=ports))

    free = [{"port": 80, "nodePort": 30002}]
    made = await client.create(
        kinds.SERVICE, service("c", type="NodePort", clusterIP="10.96.9.9", ports=free)
    )
    assert (made["spec"]["clusterIP"], node_port(made)) == ("10.96.9.9", 30002)


async def test_one_port_in_two_protocols_shares_a_node_port(control_plane: ControlPlane) -> None:
    ports = [{"name": "udp", "port": 53, "protocol": "UDP"}, {"name": "tcp", "port": 53}]

    made = await control_plane.client.create(kinds.SERVICE, service(type="NodePort", ports=ports))

    assert node_port(made, 0) == node_port(made, 1)


async def test_deleted_service_gives_back(control_plane: ControlPlane) -> None:
    client = control_plane.client
    wanted = service(type="NodePort", clusterIP="10.96.3.3", ports=[{"port": 80, "nodePort": 30123}])
    await client.create(kinds.SERVICE, wanted)
    await client.delete(kinds.SERVICE, "default", "web")

    again = await client.create(kinds.SERVICE, wanted)

    assert (again["spec"]["clusterIP"], node_port(again)) == ("10.96.3.3", 30123)


async def test_update_keeps_what_was_given(control_plane: ControlPlane) -> None:
    client = control_plane.client
    made = await client.create(kinds.SERVICE, service(type="NodePort"))
    ports = [{"name": "a", "port": 80}, {"name": "b", "port": 90}]

    updated = await client.update(kinds.SERVICE, service(type="NodePort", ports=ports))

    assert updated["spec"]["clusterIP"] == made["spec"]["clusterIP"]
    assert node_port(updated, 0) == node_port(made)
    assert node_port(updated, 1) != node_port(made)


async def test_address_is_immutable(control_plane: ControlPlane) -> None:
    made = copy(await control_plane.client.create(kinds.SERVICE, service()))
    made["spec"]["clusterIP"] = "10.96.5.5"
    made["spec"]["clusterIPs"] = ["10.96.5.5"]

    with pytest.raises(Invalid, match="may not change once set"):
        await control_plane.client.update(kinds.SERVICE, made)


async def test_a_client_that_knows_one_address_changes_both_fields(control_plane: ControlPlane) -> None:
    """normalizeClusterIPs: kubectl's patch of `clusterIP` leaves `clusterIPs` as they were."""
    client = control_plane.client
    made = await client.create(kinds.SERVICE, service("a"))
    with pytest.raises(Invalid, match=r'spec.clusterIPs\[0\]: .*"10.96.5.5".*: may not change once set'):
        await client.patch(kinds.SERVICE, "default", "a", {"spec": {"clusterIP": "10.96.5.5"}})
    named = {"type": "ExternalName", "externalName": "example.com", "clusterIP": ""}
    external = await client.patch(kinds.SERVICE, "default", "a", {"spec": named})
    assert "clusterIPs" not in external["spec"]

    given = {"type": "ClusterIP", "clusterIP": made["spec"]["clusterIP"]}
    again = await client.patch(kinds.SERVICE, "default", "a", {"spec": given})
    assert again["spec"]["clusterIPs"] == made["spec"]["clusterIPs"]


async def test_port_changed_by_an_update_is_given_back(control_plane: ControlPlane) -> None:
    client = control_plane.client
    first = service("a", type="NodePort", ports=[{"port": 80, "nodePort": 30500}])
    await client.create(kinds.SERVICE, first)

    moved = service("a", type="NodePort", ports=[{"port": 80, "nodePort": 30501}])
    await client.update(kinds.SERVICE, moved)

    other = await client.create(kinds.SERVICE, {**first, "metadata": {"name": "b", "namespace": "default"}})
    assert node_port(other) == 30500


async def test_type_change_gives_up_ports_and_address(control_plane: ControlPlane) -> None:
    client = control_plane.client
    ports = [{"port": 80, "nodePort": 30600}]
    made = copy(await client.create(kinds.SERVICE, service("a", type="NodePort", ports=ports)))
    address = made["spec"]["clusterIP"]
    made["spec"]["type"] = "ClusterIP"
    plain = copy(await client.update(kinds.SERVICE, made))
    assert "nodePort" not in plain["spec"]["ports"][0]
    assert plain["spec"]["clusterIP"] == address

    plain["spec"] |= {"type": "ExternalName", "externalName": "example.com"}
    named = await client.update(kinds.SERVICE, plain)

    assert "clusterIP" not in named["spec"]
    spec = {"type": "NodePort", "clusterIP": address, "ports": ports}
    assert node_port(await client.create(kinds.SERVICE, service("b", **spec))) == 30600


async def test_type_change_keeps_what_the_client_changes(control_plane: ControlPlane) -> None:
    """It is refused instead; what only a load balancer has goes with it."""
    client = control_plane.client
    ports = [{"port": 80, "nodePort": 30610}]
    balanced = service("a", type="LoadBalancer", loadBalancerClass="x/y", ports=ports)
    await client.create(kinds.SERVICE, balanced)
    status = {"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}
    await client.patch(kinds.SERVICE, "default", "a", status, subresource="status")
    moved = {"type": "ClusterIP", "ports": [{"port": 80, "nodePort": 30611}]}
    with pytest.raises(Invalid, match="may not be used when `type` is 'ClusterIP'"):
        await client.patch(kinds.SERVICE, "default", "a", {"spec": moved})

    plain = await client.patch(kinds.SERVICE, "default", "a", {"spec": {"type": "ClusterIP"}})

    assert not plain["spec"].keys() & {"allocateLoadBalancerNodePorts", "loadBalancerClass"}
    assert plain["status"] == {"loadBalancer": {}}


async def test_health_check_port_of_a_load_balancer(control_plane: ControlPlane) -> None:
    """Where only nodes with endpoints take traffic; kept while that is so, and given back."""
    client = control_plane.client
    local = service("a", type="LoadBalancer", externalTrafficPolicy="Local")
    port = (await client.create(kinds.SERVICE, local))["spec"]["healthCheckNodePort"]
    assert 30000 <= port <= 32767
    assert (await client.update(kinds.SERVICE, local))["spec"]["healthCheckNodePort"] == port
    same = service("b", type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=port)
    with pytest.raises(InternalError, match=f"requested HealthCheck NodePort {port}: .* already allocated"):
        await client.create(kinds.SERVICE, same)

    spread = {"spec": {"externalTrafficPolicy": "Cluster"}}
    assert "healthCheckNodePort" not in (await client.patch(kinds.SERVICE, "default", "a", spread))["spec"]
    assert (await client.create(kinds.SERVICE, same))["spec"]["healthCheckNodePort"] == port
    await client.delete(kinds.SERVICE, "default", "b")
    assert (await client.create(kinds.SERVICE, same))["spec"]["healthCheckNodePort"] == port


async def test_status_report_touches_no_allocation(control_plane: ControlPlane) -> None:
    made = copy(await control_plane.client.create(kinds.SERVICE, service(type="NodePort")))
    made["status"] = {"loadBalancer": {}, "conditions": []}

    updated = await control_plane.client.update_status(kinds.SERVICE, made)

    assert updated["spec"] == made["spec"]


async def test_a_restarted_server_knows_what_is_taken(control_plane: ControlPlane) -> None:
    ports = [{"port": 80, "nodePort": 30000}]
    taken = await control_plane.client.create(kinds.SERVICE, service("a", type="NodePort", ports=ports))

    api = ApiServer(control_plane.store, clock=control_plane.clock, ids=RandomIds(2), registry=KindRegistry())
    await api.start()
    client = Client(api, control_plane.client.user)
    others = [await client.create(kinds.SERVICE, service(f"s{n}", type="NodePort")) for n in range(5)]

    with pytest.raises(Invalid, match="provided port is already allocated"):
        await client.create(kinds.SERVICE, service("b", type="NodePort", ports=ports))
    assert taken["spec"]["clusterIP"] not in {obj["spec"]["clusterIP"] for obj in others}


@pytest.mark.parametrize("turns", range(8))
async def test_client_that_goes_away_in_the_middle(control_plane: ControlPlane, turns: int) -> None:
    """The port is taken exactly if the service came to be, and free again once it is deleted."""
    client = control_plane.client
    ports = [{"port": 80, "nodePort": 30900}]

    async def cancelled(work: Coroutine[Any, Any, Obj]) -> None:
        task = asyncio.ensure_future(work)
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(1)

    async def exists() -> bool:
        found = await client.list(kinds.SERVICE, "default", field_selector="metadata.name=a")
        return bool(found["items"])

    await cancelled(client.create(kinds.SERVICE, service("a", type="NodePort", ports=ports)))
    other = client.create(kinds.SERVICE, service("b", type="NodePort", ports=ports), dry_run=True)
    with pytest.raises(Invalid) if await exists() else nullcontext():
        await other

    if await exists():
        await cancelled(client.delete(kinds.SERVICE, "default", "a"))
        other = client.create(kinds.SERVICE, service("b", type="NodePort", ports=ports), dry_run=True)
        with pytest.raises(Invalid) if await exists() else nullcontext():
            await other


async def test_full_range(control_plane: ControlPlane) -> None:
    api = ApiServer(
        control_plane.store, clock=control_plane.clock, ids=RandomIds(2), registry=KindRegistry(),
        node_port_range=(30000, 30001),
    )  # fmt: skip
    await api.start()
    client = Client(api, control_plane.client.user)
    for name in ("a", "b"):
        await client.create(kinds.SERVICE, service(name, type="NodePort"))

    with pytest.raises(InternalError, match="failed to allocate a nodePort: range is full"):
        await client.create(kinds.SERVICE, service("c", type="NodePort", clusterIP="10.96.44.4"))
    assert await client.create(kinds.SERVICE, service("d", clusterIP="10.96.44.4"))


def test_unasked_numbers_leave_the_band_to_those_who_ask() -> None:
    numbers = NumberAllocator(1, 100, band_divisor=2, band=(16, 50))

    taken = [numbers.take_next() for _ in range(100)]

    assert taken[:2] == [51, 52]
    assert taken[50] == 1
    assert sorted(taken) == list(range(1, 101))
    with pytest.raises(AllocationError, match="range is full"):
        numbers.take_next()


def test_freed_number_rests() -> None:
    numbers = NumberAllocator(1, 4, band_divisor=16, band=(16, 256))
    first = numbers.take_next()
    numbers.release(first)

    assert numbers.take_next() == first + 1


def test_network_and_broadcast_are_not_given_out() -> None:
    addresses = AddressAllocator("10.0.0.0/29")

    assert sorted(addresses.take_next() for _ in range(6)) == [f"10.0.0.{n}" for n in range(1, 7)]
    for address in ("10.0.0.0", "10.0.0.7"):
        with pytest.raises(AllocationError, match="not in the valid range"):
            addresses.take(address)


def test_clusters_begin_at_different_ports() -> None:
    one, other = PortAllocator(30000, 32767, start=7), PortAllocator(30000, 32767, start=2**40 + 1)
    assert one.take_next() == 30000 + 86 + 7
    first = other.take_next()
    assert 30086 <= first <= 32767
    assert other.take_next() in (first + 1, 30086)
