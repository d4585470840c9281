"""What can go wrong on the way to a server, in words that say what to do; and answers that are refusals."""

from __future__ import annotations

import asyncio
import os
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from tuik8s.api.errors import ApiError, ServerTimeout, ServiceUnavailable, from_status, of_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tuik8s.api.objects import Obj

_SHOWN = 200
"""Characters of an answer that is no Status."""
_FAILURES = (aiohttp.ClientError, OSError, TimeoutError, asyncio.TimeoutError)


class KubeconfigProblem(ValueError):
    """A kubeconfig that cannot be used, and why."""


class CredentialProblem(ServiceUnavailable):
    """No credentials can be had: a token file or plug-in does not give any."""


class Unreachable(ServiceUnavailable):
    """No answer came: nobody listens, the name is unknown, TLS failed, or the connection broke."""


class UntrustedServer(Unreachable):
    """Its certificate is not what the kubeconfig lets us trust."""


@contextmanager
def connection_to(server: str) -> Iterator[None]:
    """What goes wrong below HTTP becomes an ApiError that names the server."""
    try:
        yield
    except ApiError:
        raise
    except _FAILURES as error:
        raise explained(error, server) from error


def explained(error: BaseException, server: str) -> ApiError:
    match error:
        case aiohttp.ClientConnectorCertificateError() as failed:
            return UntrustedServer(_certificate(failed.certificate_error, server))
        case aiohttp.ClientConnectorSSLError() | ssl.SSLError():
            return Unreachable(f"{server} speaks no TLS that we understand: {_plain(error)}")
        case aiohttp.ClientProxyConnectionError():
            return Unreachable(f"the proxy on the way to {server} cannot be reached: {_plain(error)}")
        case aiohttp.ClientHttpProxyError():
            return Unreachable(f"the proxy on the way to {server} refuses: {error.status} {error.message}")
        case aiohttp.ClientConnectorDNSError():
            return Unreachable(f"the name of {server} is unknown: {_plain(error)}")
        case aiohttp.ConnectionTimeoutError():
            return Unreachable(f"{server} does not answer: the connection timed out")
        case aiohttp.ServerTimeoutError() | TimeoutError():
            return ServerTimeout(f"{server} took too long to answer")
        case aiohttp.ClientConnectorError():
            return Unreachable(f"cannot connect to {server}: {_plain(error)}")
        case _:
            return Unreachable(f"the connection to {server} broke: {_plain(error)}")


def _certificate(error: Exception, server: str) -> str:
    said = getattr(error, "verify_message", "") or str(error)
    return (
        f"the certificate of {server} is not trusted: {said}; the kubeconfig's certificate-authority(-data)"
        " or tls-server-name does not fit the server"
    )


def _plain(error: BaseException) -> str:
    inner = getattr(error, "os_error", None) or error
    number = getattr(inner, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return str(inner) or type(inner).__name__


def refusal(code: int, body: bytes, retry_after: str | None = None) -> ApiError:
    """The error that an answer of 3xx, 4xx or 5xx stands for: its Status, or its code and its text.

    `details.retryAfterSeconds` says when the server wants to be asked again, if it does.
    """
    status = _status_in(body)
    error = from_status({"code": code, **status}) if status is not None else of_code(code, _words(code, body))
    if retry_after is not None and retry_after.isdecimal():
        error.details = {"retryAfterSeconds": int(retry_after), **(error.details or {})}
    return error


def _status_in(body: bytes) -> Obj | None:
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return found if isinstance(found, dict) and found.get("kind") == "Status" else None


def _words(code: int, body: bytes) -> str:
    """client-go's words for an answer that is no Status."""
    if code == 401:
        return "the server has asked for the client to provide credentials"
    text = " ".join(body.decode(errors="replace").split())[:_SHOWN]
    return f'an error on the server ("{text or code}") has prevented the request from succeeding ({code})'
