"""``orgloop init``: write the files of a new project."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import click
import yaml
from attrs import frozen

from orgloop.cli.completing import choices_of
from orgloop.cli.env import needs_of, show_variable
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import one_line, show, show_json
from orgloop.cli.scaffold import (
    TEMPLATES,
    Files,
    around_connectors,
    from_template,
    known_connectors,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_DEFAULT = "minimal"


@frozen
class _Wish:
    """What the project is to be."""

    name: str
    directory: Path
    template: str | None
    connectors: tuple[str, ...]

    def files(self) -> Files:
        if self.connectors:
            return around_connectors(self.connectors, self.name)
        return from_template(self.template or _DEFAULT, self.name)


@click.command("init")
@global_options
@click.option("--name", metavar="NAME", help="The project's name (default: the directory's).")
@click.option(
    "--template",
    type=click.Choice(list(TEMPLATES)),
    help="The project to begin with (default: minimal).",
)
@click.option(
    "--connectors",
    metavar="A,B",
    shell_complete=choices_of(known_connectors),
    help="In place of a template: the connectors to begin with.",
)
@click.pass_obj
def command(
    invocation: Invocation, name: str | None, template: str | None, connectors: str | None
) -> None:
    """Write a project into the current directory if it is empty, else into ./NAME.

    Nothing that is there is overwritten. What is not said is asked for on a terminal.
    """
    named = _connectors(connectors)
    if named and template:
        raise CommandFailed(
            "a project begins with a template or with connectors, not with both",
            hint="leave out --template or --connectors",
            code=Exit.USAGE,
        )
    if not (named or template) and _may_ask(invocation):
        template, named = _ask_what()
    wish = _wish(invocation, name, template, named)
    files = wish.files()
    _write(files, wish.directory)
    _tell(invocation, wish, files)


def _may_ask(invocation: Invocation) -> bool:
    return not invocation.no_interactive and sys.stdin.isatty() and sys.stderr.isatty()


def _connectors(written: str | None) -> tuple[str, ...]:
    words = [word.strip() for word in (written or "").split(",")]
    names = tuple(word.removeprefix("@orgloop/connector-") for word in words if word)
    known = known_connectors()
    for name in names:
        if name not in known:
            raise CommandFailed(
                f"there is no connector {name!r} to begin with",
                hint=f"there are: {', '.join(known)}",
                code=Exit.USAGE,
            )
    return names


def _ask_what() -> tuple[str | None, tuple[str, ...]]:
    for template, does in TEMPLATES.items():
        click.echo(f"  {template:<24} {does}", err=True)
    click.echo(f"  {'none':<24} connectors of your choice", err=True)
    choice = click.Choice([*TEMPLATES, "none"])
    template = click.prompt("Template", type=choice, default=_DEFAULT, show_choices=False, err=True)
    if template != "none":
        return str(template), ()
    click.echo(f"  {', '.join(known_connectors())}", err=True)
    return None, _connectors(click.prompt("Connectors, with commas between them", err=True))


def _wish(
    invocation: Invocation, name: str | None, template: str | None, connectors: tuple[str, ...]
) -> _Wish:
    here = Path.cwd()
    is_empty = not any(here.iterdir())
    usual = here.name if is_empty and _NAME.fullmatch(here.name) else template
    usual = usual or ("my-org" if connectors else _DEFAULT)
    if name is None:
        asks = _may_ask(invocation)
        name = str(click.prompt("Name", default=usual, err=True)) if asks else usual
    if not _NAME.fullmatch(name):
        raise CommandFailed(
            f"{name!r} cannot be the name of a project",
            hint="use up to 100 letters, digits, and . _ - inside it",
            code=Exit.USAGE,
        )
    return _Wish(name, here if is_empty else here / name, template, connectors)


def _write(files: Files, directory: Path) -> None:
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise _in_the_way(directory)
    if directory.is_dir() and any(directory.iterdir()):
        raise _in_the_way(directory)
    for path, content in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("xb") as stream:
            stream.write(content)


def _in_the_way(directory: Path) -> CommandFailed:
    return CommandFailed(
        f"{directory} is there already; nothing was written",
        hint="choose another --name, or go to an empty directory",
    )


def _tell(invocation: Invocation, wish: _Wish, files: Files) -> None:
    invocation.config = str(wish.directory)
    needs = needs_of(invocation)
    hooks = [f"orgloop hook install {agent}" for agent in _agents(files)]
    if invocation.json:
        document: dict[str, Any] = {
            "name": wish.name,
            "directory": str(wish.directory),
            "template": None if wish.connectors else wish.template or _DEFAULT,
            "files": sorted(files),
            "variables": needs.variables,
            "hooks": hooks,
        }
        show_json(document)
        return
    show(f"{one_line(wish.name)} is in {one_line(wish.directory)}:")
    for path in sorted(files):
        show(f"  {path}")
    needed = [one for one in needs.variables if one["status"] in ("set", "missing")]
    if needed:
        show("\nIt needs these variables, in the environment or in .env beside orgloop.yaml:")
    for variable in needed:
        show_variable(variable)
    has_example = bool(needed) and ".env.example" in files
    example = ["cp .env.example .env, and fill it in"] if has_example else []
    _say_next(invocation, wish, [*example, "orgloop env check", *hooks])


def _say_next(invocation: Invocation, wish: _Wish, setting_up: list[str]) -> None:
    moves = [] if wish.directory == Path.cwd() else [f"cd {wish.name}"]
    steps = [*moves, *setting_up, "orgloop doctor", "orgloop start"]
    invocation.say("\nNext:\n" + "\n".join(f"  {step}" for step in steps))


def _agents(files: Files) -> list[str]:
    """Return the coding agents that a hook makes tell of their sessions."""
    from orgloop.connectors.coding_agent.agents import NAMES

    agents = []
    for path, content in sorted(files.items()):
        document = yaml.safe_load(content) if path.endswith(".yaml") else {}
        found = [
            str(source["connector"])
            for source in document.get("sources") or ()
            if isinstance(source, dict)
        ]
        agents += [name for name in found if name in NAMES]
    return agents
