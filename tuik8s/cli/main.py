"""`tuik8s` and its sub-commands; `up` is what it does when none is named."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click

from tuik8s import __version__
from tuik8s.api.kinds import KUBERNETES_VERSION

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

COMMANDS = ("up", "view", "check", "kubeconfig", "doctor", "reset", "completion")
"""In the order of the help; each is the function of its name in the module of its name."""
ELSEWHERE = ("--context", "--kubeconfig")
"""Options that tell of a cluster elsewhere."""


class DefaultCommand(click.Group):
    """A group in which words that name no sub-command are arguments of `up`, or of `view` where they tell of
    a cluster elsewhere. Only the one that runs is loaded."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return _command(cmd_name) if cmd_name in COMMANDS else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        if ctx.resilient_parsing and not args:
            return super().parse_args(ctx, args)  # a shell completes the first word
        if not args or (args[0] not in COMMANDS and args[0] not in own):
            elsewhere = any(word.partition("=")[0] in ELSEWHERE for word in args)
            args = ["view" if elsewhere else "up", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Sub-commands, and the options of those that need not be named."""
        found = super().shell_complete(ctx, incomplete)
        if incomplete.startswith("-"):
            found += _command("up").shell_complete(ctx, incomplete)
            found += _command("view").shell_complete(ctx, incomplete)
        return list({item.value: item for item in found}.values())


def _command(name: str) -> click.Command:
    command: click.Command = getattr(import_module(f"tuik8s.cli.{name}"), name)
    return command


@click.group(
    cls=DefaultCommand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message=f"tuik8s %(version)s, Kubernetes {KUBERNETES_VERSION}")
def main() -> None:
    """A whole Kubernetes cluster in one terminal window.

    \b
    tuik8s                    open the cluster on ./manifests
    tuik8s up FOLDER          … on another folder; every file saved there is applied at once
    tuik8s --context NAME     any cluster of your kubeconfig, --read-only if you like
    tuik8s check FOLDER       would these manifests converge? Answers with an exit code
    tuik8s kubeconfig         how kubectl reaches it; --merge adds it to yours
    tuik8s doctor             what is installed and reachable, and what to do about what is not

    The cluster is one process. Nothing is downloaded; with a Docker engine containers are real, without one
    they are simulated.
    """
