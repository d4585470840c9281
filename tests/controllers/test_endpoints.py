"""Endpoints: subsets by ports, and what does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.controllers.test_endpointslice import backend, service
from tuik8s.controllers.endpoints import CAPACITY, OVER_CAPACITY, Groups, collect
from tuik8s.controllers.endpoints import desired_endpoints as of_groups

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def desired_endpoints(web: Obj, pods: list[Obj], current: Obj | None) -> Obj:
    groups: Groups = {}
    collect(web, pods, groups)
    return of_groups(web, groups, current)


def test_ready_and_unready_addresses_share_a_subset() -> None:
    made = desired_endpoints(service(), [backend(2), backend(1), backend(3, ready=False)], None)
    (subset,) = made["subsets"]
    assert [address["ip"] for address in subset["addresses"]] == ["10.244.0.2", "10.244.0.3"]
    assert [address["ip"] for address in subset["notReadyAddresses"]] == ["10.244.0.4"]
    assert subset["ports"] == [{"port": 8080, "protocol": "TCP"}]
    assert subset["addresses"][0] == {
        "ip": "10.244.0.2",
        "nodeName": "node-1",
        "targetRef": {"kind": "Pod", "namespace": "default", "name": "web-1", "uid": "uid-1"},
    }


def test_terminating_pods_leave_at_once() -> None:
    going = backend(1, deletionTimestamp="2026-01-01T00:00:00Z")
    assert desired_endpoints(service(), [going], None)["subsets"] == []
    published = service(publishNotReadyAddresses=True)
    assert len(desired_endpoints(published, [going], None)["subsets"][0]["addresses"]) == 1


def test_pods_that_name_other_ports_are_another_subset() -> None:
    web = service(ports=[{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "web"}])
    pods = [backend(number, ports=[{"name": "web", "containerPort": 8000 + number}]) for number in (1, 2)]
    made = desired_endpoints(web, pods, None)
    assert [subset["ports"][0]["port"] for subset in made["subsets"]] == [8001, 8002]


def test_a_thousand_addresses_are_enough() -> None:
    pods = [backend(number, ready=number % 3 > 0) for number in range(1200)]
    made = desired_endpoints(service(), pods, None)
    assert made["metadata"]["annotations"] == {OVER_CAPACITY: "truncated"}
    (subset,) = made["subsets"]
    assert (len(subset["addresses"]), len(subset["notReadyAddresses"])) == (800, CAPACITY - 800)
    smaller = desired_endpoints(service(), pods[:10], made)
    assert "annotations" not in smaller["metadata"]


def test_labels_follow_the_service_and_headless_is_marked() -> None:
    web = service(clusterIP="None")
    web["metadata"]["labels"] = {"team": "a"}
    made = desired_endpoints(web, [], None)
    assert made["metadata"]["labels"] == {
        "team": "a",
        "endpoints.kubernetes.io/managed-by": "endpoint-controller",
        "service.kubernetes.io/headless": "",
    }
