"""What goes wrong before there is a cluster, said to the person who started it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def explained() -> Iterator[None]:
    """Errors with a remedy end the command with their text and exit code 1; others keep their traceback."""
    try:
        yield
    except Exception as error:
        # Loaded only when they are needed: every command comes by here.
        from tuik8s.config import BadConfig
        from tuik8s.cri import RuntimeFault
        from tuik8s.storage import StoreError

        leaves = _leaves(error)
        if not all(isinstance(leaf, BadConfig | StoreError | RuntimeFault | OSError) for leaf in leaves):
            raise
        raise click.ClickException("; ".join(map(str, leaves))) from error


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in _leaves(part)]
    return [error]
