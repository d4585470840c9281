"""What images do that the runtime knows by name: plug-ins, and those shipped for well-known images.

A plug-in is given to the runtime or found by the entry point group `tuik8s.simulated`; an entry point names
an `ImagePlugin` or a callable without arguments that makes one. Given ones come first, the shipped one last.
"""

from __future__ import annotations

import logging
from fnmatch import fnmatchcase
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Protocol

from tuik8s.cri.references import parse_reference
from tuik8s.cri.simulated.behaviour import SERVER, Behaviour, Curve
from tuik8s.cri.simulated.shell import argument_vector, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tuik8s.cri.protocol import ContainerConfig, PodSandboxConfig

log = logging.getLogger(__name__)

GROUP = "tuik8s.simulated"


class ImagePlugin(Protocol):
    """Behaviour of the images that match one of `images`, globs over repository names (`nginx`, `org/*`)."""

    @property
    def images(self) -> Sequence[str]: ...

    def behaviour(self, config: ContainerConfig, pod: PodSandboxConfig) -> Behaviour | None:
        """None: the next one that matches, the command, or the default decides."""


class WellKnownImages:
    """Images everybody's tutorials use; only without a command of the pod's own."""

    def __init__(self) -> None:
        self.images: tuple[str, ...] = tuple(_KNOWN)

    def behaviour(self, config: ContainerConfig, pod: PodSandboxConfig) -> Behaviour | None:
        repository = parse_reference(config.image).repository
        known = _KNOWN.get(next(glob for glob in self.images if fnmatchcase(repository, glob)))
        if config.command or (config.args and known in (_SHELL, _HELLO)):
            return None
        return known


class Plugins:
    """All plug-ins in their order of precedence."""

    def __init__(self, given: Iterable[ImagePlugin]) -> None:
        self._plugins: list[ImagePlugin] = [*given, *_installed(), WellKnownImages()]

    def knows(self, repository: str) -> bool:
        return any(fnmatchcase(repository, glob) for plugin in self._plugins for glob in plugin.images)

    def behaviour(self, config: ContainerConfig, pod: PodSandboxConfig) -> Behaviour | None:
        repository = parse_reference(config.image).repository
        for plugin in self._plugins:
            if any(fnmatchcase(repository, glob) for glob in plugin.images):
                found = plugin.behaviour(config, pod)
                if found is not None:
                    return found
        return None


def _installed() -> list[ImagePlugin]:
    plugins = []
    for entry in entry_points(group=GROUP):
        try:
            loaded = entry.load()
            plugins.append(
                loaded if hasattr(loaded, "behaviour") and not isinstance(loaded, type) else loaded()
            )
        except Exception:
            # Somebody else's package: the cluster starts without it, and says so.
            log.exception("plug-in %s of %s cannot be used", entry.name, entry.value)
    return plugins


NGINX_PAGE = """<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>This answer comes from a simulated container: no nginx is running.</p>
</body>
</html>
"""

_SHELL = Behaviour(program=argument_vector(("sh",)))
_HELLO = Behaviour(program=parse('echo; echo "Hello from Docker!"; echo "(a simulated container says so)"'))


def _server(*ports: int, page: str = "", memory: int = 32, line: str = "") -> Behaviour:
    return Behaviour(
        program=parse(f"echo '{line}'; serve") if line else SERVER,
        ports=ports, greeting=page, memory=Curve.constant(memory * 2**20),
    )  # fmt: skip


_KNOWN: Mapping[str, Behaviour] = {
    "nginx": _server(
        80,
        page=NGINX_PAGE,
        memory=6,
        line="/docker-entrypoint.sh: Configuration complete; ready for start up (simulated)",
    ),
    "httpd": _server(80, page="<html><body><h1>It works!</h1></body></html>\n", memory=8),
    "caddy": _server(80, memory=16),
    "traefik/whoami": _server(80, memory=4),
    "redis": _server(6379, memory=10, line="* Ready to accept connections tcp (simulated)"),
    "memcached": _server(11211, memory=4),
    "mysql": _server(3306, memory=350, line="mysqld: ready for connections. port: 3306 (simulated)"),
    "mariadb": _server(3306, memory=120, line="mariadbd: ready for connections. port: 3306 (simulated)"),
    "postgres": _server(
        5432, memory=40, line="LOG:  database system is ready to accept connections (simulated)"
    ),
    "mongo": _server(27017, memory=150, line="Waiting for connections on port 27017 (simulated)"),
    "rabbitmq": _server(5672, memory=130, line="Server startup complete (simulated)"),
    "registry.k8s.io/pause": Behaviour(program=argument_vector(("pause",)), memory=Curve.constant(2**18)),
    "hello-world": _HELLO,
    "busybox": _SHELL,
    "alpine": _SHELL,
    "debian": _SHELL,
    "ubuntu": _SHELL,
    "fedora": _SHELL,
    "centos": _SHELL,
    "python": _SHELL,
    "node": _SHELL,
    "golang": _SHELL,
    "perl": _SHELL,
}
