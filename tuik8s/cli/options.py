"""Options that several sub-commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tuik8s.api.durations import parse_duration
from tuik8s.config import BadConfig, Config

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

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


class Names(click.ParamType):  # type: ignore[type-arg]  # no generic before click 8.4
    """`one,two`: a tuple without repetitions."""

    name = "names"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        parts = value.split(",") if isinstance(value, str) else value
        return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


class Duration(click.ParamType):  # type: ignore[type-arg]
    """`1h30m`, as Kubernetes' own flags have it."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


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
