"""Kubeconfig files as kubectl reads them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from tuik8s.client.remote import Kubeconfig, KubeconfigProblem, default_paths, in_cluster, transport_to
from tuik8s.client.remote.endpoint import endpoint_of
from tuik8s.client.remote.kubeconfig import Context
from tuik8s.client.remote.tls import client_certificate, pem_of, tls_context


def config(**parts: Any) -> str:
    singular = {"clusters": "cluster", "users": "user", "contexts": "context"}
    lists = {
        plural: [{"name": name, singular[plural]: body} for name, body in entries.items()]
        for plural, entries in parts.items()
        if plural in singular
    }
    rest = {name: value for name, value in parts.items() if name not in singular}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Config", **lists, **rest})


def write(path: Path, **parts: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(config(**parts))
    return path


def test_the_first_file_to_say_something_wins(tmp_path: Path) -> None:
    one = write(
        tmp_path / "one" / "config",
        clusters={"a": {"server": "https://a"}}, users={"u": {"tokenFile": "token"}},
        contexts={"x": {"cluster": "a", "user": "u"}, "y": {"cluster": "b"}},
    )  # fmt: skip
    two = write(
        tmp_path / "two" / "config",
        clusters={"a": {"server": "https://other", "tls-server-name": "n"}, "b": {"server": "https://b"}},
        users={"u": {"token": "no"}}, contexts={"x": {"cluster": "b"}}, **{"current-context": "x"},
    )  # fmt: skip
    found = Kubeconfig.load([one, tmp_path / "missing", two])
    context = found.context()
    assert (context.name, context.cluster) == ("x", {"server": "https://a"})
    assert context.user == {"tokenFile": str(one.parent / "token")}
    assert context.directory == one.parent
    assert found.context("y").cluster == {"server": "https://b"}
    assert found.context("y").user == {}


def test_where_kubectl_looks(tmp_path: Path) -> None:
    assert default_paths({}, tmp_path) == [tmp_path / ".kube" / "config"]
    assert default_paths({"KUBECONFIG": "a::b:a"}) == [Path("a"), Path("b")]


def test_problems_say_what_and_where(tmp_path: Path) -> None:
    path = write(
        tmp_path / "config", clusters={"a": {"server": "https://a"}},
        contexts={
            "x": {"cluster": "a"}, "lost": {"cluster": "none"}, "who": {"cluster": "a", "user": "none"},
        },
    )  # fmt: skip
    found = Kubeconfig.load([path])
    for name, words in (
        ("", "there is no current context; known contexts: lost, who, x"),
        ("nope", f'context "nope" does not exist in {path}; known contexts: lost, who, x'),
        ("lost", 'context "lost" names the cluster "none"'),
        ("who", 'context "who" names the user "none"'),
    ):
        with pytest.raises(KubeconfigProblem) as raised:
            found.context(name)
        assert words in str(raised.value)
    with pytest.raises(KubeconfigProblem, match="it has no contexts; name another file with --kubeconfig"):
        Kubeconfig.load([tmp_path / "missing"]).context()
    with pytest.raises(KubeconfigProblem, match="missing: no such file"):
        Kubeconfig.load([tmp_path / "missing"], explicit=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "is no YAML"),
        ("[]", "is no kubeconfig"),
        ("kind: Pod", "is no kubeconfig"),
        ("clusters: 3", "clusters is no list"),
        ("users: [{name: u, user: 3}]", r"users\[0\] is no entry"),
        ("contexts: [{context: {}}]", r"contexts\[0\] is no entry"),
    ],
)
def test_files_that_are_no_kubeconfig(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(KubeconfigProblem, match=words):
        Kubeconfig.load([path])


def test_an_empty_file_is_an_empty_kubeconfig(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("")
    assert Kubeconfig.load([path]).contexts == {}


def test_where_a_cluster_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert endpoint_of({"server": "https://h:1/k8s/c-1/"}) == ("https://h:1/k8s/c-1", None, None)
    assert endpoint_of({"server": "h:1"}).url == "http://h:1"
    assert endpoint_of({"server": "h:1", "insecure-skip-tls-verify": True}).url == "https://h:1"
    given = endpoint_of({"server": "https://h", "tls-server-name": "n", "proxy-url": "http://p:3"})
    assert given == ("https://h", "n", "http://p:3")
    monkeypatch.setenv("HTTPS_PROXY", "http://p:4")
    monkeypatch.setenv("NO_PROXY", "inside.example")
    assert endpoint_of({"server": "https://h"}).proxy == "http://p:4"
    for direct in (
        "https://127.0.0.1:6443",
        "https://[::1]:6443",
        "https://localhost",
        "https://a.inside.example",
    ):
        assert endpoint_of({"server": direct}).proxy is None
    for wrong in ("", "ftp://h", "https://", "https://h:x", "https://h?x"):
        with pytest.raises(KubeconfigProblem):
            endpoint_of({"server": wrong})
    with pytest.raises(KubeconfigProblem, match="the proxy h:1 is not supported"):
        endpoint_of({"server": "https://h", "proxy-url": "socks5://user:secret@h:1"})


def test_certificates_in_files_and_as_data(tmp_path: Path) -> None:
    (tmp_path / "ca").write_bytes(b"file")
    assert pem_of({"certificate-authority": str(tmp_path / "ca")}, "certificate-authority") == b"file"
    data = base64.b64encode(b"data").decode()
    both = {"certificate-authority": str(tmp_path / "ca"), "certificate-authority-data": data}
    assert pem_of(both, "certificate-authority") == b"data"
    for entry, words in (
        ({"certificate-authority": str(tmp_path / "none")}, "No such file"),
        ({"certificate-authority-data": "*"}, "is no base64"),
        ({"certificate-authority-data": data}, "holds no certificate"),
        ({"certificate-authority-data": data, "insecure-skip-tls-verify": True}, "exclude each other"),
    ):
        with pytest.raises(KubeconfigProblem, match=words):
            tls_context(entry, client_certificate({}))
    with pytest.raises(KubeconfigProblem, match="the user has no client-key"):
        client_certificate({"client-certificate-data": data})
    pair = client_certificate({"client-certificate-data": data, "client-key-data": data})
    with pytest.raises(KubeconfigProblem, match="client-certificate and client-key do not work"):
        tls_context({}, pair)


def test_users_that_cannot_be_understood() -> None:
    for user, words in (
        ({"auth-provider": {"name": "gcp"}}, "auth-provider 'gcp' is not supported"),
        ({"as-groups": ["g"]}, "no as: name somebody"),
        ({"exec": {"apiVersion": "client.authentication.k8s.io/v1"}}, "has no command"),
        ({"exec": {"command": "c", "apiVersion": "v1"}}, "has apiVersion 'v1'"),
        (
            {"exec": {"command": "c", "apiVersion": "client.authentication.k8s.io/v1"}},
            "has interactiveMode ''",
        ),
    ):
        with pytest.raises(KubeconfigProblem, match=words):
            transport_to(Context("c", {"server": "https://h"}, user))


def test_inside_a_pod(tmp_path: Path) -> None:
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    assert in_cluster(environment, tmp_path) is None
    (tmp_path / "token").write_text("t")
    (tmp_path / "namespace").write_text("mine")
    assert in_cluster({}, tmp_path) is None
    found = in_cluster(environment, tmp_path)
    assert found is not None
    assert (found.cluster, found.namespace) == ({"server": "https://[fd00::1]:443"}, "mine")
    assert found.user == {"tokenFile": str(tmp_path / "token")}
