"""``orgloop version``: print the version."""

from __future__ import annotations

import click

from orgloop import __version__
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import JSON_VERSION, show, show_json


@click.command("version")
@global_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Print the version; with --json also that of the shapes that --json has everywhere."""
    if invocation.json:
        show_json({"version": __version__, "json": JSON_VERSION})
    else:
        show(f"orgloop {__version__}")
