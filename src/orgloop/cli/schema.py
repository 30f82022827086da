"""``orgloop schema``: print the JSON Schema of a kind of project file."""

from __future__ import annotations

from importlib.resources import files

import click

from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show

_KINDS = ("Project", "ConnectorGroup", "RouteGroup", "TransformGroup", "LoggerGroup", "Suite")
_ANY = "any"


@click.command("schema")
@global_options
@click.argument(
    "kind", metavar="[KIND]", required=False, type=click.Choice(_KINDS, case_sensitive=False)
)
@click.pass_obj
def command(invocation: Invocation, kind: str | None) -> None:
    """Print the JSON Schema of files of KIND, or one for files of any kind.

    Editors complete and check project files with it.
    """
    shipped = files("orgloop.config") / "schemas" / f"{kind or _ANY}.json"
    show(shipped.read_text("utf-8").rstrip())
