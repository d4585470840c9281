"""Name, namespace, labels and annotations: how every description begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuik8s.api.objects import annotations_of, labels_of

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj
    from tuik8s.tui.describe.page import Page

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def add_identity(page: Page, obj: Obj, *, named: bool = True) -> None:
    if named:
        page.field("Name", obj["metadata"]["name"])
        if obj["metadata"].get("namespace"):
            page.field("Namespace", obj["metadata"]["namespace"])
    page.mapping("Labels", labels_of(obj))
    shown = {key: value for key, value in annotations_of(obj).items() if key != LAST_APPLIED}
    page.mapping("Annotations", shown, joint=": ")
