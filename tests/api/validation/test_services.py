from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.api.objects import errors_of, service, update_errors
from tuik8s.api import kinds

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


@pytest.mark.parametrize(
    ("ports", "spec", "expected"),
    [
        ([], {}, []),
        ([], {"ports": []}, ["spec.ports: Required value"]),
        ([], {"ports": [], "clusterIP": "None"}, []),
        ([{"port": 80}, {"port": 81, "name": "b"}], {}, ["spec.ports[0].name: Required value"]),
        (
            [{"port": 80, "name": "a"}, {"port": 80, "name": "a"}],
            {},
            [
                'spec.ports[1].name: Duplicate value: "a"',
                'spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}',
            ],
        ),
        ([{"port": 80, "name": "a"}, {"port": 80, "name": "b", "protocol": "UDP"}], {}, []),
        (
            [{"port": 0}],
            {},
            [
                "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive",
            ],
        ),
        ([{"port": 80, "targetPort": "web"}], {}, []),
        (
            [{"port": 80, "targetPort": "-"}],
            {},
            [
                'spec.ports[0].targetPort: Invalid value: "-": must contain at least one letter (a-z)',
                'spec.ports[0].targetPort: Invalid value: "-": must not begin or end with a hyphen',
            ],
        ),
        (
            [{"port": 80, "nodePort": 30000}],
            {},
            ["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
        ),
        (
            [{"port": 80, "name": "a", "nodePort": 30000}, {"port": 81, "name": "b", "nodePort": 30000}],
            {"type": "NodePort"},
            ["spec.ports[1].nodePort: Duplicate value: 30000"],
        ),
        (
            [],
            {"type": "Internal"},
            [
                'spec.type: Unsupported value: "Internal": '
                'supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"'
            ],
        ),
        (
            [],
            {"clusterIP": "10.0.0"},
            [
                'spec.clusterIPs[0]: Invalid value: "10.0.0": must be a valid IP address, '
                "(e.g. 10.9.8.7 or 2001:db8::ffff)"
            ],
        ),
        (
            [],
            {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.2"]},
            ['spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`'],
        ),
        (
            [],
            {"clusterIP": "None", "type": "NodePort"},
            ["spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services"],
        ),
        ([], {"type": "ExternalName"}, ["spec.externalName: Required value"]),
        ([], {"type": "ExternalName", "externalName": "db.example.com."}, []),
        (
            [],
            {"type": "ExternalName", "externalName": "a", "clusterIPs": ["10.0.0.1"]},
            ["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
        ),
        (
            [],
            {"sessionAffinity": "Cookie"},
            ['spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"'],
        ),
        (
            [],
            {
                "sessionAffinity": "ClientIP",
                "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 90000}},
            },
            [
                "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 90000: "
                "must be greater than 0 and less than 86400"
            ],
        ),
        (
            [],
            {"externalIPs": ["127.0.0.1"]},
            [
                'spec.externalIPs[0]: Invalid value: "127.0.0.1": '
                "may not be in the loopback range (127.0.0.0/8, ::1/128)"
            ],
        ),
        (
            [],
            {"externalTrafficPolicy": "Local"},
            [
                'spec.externalTrafficPolicy: Invalid value: "Local": '
                "may only be set for externally-accessible services"
            ],
        ),
        (
            [],
            {"allocateLoadBalancerNodePorts": False},
            ["spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'"],
        ),
        (
            [],
            {"ipFamilies": ["IPv4", "IPv4"]},
            ['spec.ipFamilies[1]: Duplicate value: "IPv4"'],
        ),
    ],
)
def test_services(ports: list[Obj], spec: Obj, expected: list[str]) -> None:
    assert errors_of(kinds.SERVICE, service(*ports, **spec)) == expected


def test_service_names_are_stricter() -> None:
    manifest = service()
    manifest["metadata"]["name"] = "1a"
    (error,) = errors_of(kinds.SERVICE, manifest)
    assert error.startswith('metadata.name: Invalid value: "1a": a DNS-1035 label must consist of')


def test_addresses_stay() -> None:
    old = service(clusterIP="10.96.0.5")
    assert update_errors(kinds.SERVICE, old, {"spec.selector": {"app": "b"}}) == []
    moved = {"spec.clusterIP": "10.96.0.6", "spec.clusterIPs": ["10.96.0.6"]}
    assert update_errors(kinds.SERVICE, old, moved) == [
        'spec.clusterIPs[0]: Invalid value: ["10.96.0.6"]: may not change once set'
    ]
    gone = {"spec.clusterIP": None, "spec.clusterIPs": None}
    assert update_errors(kinds.SERVICE, old, gone) == [
        "spec.clusterIPs[0]: Invalid value: []: primary clusterIP can not be unset"
    ]
    external = dict.fromkeys(
        (
            "spec.ipFamilies",
            "spec.ipFamilyPolicy",
            "spec.clusterIP",
            "spec.clusterIPs",
            "spec.internalTrafficPolicy",
        )
    )
    assert (
        update_errors(
            kinds.SERVICE, old, {**external, "spec.type": "ExternalName", "spec.externalName": "a.b"}
        )
        == []
    )


def test_only_load_balancers_have_ingress() -> None:
    ingress = {"status.loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}
    assert update_errors(kinds.SERVICE, service(), ingress, "status") == [
        "status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"
    ]
    assert update_errors(kinds.SERVICE, service(type="LoadBalancer"), ingress, "status") == []


def _endpoints(**subset: object) -> Obj:
    return {"metadata": {"name": "a", "namespace": "b"}, "subsets": [subset]}


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (_endpoints(addresses=[{"ip": "10.0.0.1"}], ports=[{"port": 80}]), []),
        (
            _endpoints(ports=[{"port": 80}]),
            ["subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`"],
        ),
        (
            _endpoints(addresses=[{"ip": "169.254.1.1"}]),
            [
                'subsets[0].addresses[0].ip: Invalid value: "169.254.1.1": '
                "may not be in the link-local range (169.254.0.0/16, fe80::/10)"
            ],
        ),
        (
            _endpoints(addresses=[{"ip": "10.0.0.1"}], ports=[{"port": 80}, {"port": 81, "name": "b"}]),
            ["subsets[0].ports[0].name: Required value"],
        ),
    ],
)
def test_endpoints(manifest: Obj, expected: list[str]) -> None:
    assert errors_of(kinds.ENDPOINTS, manifest) == expected


def _slice(**fields: object) -> Obj:
    return {"metadata": {"name": "a", "namespace": "b"}, "addressType": "IPv4", **fields}


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        (_slice(endpoints=[{"addresses": ["10.0.0.1"]}], ports=[{"port": 80}]), []),
        (_slice(addressType=""), ["addressType: Required value"]),
        (
            _slice(endpoints=[{"addresses": []}]),
            ["endpoints[0].addresses: Required value: must contain at least 1 address"],
        ),
        (
            _slice(endpoints=[{"addresses": ["fd00::1"]}]),
            ['endpoints[0].addresses[0]: Invalid value: "fd00::1": must be a valid IPv4 address'],
        ),
        (_slice(ports=[{"port": 80}, {"port": 81}]), ['ports[1].name: Duplicate value: ""']),
        (
            _slice(endpoints=[{"addresses": ["10.0.0.1"]}] * 1001),
            ["endpoints: Too many: 1001: must have at most 1000 items"],
        ),
    ],
)
def test_endpoint_slices(manifest: Obj, expected: list[str]) -> None:
    assert errors_of(kinds.ENDPOINT_SLICE, manifest) == expected


def test_the_address_type_stays() -> None:
    assert update_errors(kinds.ENDPOINT_SLICE, _slice(), {"addressType": "IPv6"}) == [
        'addressType: Invalid value: "IPv6": field is immutable'
    ]
