"""``orgloop completion``: the script that has a shell complete commands, flags and names."""

from __future__ import annotations

import click

from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show
from orgloop.cli.tab.shells import script_for

_PLACES = {
    "bash": "orgloop completion bash > ~/.local/share/bash-completion/completions/orgloop",
    "zsh": "orgloop completion zsh > ~/.zfunc/_orgloop  (~/.zfunc in fpath, before compinit)",
    "fish": "orgloop completion fish > ~/.config/fish/completions/orgloop.fish",
}


@click.command("completion")
@global_options
@click.argument("shell", type=click.Choice(list(_PLACES)))
@click.pass_obj
def command(invocation: Invocation, shell: str) -> None:
    """Print the script that has SHELL complete commands, flags and names.

    Names of sources, actors and routes come from the project, ids from the runtime.
    """
    show(script_for(shell))
    invocation.say(f"to keep it: {_PLACES[shell]}")
