"""Options that several sub-commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tuik8s.config import BadConfig, Config

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

_CLUSTER_OPTIONS = (
    click.option("--cluster", metavar="NAME", default="tuik8s", show_default=True, help="Which cluster."),
    click.option(
        "--data-dir",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where its state lives; by default under the user's data directory.",
    ),
)


def cluster_options(command: F) -> F:
    """`--cluster` and `--data-dir`."""
    for option in reversed(_CLUSTER_OPTIONS):
        command = option(command)
    return command


def config_of(**settings: Any) -> Config:
    """A `Config`, or a usage error that says what is wrong with it."""
    try:
        return Config(**settings)
    except BadConfig as error:
        raise click.UsageError(str(error)) from error
