"""What the workers of one kubelet share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tuik8s.kubelet.backoff import Backoff

if TYPE_CHECKING:
    from datetime import datetime

    from tuik8s.kubelet.host import Host
    from tuik8s.kubelet.images import Images
    from tuik8s.kubelet.ipam import PodAddresses
    from tuik8s.kubelet.pleg import Pleg
    from tuik8s.kubelet.usage import UsageSampler


@dataclass(slots=True, kw_only=True)
class Services:
    host: Host
    pleg: Pleg
    images: Images
    addresses: PodAddresses
    usage: UsageSampler
    started: datetime
    """When this kubelet was made."""
    runtime_name: str = ""
    """`docker` or `simulated`: the scheme of container ids."""
    restarts: Backoff = field(default_factory=Backoff)

    def image_id(self, identifier: str) -> str:
        """As statuses carry it: by digest where a registry knows the image, else by the engine's own id."""
        digest = self.images.digest(identifier)
        if self.runtime_name == "docker":
            return f"docker-pullable://{digest}" if digest else f"docker://{identifier}"
        return digest or identifier

    def container_id(self, identifier: str) -> str:
        """As statuses carry it: `docker://4f5…`."""
        return f"{self.runtime_name}://{identifier}"
