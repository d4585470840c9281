"""Objects in words, as `kubectl describe` prints them: pure functions from an object and caches to lines.

`page` lays lines out; there is one module per family of kinds; `describe` is the way in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.text import Text

from tuik8s.tui.describe.config import (
    describe_config_map,
    describe_namespace,
    describe_secret,
    describe_service_account,
)
from tuik8s.tui.describe.events import add_events
from tuik8s.tui.describe.generic import describe_any
from tuik8s.tui.describe.node import describe_node
from tuik8s.tui.describe.page import Page
from tuik8s.tui.describe.pod import add_verdicts, describe_pod
from tuik8s.tui.describe.service import describe_endpoint_slice, describe_endpoints, describe_service
from tuik8s.tui.describe.workloads import describe_deployment, describe_replica_set
from tuik8s.tui.rows.log_buffer import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from tuik8s.api.objects import Obj
    from tuik8s.tui.host import DescribeContext

__all__ = ["describe", "describe_text"]

_KINDS: dict[tuple[str, str], Callable[[Page, Obj, DescribeContext], None]] = {
    ("v1", "Pod"): describe_pod,
    ("v1", "Node"): describe_node,
    ("v1", "Service"): describe_service,
    ("v1", "Endpoints"): describe_endpoints,
    ("v1", "ConfigMap"): describe_config_map,
    ("v1", "Secret"): describe_secret,
    ("v1", "ServiceAccount"): describe_service_account,
    ("v1", "Namespace"): describe_namespace,
    ("apps/v1", "Deployment"): describe_deployment,
    ("apps/v1", "ReplicaSet"): describe_replica_set,
    ("discovery.k8s.io/v1", "EndpointSlice"): describe_endpoint_slice,
}
_WITHOUT_EVENTS = ("Event", "ConfigMap", "Secret", "Namespace", "Lease")
_NAME = re.compile(r"^( *)(-? ?[A-Z][^:]*:)(?= |$)")


def describe(obj: Obj, context: DescribeContext) -> list[Text]:
    """Lines with their names set off; never parsed as markup, and without control characters."""
    return [_styled(line) for line in describe_text(obj, context)]


def describe_text(obj: Obj, context: DescribeContext) -> list[str]:
    """The same as plain text."""
    page = Page()
    _KINDS.get((obj["apiVersion"], obj["kind"]), describe_any)(page, obj, context)
    if obj["kind"] == "Pod":
        add_verdicts(page, obj, context)
    if obj["kind"] not in _WITHOUT_EVENTS:
        add_events(page, obj, context)
    return page.lines()


def _styled(line: str) -> Text:
    text = Text(plain(line), no_wrap=True)
    found = _NAME.match(text.plain)
    if found:
        text.stylize("bold", found.start(2), found.end(2))
    return text
