"""The move from client-side to server-side apply, which kubectl's own field manager makes without conflicts.

Follows lastappliedmanager.go and lastappliedupdater.go of k8s.io/apimachinery/pkg/util/managedfields. Another
field manager opts out of both.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tuik8s.api.fieldmanager.compare import compare
from tuik8s.api.fieldmanager.fieldset import difference, fields_of
from tuik8s.api.validation.metadata import annotations_too_long

if TYPE_CHECKING:
    from tuik8s.api.fieldmanager.managers import Manager
    from tuik8s.api.objects import Obj
    from tuik8s.api.patch.structure import Structure

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
KUBECTL = "kubectl"
_ESCAPES = str.maketrans({char: f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


def allowed_without_force(live: Obj, structure: Structure, manager: Manager) -> Obj:
    """What `kubectl apply` set before it began to apply on the server, and nobody has changed since."""
    if manager.name != KUBECTL:
        return {}
    config = _decode(_annotation(live))
    if config is None or config.get("apiVersion") != manager.api_version:
        return {}
    changed, removed = compare(config, live, structure)
    fields = fields_of(config, structure, containers=False)
    return difference(difference(fields, changed), removed)


def keep_last_applied(metadata: Obj, config: Obj, manager: Manager) -> Obj:
    """`metadata` with the annotation brought up to date, so that `kubectl apply` may come back to it."""
    if manager.name != KUBECTL or not _annotation({"metadata": metadata}):
        return metadata
    annotations = {**metadata["annotations"], LAST_APPLIED: _encode(config)}
    if annotations_too_long(annotations):
        del annotations[LAST_APPLIED]
    return {**metadata, "annotations": annotations}


def _annotation(obj: Obj) -> str:
    text: str = (obj["metadata"].get("annotations") or {}).get(LAST_APPLIED, "")
    return text


def _decode(text: str) -> Obj | None:
    try:
        config: Any = json.loads(text) if text else None
    except ValueError:
        return None
    return config if isinstance(config, dict) else None


def _encode(config: Obj) -> str:
    """As Go's encoder writes it: names in order, and what HTML would read escaped."""
    metadata = config.get("metadata") or {}
    if LAST_APPLIED in (metadata.get("annotations") or {}):
        others = {key: value for key, value in metadata["annotations"].items() if key != LAST_APPLIED}
        config = {**config, "metadata": {**metadata, "annotations": others}}
    text = json.dumps(config, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.translate(_ESCAPES) + "\n"
