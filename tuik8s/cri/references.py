"""Image references after the grammar of github.com/distribution/reference."""

from __future__ import annotations

import re
from typing import NamedTuple

from tuik8s.cri.protocol import InvalidImageName

DEFAULT_DOMAIN = "docker.io"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_REFERENCE = re.compile(
    rf"(?:(?P<domain>{_DOMAIN})/)?(?P<path>{_COMPONENT}(?:/{_COMPONENT})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
    r"(?:@(?P<digest>[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?",
    re.ASCII,
)


class Reference(NamedTuple):
    """A reference in its parts; `domain` is empty where none was written."""

    domain: str
    path: str
    tag: str
    digest: str

    @property
    def repository(self) -> str:
        """As people write it: without Docker Hub's domain and its `library/`."""
        domain = "" if self.domain in ("", DEFAULT_DOMAIN, "index.docker.io") else f"{self.domain}/"
        path = self.path if domain else self.path.removeprefix("library/")
        return domain + path

    @property
    def familiar(self) -> str:
        """Repository with tag or digest; the tag `latest` is written out."""
        if self.digest:
            return f"{self.repository}@{self.digest}"
        return f"{self.repository}:{self.tag or 'latest'}"

    @property
    def qualified(self) -> str:
        """The repository with domain and `library/`."""
        domain = self.domain or DEFAULT_DOMAIN
        library = "library/" if domain == DEFAULT_DOMAIN and "/" not in self.path else ""
        return f"{domain}/{library}{self.path}"

    @property
    def normalized(self) -> str:
        """With domain and `library/`, as the kubelet names it."""
        tag = f":{self.tag or 'latest'}" if not self.digest else ""
        return f"{self.qualified}{tag}" + (f"@{self.digest}" if self.digest else "")


def parse_reference(text: str) -> Reference:
    """Take a reference apart; raises `InvalidImageName` in the words of the reference package."""
    if re.fullmatch(r"[a-f0-9]{64}", text):
        raise InvalidImageName(
            f"couldn't parse image name {quoted(text)}: invalid repository name ({text}), "
            "cannot specify 64-byte hexadecimal strings"
        )
    match = _REFERENCE.fullmatch(text)
    if match is None:
        problem = "invalid reference format"
        if _REFERENCE.fullmatch(text.lower()):
            problem += ": repository name must be lowercase"
        raise InvalidImageName(f"couldn't parse image name {quoted(text)}: {problem}")
    domain, path = match["domain"] or "", match["path"]
    # A first component is a registry only when it looks like a host (splitDockerDomain of the same package).
    if domain and "." not in domain and ":" not in domain and domain != "localhost":
        if domain.lower() != domain:
            raise InvalidImageName(
                f"couldn't parse image name {quoted(text)}: invalid reference format: "
                f"repository name ({domain}/{path}) must be lowercase"
            )
        domain, path = "", f"{domain}/{path}"
    return Reference(domain, path, match["tag"] or "", match["digest"] or "")


def quoted(text: str) -> str:
    """Go's %q for names that people type."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
