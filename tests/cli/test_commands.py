"""The command line as a person and a script meet it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from tuik8s import __version__
from tuik8s.cli import main

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: '1'}\n"
POD = """apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: web:1
    resources: {requests: {cpu: "%s"}}
"""


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_help_names_every_command() -> None:
    text = run("--help").output
    assert all(name in text for name in ("up", "check", "doctor", "reset", "completion"))


@pytest.mark.parametrize("command", ["up", "check", "doctor", "reset", "completion", "view"])
def test_every_command_explains_itself(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert len(result.output.splitlines()) > 5


def test_version_names_ours_and_kubernetes() -> None:
    assert run("--version").output.startswith(f"tuik8s {__version__}, Kubernetes v1.")


def test_words_that_name_no_command_belong_to_up() -> None:
    result = run("--nodes", "many")
    assert result.exit_code == 2
    assert "'many' is not a valid integer" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("up", "--nodes", "5000"), "5000 nodes: from 0 to 1000"),
        (("up", "--cluster", "Not_A_Name"), "cluster name 'Not_A_Name'"),
        (("up", "--max-pods", "0"), "from 1 to 253"),
        (("up", "--runtime", "podman"), "podman"),
        (("check",), "Missing argument"),
        (("check", "no/such/file.yaml"), "does not exist"),
    ],
)
def test_wrong_usage_says_what_is_wrong(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(shell: str) -> None:
    assert "_TUIK8S_COMPLETE" in run("completion", shell).output


def test_check_of_what_converges_is_zero(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"{GOOD}---\n{POD % '100m'}")
    result = run("check", str(tmp_path))
    assert (result.exit_code, "2 of 2 objects ready" in result.output) == (0, True)


def test_check_of_what_does_not_is_one_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD % "1000")
    result = run("check", str(tmp_path / "a.yaml"), "--timeout", "1")
    assert result.exit_code == 1
    assert "0/3 nodes are available: 3 Insufficient cpu" in result.output


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "bogus: 1\n", 'a.yaml:5:8: default/configmap/a: ConfigMap in version "v1" cannot be handled'),
        ("a: [\n", "a.yaml:2:1: did not find expected"),
        (GOOD.replace("{name: a}", "{name: a, namespace: none}"), 'namespaces "none" not found'),
        (
            "apiVersion: resource.k8s.io/v1beta1\nkind: DeviceClass\nmetadata: {name: a}\n",
            "not served by this release",
        ),
    ],
)
def test_check_of_bad_input_is_two_and_says_where(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    result = run("check", str(tmp_path), "--timeout", "1")
    assert result.exit_code == 2
    assert message in result.output


def test_check_reports_to_machines(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    report = json.loads(run("check", str(tmp_path), "-o", "json").output)
    assert report["converged"] is True
    assert [(item["kind"], item["name"], item["result"]) for item in report["objects"]] == [
        ("ConfigMap", "a", "ready")
    ]


def test_fifty_objects_are_checked(tmp_path: Path) -> None:
    for number in range(10):
        pods = [(POD % "10m").replace("name: web}", f"name: web-{number}-{index}}}") for index in range(5)]
        (tmp_path / f"{number}.yaml").write_text("---\n".join(pods))
    result = run("check", str(tmp_path))
    assert (result.exit_code, "50 of 50 objects ready" in result.output) == (0, True)


def test_doctor_looks_at_everything(tmp_path: Path) -> None:
    output = run("doctor", "--data-dir", str(tmp_path)).output
    assert all(word in output for word in ("python", "terminal", "state", "disk", "docker", "kubectl"))


def test_reset_removes_the_state_and_only_that(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("")
    (tmp_path / "pods" / "uid").mkdir(parents=True)
    (tmp_path / "letter.txt").write_text("mine")
    result = run("reset", "--yes", "--data-dir", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["letter.txt"]


def test_reset_asks_first(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_text("")
    result = CliRunner().invoke(main, ["reset", "--data-dir", str(tmp_path)], input="n\n")
    assert (result.exit_code, (tmp_path / "store.db").exists()) == (1, True)


def test_check_answers_alike_on_every_machine(tmp_path: Path) -> None:
    """Nodes do not shrink with the machine: a pod that fits four CPUs is placed on one that has two."""
    spec = "{containers: [{name: a, image: a, resources: {requests: {cpu: '3', memory: 8Gi}}}]}"
    (tmp_path / "pod.yaml").write_text(f"apiVersion: v1\nkind: Pod\nmetadata: {{name: big}}\nspec: {spec}\n")
    result = run("check", str(tmp_path), "--timeout", "10")
    assert result.exit_code == 0, result.output
