"""Image references as the Docker reference grammar has them (pkg/util/parsers, distribution/reference)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_HOST_PART = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_HOST_PART}(?:\.{_HOST_PART})*|\[[a-fA-F0-9:]+\])"
_PATH = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_NAME = rf"(?:{_HOST}(?::[0-9]+)?/)?{_PATH}(?:/{_PATH})*"
_REFERENCE = re.compile(
    rf"(?P<name>{_NAME})(?::(?P<tag>\w[\w.-]{{0,127}}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)


class Image(NamedTuple):
    """A reference taken apart; without tag and digest the tag is `latest`."""

    name: str
    tag: str
    digest: str


@lru_cache(maxsize=1024)
def parse(reference: str) -> Image:
    """ValueError, in the kubelet's words, when it is no image reference."""
    match = _REFERENCE.fullmatch(reference)
    if match is None or re.fullmatch("[0-9a-f]{64}", reference):
        raise ValueError(f'couldn\'t parse image name "{reference}": {_problem(reference)}')
    digest = match["digest"] or ""
    return Image(match["name"], match["tag"] or ("" if digest else "latest"), digest)


def _problem(reference: str) -> str:
    if _REFERENCE.fullmatch(reference.lower()) and reference != reference.lower():
        return f"invalid reference format: repository name ({reference.partition(':')[0]}) must be lowercase"
    return "invalid reference format"


def default_pull_policy(reference: str) -> str:
    """Always for the tag `latest`, written or implied; IfNotPresent otherwise, even if unreadable."""
    try:
        return "Always" if parse(reference).tag == "latest" else "IfNotPresent"
    except ValueError:
        return "IfNotPresent"
