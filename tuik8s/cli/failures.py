"""What goes wrong before there is a cluster, said to the person who started it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from tuik8s.cri import RuntimeFault
from tuik8s.storage import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def explained() -> Iterator[None]:
    """Errors with a remedy end the command with their text and exit code 1; others keep their traceback."""
    try:
        yield
    except* (StoreError, RuntimeFault, OSError) as group:
        raise click.ClickException("; ".join(str(error) for error in _leaves(group))) from group


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in _leaves(part)]
    return [error]
