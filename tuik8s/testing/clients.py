"""Clients of other projects, made for one kubeconfig; each is imported when it is asked for."""

from __future__ import annotations

import warnings
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


class MissingClient(ImportError):
    """The package of a client is not installed."""


class Clients:
    """For code without an event loop. `close` closes all that were made."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self._kubeconfig = kubeconfig
        self._namespace = namespace
        self._opened = ExitStack()

    def kr8s(self) -> Any:
        """`kr8s.Api`."""
        module = _module("kr8s", "kr8s")
        with _newer_than_kr8s():
            api = module.api(kubeconfig=str(self._kubeconfig), namespace=self._namespace)
        self._opened.callback(_close_kr8s, api)
        return api

    def lightkube(self) -> Any:
        """`lightkube.Client`."""
        client = _module("lightkube", "lightkube").Client(config=_lightkube_config(self._kubeconfig))
        self._opened.callback(client.close)
        return client

    def kubernetes(self) -> Any:
        """`kubernetes.client.ApiClient`, to be given to `CoreV1Api` and the like."""
        config = _module("kubernetes.config", "kubernetes")
        client = self._opened.enter_context(config.new_client_from_config(str(self._kubeconfig)))
        self._opened.callback(client.rest_client.pool_manager.clear)
        return client

    def close(self) -> None:
        self._opened.close()


class AsyncClients:
    """For code in an asyncio loop. Each is closed where its `async with` ends."""

    def __init__(self, kubeconfig: Path, namespace: str) -> None:
        self._kubeconfig = kubeconfig
        self._namespace = namespace

    @asynccontextmanager
    async def kr8s(self) -> AsyncIterator[Any]:
        """`kr8s.asyncio.Api`."""
        module = _module("kr8s.asyncio", "kr8s")
        with _newer_than_kr8s():
            api = await module.api(kubeconfig=str(self._kubeconfig), namespace=self._namespace)
        try:
            yield api
        finally:
            if api._session is not None:
                await api._session.aclose()

    @asynccontextmanager
    async def lightkube(self) -> AsyncIterator[Any]:
        """`lightkube.AsyncClient`."""
        client = _module("lightkube", "lightkube").AsyncClient(config=_lightkube_config(self._kubeconfig))
        try:
            yield client
        finally:
            await client.close()

    @asynccontextmanager
    async def kubernetes_asyncio(self) -> AsyncIterator[Any]:
        """`kubernetes_asyncio.client.ApiClient`, to be given to `CoreV1Api` and the like."""
        config = _module("kubernetes_asyncio.config", "kubernetes_asyncio")
        async with await config.new_client_from_config(config_file=str(self._kubeconfig)) as client:
            yield client


def _module(name: str, package: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingClient(f"{package} is not installed: pip install {package}", name=name) from error


@contextmanager
def _newer_than_kr8s() -> Iterator[None]:
    """kr8s warns of every Kubernetes release that it has not been tried with."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Kubernetes version .* is not supported", UserWarning)
        yield


def _close_kr8s(api: Any) -> None:
    """kr8s closes connections only when they are collected as garbage, which Python warns of. There is no
    public way: where its insides have changed, that is how it stays."""
    with suppress(ImportError, AttributeError):
        portal = import_module("kr8s._async_utils").Portal()
        if api._session is not None:
            portal.call(api._session.aclose)


def _lightkube_config(kubeconfig: Path) -> Any:
    return _module("lightkube", "lightkube").KubeConfig.from_file(kubeconfig)
