"""Tokens, passwords, impersonation and exec plug-ins: what reaches the server."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import stat
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from aiohttp import web

from tests.http.conftest import eventually
from tests.remote.conftest import base64_of, context_of
from tests.remote.odd_server import OddServer, odd_server, says
from tuik8s.api import kinds
from tuik8s.api.errors import Unauthorized
from tuik8s.api.request import User
from tuik8s.client import Client
from tuik8s.client.remote import Context, CredentialProblem, transport_to

if TYPE_CHECKING:
    from tests.http.conftest import Served
    from tuik8s.apiserver.certificates import Pki

V1 = "client.authentication.k8s.io/v1"
ANY = {"metadata": {"name": "a"}}


async def authorization(odd: OddServer) -> str:
    await odd.client.get(kinds.POD, "default", "a")
    return odd.asked[-1].headers.get("Authorization", "")


async def test_each_kind_of_user(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n")
    basic = base64.b64encode(b"me:pw").decode()
    for user, expected in (
        ({}, ""),
        ({"token": "t"}, "Bearer t"),
        ({"token": "t", "tokenFile": str(file)}, "Bearer from-file"),
        ({"token": "t", "tokenFile": str(tmp_path / "none")}, "Bearer t"),
        ({"username": "me", "password": "pw"}, f"Basic {basic}"),
    ):
        async with odd_server(says(200, ANY), **user) as odd:
            assert await authorization(odd) == expected


async def test_a_token_file_that_is_not_there(tmp_path: Path) -> None:
    async with odd_server(says(200, ANY), tokenFile=str(tmp_path / "none")) as odd:
        with pytest.raises(CredentialProblem, match="No such file"):
            await authorization(odd)


async def test_a_token_that_was_refused_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.headers["Authorization"] != "Bearer new":
            file.write_text("new")
            return web.Response(status=401)
        return web.json_response(ANY)

    async with odd_server(answer, tokenFile=str(file)) as odd:
        assert await authorization(odd) == "Bearer new"
        assert len(odd.asked) == 2


async def test_a_refused_token_that_cannot_change_is_asked_with_once() -> None:
    async with odd_server(says(401, ""), token="t") as odd:
        with pytest.raises(Unauthorized):
            await authorization(odd)
        assert len(odd.asked) == 1


async def test_impersonation() -> None:
    user = {
        "token": "t",
        "as": "ann",
        "as-groups": ["a", "b"],
        "as-uid": "7",
        "as-user-extra": {"scope": ["x"]},
    }
    async with odd_server(says(200, ANY), **user) as odd:
        await authorization(odd)
        headers = odd.asked[0].headers
    assert headers["Impersonate-User"] == "ann"
    assert headers.getall("Impersonate-Group") == ["a", "b"]
    assert (headers["Impersonate-Uid"], headers["Impersonate-Extra-scope"]) == ("7", "x")


async def test_certificates_as_data(served: Served, pki: Pki) -> None:
    own = pki.administrator
    user = {"client-certificate-data": base64_of(own.certificate), "client-key-data": base64_of(own.key)}
    cluster = {"server": served.url, "certificate-authority-data": base64_of(pki.authority)}
    transport = transport_to(Context("c", cluster, user))
    assert (await Client(transport, User("u")).list(kinds.POD))["items"] == []
    await transport.close()


def plugin(tmp_path: Path, program: str) -> str:
    """A relative command, as next to a kubeconfig."""
    path = tmp_path / "plugin"
    path.write_text(f"#!{sys.executable}\n" + textwrap.dedent(program))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return "./plugin"


def exec_user(program: str, **more: Any) -> dict[str, Any]:
    return {"exec": {"apiVersion": V1, "command": program, "interactiveMode": "IfAvailable", **more}}


COUNTING = """
    import json, os, sys, pathlib
    counter = pathlib.Path(__file__).with_name("count")
    count = int(counter.read_text()) + 1 if counter.exists() else 1
    counter.write_text(str(count))
    about = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
    seen = json.dumps([about, sys.argv[1:], os.environ["MINE"]])
    pathlib.Path(__file__).with_name("about").write_text(seen)
    status = {"token": f"token-{count}", "expirationTimestamp": sys.argv[1]}
    print(json.dumps({"apiVersion": about["apiVersion"], "kind": "ExecCredential", "status": status}))
