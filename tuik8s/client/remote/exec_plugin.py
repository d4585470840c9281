"""Exec credential plug-ins: a program prints an ExecCredential (client.authentication.k8s.io).

Run without a shell, in the kubeconfig's folder for relative paths, with its own environment variables added,
and asked again when what it gave has expired or was refused (client-go/plugin/pkg/client/auth/exec).
"""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tuik8s.api.clock import parse_time
from tuik8s.client.remote.problems import CredentialProblem, KubeconfigProblem
from tuik8s.client.remote.tls import ClientCertificate, pem_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tuik8s.api.clock import Clock
    from tuik8s.client.remote.kubeconfig import Context

GROUP = "client.authentication.k8s.io"
VERSIONS = (f"{GROUP}/v1", f"{GROUP}/v1beta1")
MODES = ("Never", "IfAvailable", "Always")
SECONDS = 60.0
"""How long a plug-in may take that asks nobody anything."""
END_SECONDS = 1.0
"""How long one that was killed is waited for."""
_SAID = 500
_CLUSTER = ("server", "tls-server-name", "proxy-url", "insecure-skip-tls-verify", "disable-compression")


class Answer(NamedTuple):
    token: str
    certificate: ClientCertificate | None
    expires: datetime | None


class ExecPlugin:
    """The plug-in of `context`'s user. `interactive`: the terminal is free for it to ask."""

    def __init__(self, context: Context, *, clock: Clock, interactive: bool) -> None:
        self.interactive = interactive
        self._clock = clock
        self._directory = context.directory
        self._cluster = context.cluster
        self._spec: Mapping[str, Any] = context.user["exec"]
        self._answer: Answer | None = None
        self._version = str(self._spec.get("apiVersion") or "")
        self._mode = self._spec.get("interactiveMode") or ("" if self._version == VERSIONS[0] else MODES[1])
        self._check()

    def forget(self) -> None:
        self._answer = None

    async def answer(self) -> Answer:
        """As long as it lasts the same; raises CredentialProblem."""
        known = self._answer
        if known is None or (known.expires is not None and self._clock.now() >= known.expires):
            self._answer = known = _parsed(await self._run(), self._version, self._name)
        return known

    @property
    def _name(self) -> str:
        return str(self._spec.get("command"))

    def _check(self) -> None:
        if not self._spec.get("command"):
            raise KubeconfigProblem("the user's exec plug-in has no command")
        if self._version not in VERSIONS:
            known = ", ".join(VERSIONS)
            raise KubeconfigProblem(
                f"the exec plug-in {self._name!r} has apiVersion {self._version!r}; known are {known}"
            )
        if self._mode not in MODES:
            known = ", ".join(MODES)
            raise KubeconfigProblem(
                f"the exec plug-in {self._name!r} has interactiveMode {self._mode!r}; known are {known}"
            )

    async def _run(self) -> bytes:
        interactive = self.interactive and self._mode != "Never" and sys.stdin.isatty()
        if self._mode == "Always" and not interactive:
            raise CredentialProblem(
                f"the exec plug-in {self._name!r} must ask in a terminal, and there is none it may use"
            )
        command = [self._path(), *(str(word) for word in self._spec.get("args") or ())]
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command, env=self._environment(interactive), stdout=pipe,
                stdin=None if interactive else asyncio.subprocess.DEVNULL,
                stderr=None if interactive else pipe, start_new_session=not interactive,
            )  # fmt: skip
        except OSError as error:
            raise CredentialProblem(self._missing(error)) from error
        output, said = await self._finished(process, interactive=interactive)
        if process.returncode:
            words = " ".join((said or b"").decode(errors="replace").split())[:_SAID]
            raise CredentialProblem(
                f"the exec plug-in {self._name!r} ended with exit code {process.returncode}"
                + (f": {words}" if words else "")
            )
        return output

    async def _finished(
        self, process: asyncio.subprocess.Process, *, interactive: bool
    ) -> tuple[bytes, bytes]:
        """Its output; a plug-in that nobody waits for any more is ended."""
        seconds = None if interactive else SECONDS
        finished = False
        try:
            async with asyncio.timeout(seconds):
                answer = await process.communicate()
            finished = True
            return answer
        except TimeoutError:
            raise CredentialProblem(f"the exec plug-in {self._name!r} took over {seconds:.0f} s") from None
        finally:
            if not finished:
                await _end(process, group=not interactive)

    def _path(self) -> str:
        """A name is looked up in PATH; a relative path starts at the kubeconfig's folder."""
        command = self._name
        return str(self._directory / Path(command)) if os.path.dirname(command) else command

    def _missing(self, error: OSError) -> str:
        hint = str(self._spec.get("installHint") or "").strip()
        text = f"the exec plug-in {self._name!r} cannot be run: {error.strerror}"
        return f"{text}; {hint}" if hint else text

    def _environment(self, interactive: bool) -> dict[str, str]:
        given = {str(pair.get("name")): str(pair.get("value", "")) for pair in self._spec.get("env") or ()}
        spec: dict[str, Any] = {"interactive": interactive}
        if self._spec.get("provideClusterInfo"):
            spec["cluster"] = _cluster_info(self._cluster)
        about = {"kind": "ExecCredential", "apiVersion": self._version, "spec": spec}
        return {**os.environ, **given, "KUBERNETES_EXEC_INFO": msgspec.json.encode(about).decode()}


async def _end(process: asyncio.subprocess.Process, *, group: bool) -> None:
    """With all that it started, where it has a group of its own: a child may hold the pipes open for ever."""
    with suppress(ProcessLookupError):
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            await process.wait()  # in some versions for its pipes, too
    # A child that left the group has them yet. There is no public way to close them at our end.
    transport: Any = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()


def _cluster_info(cluster: Mapping[str, Any]) -> dict[str, Any]:
    """The `spec.cluster` of an ExecCredential: names as in the kubeconfig, the authority always as data."""
    found = {name: cluster[name] for name in _CLUSTER if name in cluster}
    if authority := pem_of(cluster, "certificate-authority"):
        found["certificate-authority-data"] = base64.b64encode(authority).decode()
    for extension in cluster.get("extensions") or ():
        if extension.get("name") == f"{GROUP}/exec":
            found["config"] = extension.get("extension")
    return found


def _parsed(output: bytes, version: str, name: str) -> Answer:
    try:
        found = msgspec.json.decode(output)
        status = found["status"]
        kind, said = found.get("kind"), found.get("apiVersion")
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        raise CredentialProblem(
            f"the exec plug-in {name!r} printed no ExecCredential with a status"
        ) from None
    if kind != "ExecCredential" or said != version:
        raise CredentialProblem(f"the exec plug-in {name!r} printed {kind} {said}; {version} was expected")
    token = str(status.get("token") or "")
    certificate, key = status.get("clientCertificateData"), status.get("clientKeyData")
    if bool(certificate) != bool(key) or not (token or certificate):
        raise CredentialProblem(
            f"the exec plug-in {name!r} gave neither a token nor a certificate with its key"
        )
    pair = ClientCertificate(str(certificate).encode(), str(key).encode()) if certificate else None
    expires = status.get("expirationTimestamp")
    try:
        return Answer(token, pair, parse_time(str(expires)) if expires else None)
    except ValueError:
        raise CredentialProblem(
            f"the exec plug-in {name!r} gave expirationTimestamp {expires!r}, which is no RFC 3339 time"
        ) from None
