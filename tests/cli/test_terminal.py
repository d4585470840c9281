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
def terminal() -> Iterator[TextIO]:
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "w") as stream:
        yield stream
    os.close(ours)


@pytest.mark.parametrize("elsewhere", [None, *STREAMS])
def test_all_three_streams_lead_to_it(
    terminal: TextIO, elsewhere: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "file").open("w") as file:
        for name in STREAMS:
            monkeypatch.setattr(sys, name, file if name == elsewhere else terminal)
        assert has_terminal() is (elsewhere is None)
