"""`tuik8s completion`: the script that a shell needs."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash: eval "$(tuik8s completion bash)"      in ~/.bashrc
    zsh:  eval "$(tuik8s completion zsh)"       in ~/.zshrc
    fish: tuik8s completion fish | source       in ~/.config/fish/config.fish
    """
    root = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    if kind is None:
        raise click.ClickException(f"no completion for {shell}")
    click.echo(kind(root.command, {}, "tuik8s", "_TUIK8S_COMPLETE").source())