"""


@pytest.mark.parametrize(("expires", "runs"), [("2099-01-01T00:00:00Z", 1), ("2001-01-01T00:00:00Z", 2)])
async def test_a_plug_in_is_asked_until_its_answer_expires(tmp_path: Path, expires: str, runs: int) -> None:
    user = exec_user(
        plugin(tmp_path, COUNTING), args=[expires, "$HOME; ls"], provideClusterInfo=True,
        env=[{"name": "MINE", "value": "yes"}],
    )  # fmt: skip
    async with odd_server(says(200, ANY)) as odd:
        cluster = {"server": odd.transport.connection.endpoint.url}
        transport = transport_to(Context("c", cluster, user, directory=tmp_path))
        client = Client(transport, User("u"))
        for _ in range(2):
            await client.get(kinds.POD, "default", "a")
        await transport.close()
        assert odd.asked[-1].headers["Authorization"] == f"Bearer token-{runs}"
    about, arguments, mine = json.loads((tmp_path / "about").read_text())
    assert about == {
        "kind": "ExecCredential", "apiVersion": V1, "spec": {"interactive": False, "cluster": cluster},
    }  # fmt: skip
    assert (arguments, mine) == ([expires, "$HOME; ls"], "yes")


async def test_a_plug_in_is_asked_again_when_its_token_is_refused(tmp_path: Path) -> None:
    user = exec_user(
        plugin(tmp_path, COUNTING), args=["2099-01-01T00:00:00Z"], env=[{"name": "MINE", "value": ""}]
    )

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        known = request.headers["Authorization"] == "Bearer token-2"
        return web.json_response(ANY) if known else web.Response(status=401)

    async with odd_server(answer) as odd:
        cluster = {"server": odd.transport.connection.endpoint.url}
        transport = transport_to(Context("c", cluster, user, directory=tmp_path))
        await Client(transport, User("u")).get(kinds.POD, "default", "a")
        await transport.close()


async def test_a_plug_in_that_gives_a_certificate(tmp_path: Path, served: Served, pki: Pki) -> None:
    own = pki.administrator
    status = {
        "clientCertificateData": own.certificate.read_text(), "clientKeyData": own.key.read_text(),
    }  # fmt: skip
    answer = json.dumps({"apiVersion": V1, "kind": "ExecCredential", "status": status})
    user = exec_user(plugin(tmp_path, f"print({answer!r})"))
    transport = transport_to(Context("c", context_of(served, pki).cluster, user, directory=tmp_path))
    assert (await Client(transport, User("u")).list(kinds.POD))["items"] == []
    await transport.close()


@pytest.mark.parametrize(
    ("program", "more", "words"),
    [
        ("import sys; print('no luck', file=sys.stderr); sys.exit(3)", {}, "ended with exit code 3: no luck"),
        ("print('hello')", {}, "printed no ExecCredential with a status"),
        ("print('[]')", {}, "printed no ExecCredential with a status"),
        ('print(\'{"kind": "X", "apiVersion": "v1", "status": {}}\')', {}, "printed X v1"),
        (
            f'print(\'{{"kind": "ExecCredential", "apiVersion": "{V1}", "status": {{}}}}\')',
            {},
            "neither a token",
        ),
        ("import time; time.sleep(60)", {}, "took over"),
        ("", {"interactiveMode": "Always"}, "must ask in a terminal"),
        ("", {"command": "no-such-program", "installHint": "install it"}, "No such file.*; install it"),
    ],
)
async def test_plug_ins_that_give_nothing(
    tmp_path: Path, program: str, more: dict[str, Any], words: str
) -> None:
    user = exec_user(plugin(tmp_path, program), **more)
    transport = transport_to(Context("c", {"server": "https://127.0.0.1:1"}, user, directory=tmp_path))
    with (
        patch("tuik8s.client.remote.exec_plugin.SECONDS", 2.0),
        pytest.raises(CredentialProblem, match=words),
    ):
        await Client(transport, User("u")).get(kinds.POD, "default", "a")
    await transport.close()


HOLDING = """
    import pathlib, subprocess, sys, time
    child = subprocess.Popen(["sleep", "60"], start_new_session=sys.argv[1] == "escapes")
    pathlib.Path(__file__).with_name("child").write_text(str(child.pid))
    time.sleep(60 if sys.argv[1] == "stays" else 0)
"""


@pytest.mark.parametrize("what", ["ends", "stays", "escapes"])
@pytest.mark.parametrize("cancelled", [False, True])
async def test_a_plug_in_whose_child_holds_its_output(tmp_path: Path, what: str, cancelled: bool) -> None:
    """`ends` and `escapes` have ended themselves, with the child still there."""
    user = exec_user(plugin(tmp_path, HOLDING), args=[what])
    transport = transport_to(Context("c", {"server": "https://127.0.0.1:1"}, user, directory=tmp_path))
    began = time.monotonic()
    with patch("tuik8s.client.remote.exec_plugin.SECONDS", 60.0 if cancelled else 1.0):
        asking = asyncio.create_task(Client(transport, User("u")).get(kinds.POD, "default", "a"))
        if cancelled:
            await asyncio.sleep(1)
            asking.cancel()
        with pytest.raises(asyncio.CancelledError if cancelled else CredentialProblem):
            await asking
    assert time.monotonic() - began < 10
    await transport.close()
    child = int((tmp_path / "child").read_text())
    if what == "escapes":
        os.kill(child, signal.SIGKILL)
    else:
        await eventually(lambda: not runs(child))


def runs(pid: int) -> bool:
    """One that is dead may wait for its parent yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_token_that_no_header_can_carry() -> None:
    async with odd_server(says(200, ANY), token="a\r\nX: y") as odd:
        with pytest.raises(CredentialProblem, match="no header can carry"):
            await authorization(odd)
        assert odd.asked == []


def test_what_a_user_is_known_by() -> None:
    def source(user: dict[str, Any]) -> str:
        context = Context("c", {"server": "https://h"}, user)
        return transport_to(context).connection.credentials.source

    assert source({}) == "no credentials"
    assert source({"client-certificate-data": "x"}) == "the user's client-certificate"
    assert source(exec_user("aws")) == "the exec plug-in 'aws'"
