"""`tuik8s --context NAME` before there is a screen: what it says when it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import click
import pytest
import yaml
from click.testing import CliRunner

from tests.remote.conftest import context_of
from tests.remote.odd_server import odd_server, says
from tuik8s.cli import main
from tuik8s.cli.connecting import _open
from tuik8s.client.remote import Context

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.conftest import Served
    from tuik8s.apiserver.certificates import Pki


@pytest.fixture
def kubeconfig(tmp_path: Path, unused_tcp_port: int) -> Path:
    path = tmp_path / "config"
    content = {
        "clusters": [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{unused_tcp_port}"}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [
            {"name": name, "context": {"cluster": "c", "user": "u"}} for name in ("prod-eu", "prod-us", "dev")
        ],
    }
    path.write_text(yaml.safe_dump(content))
    return path


def run(*arguments: str, terminal: bool = True) -> Any:
    with patch("tuik8s.cli.view.has_terminal", return_value=terminal):
        return CliRunner().invoke(main, arguments)


def test_a_context_leads_to_view(kubeconfig: Path) -> None:
    for arguments in (
        ("--context", "nope", "--kubeconfig", str(kubeconfig)),
        (f"--kubeconfig={kubeconfig}", "--read-only", "--context=nope"),
        ("view", "--kubeconfig", str(kubeconfig), "--context", "nope"),
    ):
        result = run(*arguments)
        assert result.exit_code == 1
        assert f'context "nope" does not exist in {kubeconfig}' in result.output
        assert "known contexts: dev, prod-eu, prod-us" in result.output


def test_without_a_terminal(kubeconfig: Path) -> None:
    result = run("--context", "dev", "--kubeconfig", str(kubeconfig), terminal=False)
    assert result.exit_code == 2
    assert "the interface needs a terminal" in result.output


def test_a_server_that_is_not_there(kubeconfig: Path) -> None:
    result = run("--context", "dev", "--kubeconfig", str(kubeconfig))
    assert result.exit_code == 1
    assert "cannot connect to https://127.0.0.1:" in result.output
    assert "-> is the cluster up, and is cluster.server of context dev right?" in result.output


def completions(words: str, kubeconfig: Path) -> list[str]:
    count = len(words.split(" ")) - 1
    environment = {
        "_TUIK8S_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(count),
        "KUBECONFIG": str(kubeconfig),
    }  # fmt: skip
    result = CliRunner().invoke(main, prog_name="tuik8s", env=environment)
    return [line.partition(",")[2] for line in result.output.splitlines() if line]


def test_names_of_contexts_complete(kubeconfig: Path) -> None:
    assert completions("tuik8s --context ", kubeconfig) == ["dev", "prod-eu", "prod-us"]
    assert completions("tuik8s --context prod", kubeconfig) == ["prod-eu", "prod-us"]
    assert completions("tuik8s view --context d", kubeconfig) == ["dev"]
    assert "--context" in completions("tuik8s --con", kubeconfig)
    assert {"up", "kubeconfig", "check"} <= set(completions("tuik8s ", kubeconfig))
    kubeconfig.write_text("a: [")
    assert completions("tuik8s --context ", kubeconfig) == []


async def problem(context: Context) -> str:
    with pytest.raises(click.ClickException) as raised:
        await _open(context)
    return raised.value.message


async def test_certificates_that_do_not_fit(served: Served, pki: Pki) -> None:
    said = await problem(Context("dev", {"server": served.url}, {}))
    assert "is not trusted" in said
    assert "-> is the cluster up, and is cluster.server of context dev right?" not in said
    assert "certificate-authority" in said
    missing = {"server": served.url, "certificate-authority": "/none"}
    assert "context dev: certificate-authority: /none: No such file" in await problem(
        Context("dev", missing, {})
    )


async def test_who_is_not_let_in(served: Served, pki: Pki) -> None:
    for status, words in ((401, "it does not accept the user's token of context dev: renew it"),
                          (403, "may not ask which kinds there are (system:discovery)")):  # fmt: skip
        async with odd_server(says(status, "")) as odd:
            cluster = {"server": odd.transport.connection.endpoint.url}
            assert words in await problem(Context("dev", cluster, {"token": "t"}))


async def test_what_is_no_api_server() -> None:
    async with odd_server(says(200, "<html>welcome</html>")) as odd:
        said = await problem(Context("dev", {"server": odd.transport.connection.endpoint.url}, {}))
    assert "the server's answer is no JSON" in said
    assert "-> does cluster.server of context dev lead to a Kubernetes API server?" in said


async def test_a_server_that_answers(served: Served, pki: Pki) -> None:
    opened = await _open(context_of(served, pki))
    await opened.server.transport.close()
    assert (opened.server.context, opened.server.endpoint) == ("test", served.url)
    assert opened.server.version.startswith("v1.")
    assert opened.kinds.find("deploy") is not None
