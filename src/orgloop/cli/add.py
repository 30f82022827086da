"""``orgloop add``: write a component or a route that works, with its test."""

from __future__ import annotations

import click

from orgloop.cli.completing import names_of
from orgloop.cli.invocation import Invocation, global_options
from orgloop.commas import words


@click.group("add")
@global_options
def command() -> None:
    """Write a component or a route that works as it is, with its test; nothing is overwritten."""


@command.command("connector")
@global_options
@click.argument("name")
@click.pass_obj
def connector(invocation: Invocation, name: str) -> None:
    """Write a source that polls and an actor, and list them in orgloop.yaml."""
    from orgloop.cli.adding.writing import add_connector

    add_connector(invocation, name)


@command.command("transform")
@global_options
@click.option("--script", is_flag=True, help="A program in place of a Python class.")
@click.argument("name")
@click.pass_obj
def transform(invocation: Invocation, script: bool, name: str) -> None:
    """Write a transform, and list it in orgloop.yaml."""
    from orgloop.cli.adding.writing import add_transform

    add_transform(invocation, name, is_script=script)


@command.command("logger")
@global_options
@click.argument("name")
@click.pass_obj
def logger(invocation: Invocation, name: str) -> None:
    """Write a logger, and list it in orgloop.yaml."""
    from orgloop.cli.adding.writing import add_logger

    add_logger(invocation, name)


@command.command("route")
@global_options
@click.option(
    "--source",
    shell_complete=names_of("source", "actor"),
    metavar="ID",
    help="Whose events (default: the only source).",
)
@click.option(
    "--actor",
    shell_complete=names_of("actor"),
    metavar="ID",
    help="Who is woken (default: the only actor).",
)
@click.option(
    "--events", metavar="A,B", help="Only these: types, or kinds (provenance.platform_event)."
)
@click.argument("name")
@click.pass_obj
def route(
    invocation: Invocation, source: str | None, actor: str | None, events: str | None, name: str
) -> None:
    """Write a route, what its actor is told (sops/), and a suite that tries it."""
    from orgloop.cli.adding.writing import add_route

    add_route(invocation, name, source=source, actor=actor, events=words(events or ""))
