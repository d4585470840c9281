"""Short hashes for names and labels: `pod-template-hash`, container spec hashes.

Kubernetes hashes Go's printed form of a struct; the values here differ from its, their properties do not:
deterministic over the object's content, at most ten characters, an alphabet that spells no words.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from tuik8s.api.clock import SUFFIX_ALPHABET

if TYPE_CHECKING:
    from tuik8s.api.objects import Obj


def template_hash(template: Obj, collision_count: int | None = None) -> str:
    """Of a pod template; another collision count gives the same template another value."""
    salt = "" if collision_count is None else str(collision_count)
    return safe_encode(str(_number(template, salt)))


def object_hash(obj: Any) -> str:
    """Eight hexadecimal digits that change whenever the content does: container specs."""
    return f"{_number(obj, ''):08x}"


def safe_encode(text: str) -> str:
    """Each character mapped into the alphabet of name suffixes (apimachinery util/rand.SafeEncodeString)."""
    size = len(SUFFIX_ALPHABET)
    return "".join(SUFFIX_ALPHABET[ord(character) % size] for character in text)


def _number(obj: Any, salt: str) -> int:
    content = json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.blake2s((content + salt).encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big")
