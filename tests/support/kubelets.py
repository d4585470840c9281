"""What fakes of `apiserver.ports.KubeletPort` begin with: kubelets that do nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from tuik8s.api.errors import ServiceUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class UnreachableKubelets:
    """Tests override what they use."""

    async def logs(self, *arguments: Any) -> AsyncIterator[bytes]:
        yield _fail()

    async def exec(self, *arguments: Any, **options: Any) -> Any:
        _fail()

    async def attach(self, *arguments: Any, **options: Any) -> Any:
        _fail()

    async def dial_pod(self, *arguments: Any) -> Any:
        _fail()

    async def dial_node(self, *arguments: Any) -> Any:
        _fail()

    async def usage(self) -> Any:
        _fail()


def _fail() -> NoReturn:
    raise ServiceUnavailable("this test has no kubelet for that")
