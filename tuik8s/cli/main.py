"""`tuik8s` and its sub-commands; `up` is what it does when none is named."""

from __future__ import annotations

import click

from tuik8s import __version__
from tuik8s.api.kinds import KUBERNETES_VERSION
from tuik8s.cli.check import check
from tuik8s.cli.completion import completion
from tuik8s.cli.doctor import doctor
from tuik8s.cli.kubeconfig import kubeconfig
from tuik8s.cli.reset import reset
from tuik8s.cli.up import up


class DefaultCommand(click.Group):
    """A group in which words that name no sub-command are arguments of `up`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {name for parameter in self.get_params(ctx) for name in parameter.opts}
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["up", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=DefaultCommand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, message=f"tuik8s %(version)s, Kubernetes {KUBERNETES_VERSION}")
def main() -> None:
    """A whole Kubernetes cluster in one terminal window.

    \b
    tuik8s                    open the cluster on ./manifests
    tuik8s up FOLDER          … on another folder; every file saved there is applied at once
    tuik8s check FOLDER       would these manifests converge? Answers with an exit code
    tuik8s kubeconfig         how kubectl reaches it; --merge adds it to yours
    tuik8s doctor             what is installed and reachable, and what to do about what is not

    The cluster is one process. Nothing is downloaded; with a Docker engine containers are real, without one
    they are simulated.
    """


for command in (up, check, kubeconfig, doctor, reset, completion):
    main.add_command(command)
