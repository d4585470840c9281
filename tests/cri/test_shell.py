"""The small shell that reads commands; nothing is executed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tuik8s.cri.simulated.builtins import BUILTINS
from tuik8s.cri.simulated.files import Files
from tuik8s.cri.simulated.process import Output, Pause, Process, not_found, turn_of
from tuik8s.cri.simulated.shell import Unsupported, parse

LIMIT = 100


def run(script: str, **env: str) -> tuple[int | None, str, float]:
    """Exit code (None: still running), output, seconds; at most 100 steps."""
    process = Process(
        env=dict(env), files=Files(()), now=lambda: datetime(2026, 1, 2, tzinfo=UTC), builtins=BUILTINS,
        unknown=not_found, hostname="pod-1", ip="10.0.0.1",
    )  # fmt: skip
    output, seconds = "", 0.0
    for count, step in enumerate(turn_of(process.run(parse(script)))):
        if isinstance(step, int):
            return step, output, seconds
        if isinstance(step, Output):
            output += step.data.decode()
        if isinstance(step, Pause):
            seconds += step.seconds
        if count >= LIMIT:
            break
    return None, output, seconds


@pytest.mark.parametrize(
    ("script", "code", "output"),
    [
        ("echo a; sleep 5; exit 1", 1, "a\n"),
        ("echo a && echo b || echo c", 0, "a\nb\n"),
        ("false && echo b || echo c", 0, "c\n"),
        ("false; true", 0, ""),
        ("true\nfalse\n", 1, ""),
        ("echo 'single $X' \"double $X\" bare-$X", 0, "single $X double 1 bare-1\n"),
        ("echo ${X} ${NONE:-other} \"${NONE}\" end", 0, "1 other  end\n"),
        ("echo $(echo inner $X) `hostname`", 0, "inner 1 pod-1\n"),
        ("Y=2; echo $X$Y", 0, "12\n"),
        ("export Y=3; printenv Y", 0, "3\n"),
        ("echo -n no newline", 0, "no newline"),
        ("echo -e 'a\\tb'", 0, "a\tb\n"),
        ("printf '%s-%s\\n' a b", 0, "a-b\n"),
        ("for i in 1 2 3; do echo $i; done", 0, "1\n2\n3\n"),
        ("for i in 1 2 3; do if [ $i = 2 ]; then continue; fi; echo $i; done", 0, "1\n3\n"),
        ("while true; do echo once; break; done; echo out", 0, "once\nout\n"),
        ("if test -f /etc/no; then echo yes; else echo no; fi", 0, "no\n"),
        ("if false; then echo a; elif true; then echo b; fi", 0, "b\n"),
        ("echo text > /tmp/f; cat /tmp/f; echo more >> /tmp/f; cat /tmp/f", 0, "text\ntext\nmore\n"),
        ("cat /nope 2>/dev/null; echo $?", 0, "1\n"),
        ("cat /nope > /tmp/e 2>&1; cat /tmp/e", 0, "cat: can't open '/nope': No such file or directory\n"),
        ("mkdir -p /data/x; touch /data/x/f; ls /data/x", 0, "f\n"),
        ("touch /a; rm /a; rm /a", 1, "rm: /a: No such file or directory\n"),
        ("touch /a; rm /a; rm -f /a", 0, ""),
        ("cd /tmp; pwd; cd /nope 2> /dev/null || echo stays", 0, "/tmp\nstays\n"),
        ("# a comment\necho after # and another", 0, "after\n"),
        ("sh -c 'exit 4'; echo $?", 0, "4\n"),
        ("exec echo replaced", 0, "replaced\n"),
        ("no-such-thing", 127, "sh: no-such-thing: not found (simulated)\n"),
        ("date +%Y-%m-%d", 0, "2026-01-02\n"),
        ("sleep x", 1, "sleep: invalid number 'x'\n"),
        ("exit 300", 44, ""),
    ],
)  # fmt: skip
def test_scripts(script: str, code: int, output: str) -> None:
    assert run(script, X="1")[:2] == (code, output)


@pytest.mark.parametrize(
    ("script", "seconds"),
    [("sleep 5", 5), ("sleep 1m 2s", 62), ("sleep .5 && sleep 1h", 3600.5), ("sleep infinity", float("inf"))],
)
def test_sleeping(script: str, seconds: float) -> None:
    assert run(script)[2] == seconds


def test_a_busy_loop_lets_time_pass() -> None:
    code, output, seconds = run("while true; do echo x; done")
    assert code is None
    assert output.count("x\n") == pytest.approx(50, abs=2)
    assert seconds == pytest.approx(50, abs=2)


@pytest.mark.parametrize(
    "script",
    ["a | b", "sleep 1 &", "cat < f", "(echo a)", "while true; do echo", "if true; then", "fi", "echo 'open",
     "case x in x) ;; esac", "trap 'x' TERM; f() { echo; }"],
)  # fmt: skip
def test_what_is_beyond_it_is_unsupported(script: str) -> None:
    with pytest.raises(Unsupported):
        parse(script)
