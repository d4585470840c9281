"""The Docker SDK behind a bounded pool of threads: the only module that owns threads or calls it."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import docker.utils
import requests.exceptions
from docker import APIClient
from docker.auth import encode_header, load_config, resolve_repository_name
from docker.constants import DEFAULT_UNIX_SOCKET
from docker.errors import APIError, DockerException

from tuik8s.cri.protocol import RuntimeFault, RuntimeUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker.tls import TLSConfig

log = logging.getLogger(__name__)

MINIMUM_API = (1, 41)
CALL_TIMEOUT = 60
P = ParamSpec("P")
T = TypeVar("T")


class EngineRefused(RuntimeFault):
    """The engine answered with an error; `status` is its HTTP code."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status


class Engine:
    """One engine at `base_url` (default: DOCKER_HOST, else the first socket found)."""

    def __init__(self, base_url: str | None, workers: int) -> None:
        options: dict[str, Any] = dict(docker.utils.kwargs_from_env()) if base_url is None else {}
        url: str = base_url or options.get("base_url") or _find_socket()
        self.url = url.replace("http+unix:", "unix:")
        self._tls: TLSConfig | None = options.get("tls")
        self._workers = workers
        self._pool: ThreadPoolExecutor | None = None
        self._client: APIClient | None = None
        self._connecting = asyncio.Lock()
        self._under_way: set[Future[Any]] = set()

    async def open(self) -> None:
        """Connect, find out the API version; raises RuntimeUnavailable, or RuntimeFault for an old engine."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="docker")
        async with self._connecting:
            if self._client is None:
                client = await self._in_thread(self._connect)
                version = tuple(int(part) for part in client.api_version.split("."))
                if version < MINIMUM_API:
                    raise RuntimeFault(f"Docker API {client.api_version} is too old: 1.41 is needed")
                self._client = client

    def close(self) -> None:
        """Calls under way end by themselves; nobody waits for them."""
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    @property
    def connected(self) -> bool:
        return self._client is not None

    @property
    def api_version(self) -> str:
        if self._client is None:
            raise RuntimeUnavailable("not connected to the Docker engine")
        return self._client.api_version

    def ssl_context(self) -> ssl.SSLContext | None:
        """For `https` and `tcp` engines with DOCKER_TLS_VERIFY."""
        if self._tls is None:
            return None
        context = ssl.create_default_context(cafile=self._tls.ca_cert or None)
        if self._tls.cert:
            context.load_cert_chain(*self._tls.cert)
        if not self._tls.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    async def call(self, method: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """One of `APIClient`'s methods, given unbound: `engine.call(APIClient.start, identifier)`."""
        if self._client is None:
            await self.open()
        client = self._client
        return await self._in_thread(method, client, *args, **kwargs)

    async def settled(self) -> None:
        """Until calls have ended that nobody waits for any more: cancelling a call does not take it back."""
        calls = [asyncio.wrap_future(future) for future in tuple(self._under_way)]
        await asyncio.gather(*calls, return_exceptions=True)

    async def registry_auth(self, repository: str) -> str:
        """The X-Registry-Auth header for a repository, from the user's Docker configuration; may be empty."""
        return await self._in_thread(_registry_auth, repository)

    async def _in_thread(self, call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        if self._pool is None:
            raise RuntimeUnavailable("the Docker runtime is closed")
        future = self._pool.submit(_translated, self._knock, call, *args, **kwargs)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return await asyncio.wrap_future(future)

    def _knock(self) -> None:
        """Raises OSError when nobody listens on the engine's socket: the SDK would leave its own one open."""
        if self.url.startswith("unix://"):
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(self.url.removeprefix("unix://"))

    def _connect(self) -> APIClient:
        return APIClient(
            base_url=self.url, version="auto", timeout=CALL_TIMEOUT, tls=self._tls or False,
            max_pool_size=self._workers,
        )  # fmt: skip


def _translated(knock: Callable[[], None], call: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """In the thread: the SDK's errors as the protocol's."""
    try:
        knock()
        return call(*args, **kwargs)
    except APIError as error:
        status = error.response.status_code if error.response is not None else 500
        raise EngineRefused(str(error.explanation or error), status) from None
    except (requests.exceptions.RequestException, DockerException, OSError) as error:
        raise unavailable(error) from None


def unavailable(error: BaseException) -> RuntimeUnavailable:
    # urllib3 wraps the cause several times; the innermost says what people need.
    while (inner := error.__cause__ or error.__context__) is not None and not isinstance(error, OSError):
        error = inner
    return RuntimeUnavailable(f"Cannot connect to the Docker daemon: {error}")


def _registry_auth(repository: str) -> str:
    registry, _ = resolve_repository_name(repository)
    found = load_config().resolve_authconfig(registry)
    return encode_header(found).decode() if found else ""


def _find_socket() -> str:
    home, runtime_dir = Path.home(), os.environ.get("XDG_RUNTIME_DIR")
    candidates = [
        Path("/var/run/docker.sock"),
        *([Path(runtime_dir) / "docker.sock"] if runtime_dir else []),
        home / ".docker/run/docker.sock",
        home / ".docker/desktop/docker.sock",
        home / ".colima/default/docker.sock",
    ]
    found = next((path for path in candidates if path.exists()), None)
    return f"unix://{found}" if found else DEFAULT_UNIX_SOCKET.replace("http+", "")
