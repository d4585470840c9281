"""When there is a terminal to draw on."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tuik8s.cli.terminal import has_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import TextIO

STREAMS = ("stdin", "stdout", "stderr")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[TextIO]:
    """All three streams lead to it."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as stream:
        for name in STREAMS:
            monkeypatch.setattr(sys, name, stream)
        yield stream
    os.close(ours)


@pytest.mark.usefixtures("terminal")
def test_all_three_streams_are_one() -> None:
    assert has_terminal()


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("name", STREAMS)
def test_a_file_for_any_of_them_is_none(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "file").open("w") as file:
        monkeypatch.setattr(sys, name, file)
        assert not has_terminal()
