"""ConfigMaps, Secrets, ServiceAccounts and Namespaces."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from tuik8s.tui.describe.metadata import add_identity
from tuik8s.tui.describe.page import NONE, Page

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.tui.host import DescribeContext


def describe_config_map(page: Page, config_map: Obj, context: DescribeContext) -> None:
    add_identity(page, config_map)
    page.line("")
    page.line("Data")
    page.line("====")
    for key, text in sorted((config_map.get("data") or {}).items()):
        page.line(f"{key}:")
        page.line("----")
        for line in text.split("\n"):
            page.line(line)
    page.line("")
    page.line("BinaryData")
    page.line("====")
    for key, encoded in sorted((config_map.get("binaryData") or {}).items()):
        page.line(f"{key}: {len(base64.b64decode(encoded))} bytes")


def describe_secret(page: Page, secret: Obj, context: DescribeContext) -> None:
    """Sizes only; the values are shown by the YAML view."""
    add_identity(page, secret)
    page.line("")
    page.field("Type", secret.get("type", "Opaque"))
    page.line("")
    page.line("Data")
    page.line("====")
    for key, encoded in sorted((secret.get("data") or {}).items()):
        page.field(key, f"{len(base64.b64decode(encoded))} bytes")


def describe_service_account(page: Page, account: Obj, context: DescribeContext) -> None:
    add_identity(page, account)
    for title, field in (("Image pull secrets", "imagePullSecrets"), ("Mountable secrets", "secrets")):
        names = [reference["name"] for reference in account.get(field) or ()]
        page.field(title, "\n".join(names) or NONE)


def describe_namespace(page: Page, namespace: Obj, context: DescribeContext) -> None:
    add_identity(page, namespace)
    page.field("Status", (namespace.get("status") or {}).get("phase", ""))
    conditions = (namespace.get("status") or {}).get("conditions") or ()
    if conditions:
        page.line("Conditions:")
        rows = [
            (item["type"], item["status"], item.get("reason", ""), item.get("message", ""))
            for item in conditions
        ]
        page.table(("Type", "Status", "Reason", "Message"), rows, level=1)
    page.line("")
    page.line("No resource quota.")
    page.line("")
    page.line("No LimitRange resource.")
