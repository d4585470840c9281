"""What a test suite asks of `tuik8s up`, of a process as it would start one."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from lightkube import Client, KubeConfig
from lightkube.resources.apps_v1 import Deployment, ReplicaSet
from lightkube.resources.core_v1 import Node, Service

from tuik8s.api.durations import parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UP = (sys.executable, "-m", "tuik8s", "up", "--headless", "--ephemeral", "--runtime", "simulated")


@contextmanager
def running(tmp_path: Path, *flags: str) -> Iterator[Any]:
    """A client of the cluster; fails unless the process ends well."""
    command = [*UP, "--listen", "127.0.0.1:0", "--data-dir", str(tmp_path / "data"), *flags]
    # In a folder of its own: manifests that happen to lie about are not for it.
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            assert process.stdout is not None
            said: list[str] = []
            for line in process.stdout:
                said.append(line)
                if line.startswith("API at"):
                    break
            else:
                pytest.fail("".join(said))
            path = said[-1].partition("kubeconfig in ")[2].strip()
            with closing(Client(config=KubeConfig.from_file(path))) as client:
                yield client
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=20)[0]
    assert (process.returncode, rest.splitlines()[-1:]) == (0, ["stopped"]), rest


def deployment() -> Any:
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"containers": [{"name": "a", "image": "a"}]},
    }
    return Deployment.from_dict(
        {
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}}, "template": template},
        }
    )


def test_a_control_plane_alone(tmp_path: Path) -> None:
    flags = ("--nodes", "0", "--service-cidr", "10.7.0.0/24", "--event-ttl", "90s")
    without = ("--disable-controllers", "deployment-controller,pod-garbage-collector-controller")
    with running(tmp_path, *flags, *without) as client:
        assert list(client.list(Node)) == []
        assert client.get(Service, "kubernetes", namespace="default").spec.clusterIP == "10.7.0.1"
        client.create(deployment())
        # The garbage collector and the others run on; only nobody makes a ReplicaSet.
        client.create(Service.from_dict({"metadata": {"name": "a"}, "spec": {"ports": [{"port": 80}]}}))
        assert client.get(Service, "a").spec.clusterIP.startswith("10.7.0.")
        assert list(client.list(ReplicaSet)) == []
        assert client.get(Deployment, "web").status is None


def test_nodes_of_a_size(tmp_path: Path) -> None:
    with running(tmp_path, "--nodes", "2", "--max-pods", "7", "--node-cpu", "3") as client:
        nodes = list(client.list(Node))
        assert [node.status.capacity["pods"] for node in nodes] == ["7", "7"]
        assert {node.status.capacity["cpu"] for node in nodes} == {"3"}


@pytest.mark.parametrize(
    ("flag", "value", "message"),
    [
        ("--nodes", "-1", "-1 nodes: from 0 to 1000 can be run"),
        ("--max-pods", "254", "254 pods a node: from 1 to 253"),
        ("--service-cidr", "10.96.0.1/16", "is an address in a network: 10.96.0.0/16?"),
        ("--service-cidr", "10.96.0.0", "is an address in a network: 10.96.0.0/32?"),
        ("--service-cidr", "fd00::/112", "is no IPv4 network, such as 10.96.0.0/16"),
        ("--service-cidr", "10.0.0.0/8", "from /12 to /29 can be used"),
        ("--service-cidr", "10.0.0.0/30", "from /12 to /29 can be used"),
        ("--service-cidr", "10.244.4.0/24", "overlaps the pods' network 10.244.0.0/16: choose another"),
        ("--disable-controllers", "job,deployment-controller", "there is no controller 'job': there are"),
        ("--event-ttl", "1 hour", "'1 hour' is no duration, such as 1h30m or 90s"),
        ("--event-ttl", "-1s", "from 1s to 100 years, as 1h; or for ever, with 0"),
        ("--event-ttl", "9999999h", "from 1s to 100 years"),
        ("--event-ttl", "99999999999h", "is too long a duration"),
        ("--listen", "localhost:0", "is no IP address and port, such as 127.0.0.1:6443"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path: Path, flag: str, value: str, message: str) -> None:
    from click.testing import CliRunner

    from tuik8s.cli import main

    # Should one be accepted, at least nothing lasting comes of it.
    harmless = ["up", "--headless", "--ephemeral", "--runtime", "simulated", str(tmp_path)]
    result = CliRunner().invoke(main, [*harmless, "--data-dir", str(tmp_path / "data"), flag, value])
    assert result.exit_code == 2
    assert message in result.output
    assert not (tmp_path / "data").exists()


def test_an_unknown_controller_is_told_the_known_ones(tmp_path: Path) -> None:
    command = [*UP, "--disable-controllers", "nope"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 2
    assert "there is no controller 'nope': there are " in result.stderr
    assert ", deployment-controller, " in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1h30m", 5400), ("0", 0), ("1.5s", 1.5), ("-2m", -120), ("+300ms", 0.3), (".5h", 1800), ("5us", 5e-6)],
)
def test_durations_are_gos(text: str, seconds: float) -> None:
    assert parse_duration(text).total_seconds() == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "1", "h", "1d", "1h 30m", "1h30", "--1s", "١s", "1,5s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["99999999999999h", "-99999999999999h", "9" * 400 + "h"])
def test_what_is_too_long_a_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="too long a duration"):
        parse_duration(text)


def test_a_hostile_duration_takes_no_time() -> None:
    began = time.perf_counter()
    with pytest.raises(ValueError, match="no duration"):
        parse_duration("1" * 20_000)
    assert time.perf_counter() - began < 1
