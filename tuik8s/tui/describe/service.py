"""Services, Endpoints and EndpointSlices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api import kinds
from tuik8s.api.objects import labels_of
from tuik8s.tui.describe.metadata import add_identity
from tuik8s.tui.describe.page import NONE, Page

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.tui.host import DescribeContext

MOST_ADDRESSES = 3


def describe_service(page: Page, service: Obj, context: DescribeContext) -> None:
    spec = service["spec"]
    add_identity(page, service)
    page.field(
        "Selector",
        ",".join(f"{key}={value}" for key, value in sorted((spec.get("selector") or {}).items())) or NONE,
    )
    page.field("Type", spec.get("type", "ClusterIP"))
    if spec.get("ipFamilyPolicy"):
        page.field("IP Family Policy", spec["ipFamilyPolicy"])
    page.field("IP Families", ",".join(spec.get("ipFamilies") or ()) or NONE)
    page.field("IP", spec.get("clusterIP", ""))
    page.field("IPs", ",".join(spec.get("clusterIPs") or ()) or NONE)
    if spec.get("externalName"):
        page.field("External Name", spec["externalName"])
    for port in spec.get("ports") or ():
        name, protocol = port.get("name") or "<unset>", port.get("protocol", "TCP")
        page.field("Port", f"{name}  {port['port']}/{protocol}")
        page.field("TargetPort", f"{port.get('targetPort')}/{protocol}")
        if port.get("nodePort"):
            page.field("NodePort", f"{name}  {port['nodePort']}/{protocol}")
        page.field("Endpoints", _addresses(service, port, context))
    page.field("Session Affinity", spec.get("sessionAffinity", "None"))
    if spec.get("externalTrafficPolicy"):
        page.field("External Traffic Policy", spec["externalTrafficPolicy"])
    if spec.get("internalTrafficPolicy"):
        page.field("Internal Traffic Policy", spec["internalTrafficPolicy"])


def _addresses(service: Obj, port: Obj, context: DescribeContext) -> str:
    meta = service["metadata"]
    found = [
        f"{endpoint['addresses'][0]}:{target['port']}"
        for piece in context.objects(kinds.ENDPOINT_SLICE)
        if piece["metadata"]["namespace"] == meta["namespace"]
        and labels_of(piece).get("kubernetes.io/service-name") == meta["name"]
        for target in piece.get("ports") or ()
        if target.get("name", "") == port.get("name", "")
        for endpoint in piece.get("endpoints") or ()
        if (endpoint.get("conditions") or {}).get("ready", True)
    ]
    more = f" + {len(found) - MOST_ADDRESSES} more..." if len(found) > MOST_ADDRESSES else ""
    return ",".join(found[:MOST_ADDRESSES]) + more


def describe_endpoints(page: Page, endpoints: Obj, context: DescribeContext) -> None:
    add_identity(page, endpoints)
    page.line("Subsets:")
    for subset in endpoints.get("subsets") or ():
        for title, field in (("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")):
            page.field(title, ",".join(item["ip"] for item in subset.get(field) or ()) or NONE, 1)
        page.line("Ports:", 1)
        rows = [
            (port.get("name") or "<unset>", port["port"], port.get("protocol", "TCP"))
            for port in subset.get("ports") or ()
        ]
        page.table(("Name", "Port", "Protocol"), rows, level=2)


def describe_endpoint_slice(page: Page, piece: Obj, context: DescribeContext) -> None:
    add_identity(page, piece)
    page.field("AddressType", piece.get("addressType", ""))
    page.line("Ports:")
    rows = [
        (port.get("name") or "<unset>", port.get("port"), port.get("protocol", "TCP"))
        for port in piece.get("ports") or ()
    ]
    page.table(("Name", "Port", "Protocol"), rows, level=1)
    page.line("Endpoints:")
    for endpoint in piece.get("endpoints") or ():
        page.field("- Addresses", ", ".join(endpoint["addresses"]), 1)
        page.line("Conditions:", 2)
        for name, value in (endpoint.get("conditions") or {}).items():
            page.field(name.capitalize(), str(value).lower(), 3)
        target = endpoint.get("targetRef") or {}
        page.field("TargetRef", f"{target['kind']}/{target['name']}" if target else NONE, 2)
        page.field("NodeName", endpoint.get("nodeName", "<unset>"), 2)
