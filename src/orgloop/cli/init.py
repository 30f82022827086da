"""``orgloop init``: write the files of a new project."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

import click
import yaml
from attrs import frozen

from orgloop.cli.asking import ask, may_ask
from orgloop.cli.completing import last_of
from orgloop.cli.env import needs_of, show_variable
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import one_line, show, show_json, show_prose
from orgloop.cli.scaffold import (
    TEMPLATES,
    Files,
    around_connectors,
    from_template,
    known_connectors,
)
from orgloop.cli.wrapping import wrapped
from orgloop.commas import words
from orgloop.paths import absolute

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
    shell_complete=last_of(lambda context: known_connectors()),
    help="In place of a template: the connectors to begin with.",
)
@click.pass_obj
def command(
    invocation: Invocation, name: str | None, template: str | None, connectors: str | None
) -> None:
    """Write a project into the current directory if it is empty, else into ./NAME.

    Nothing that is there is overwritten. What is not said is asked for on a terminal.
    """
    here = Path(absolute("."))
    named = _connectors(connectors)
    if name is not None:
        _checked_name(name)
    if named and template:
        raise CommandFailed(
            "a project begins with a template or with connectors, not with both",
            hint="leave out --template or --connectors",
            code=Exit.USAGE,
        )
    if not (named or template) and may_ask(invocation):
        template, named = _ask_what()
    wish = _wish(invocation, here, name, template, named)
    files = wish.files()
    _write(files, wish.directory)
    _tell(invocation, wish, files)


def _connectors(written: str | None) -> tuple[str, ...]:
    names = tuple(word.removeprefix("@orgloop/connector-") for word in words(written or ""))
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
    offered = {**TEMPLATES, "none": "connectors of your choice"}
    listed = click.HelpFormatter()  # it folds what is said of each to the width of the terminal
    with listed.indentation():
        listed.write_dl(list(offered.items()))
    click.echo(listed.getvalue(), nl=False, err=True)
    template = ask("Template", partial(_one_of, offered), default=_DEFAULT)
    if template != "none":
        return template, ()
    click.echo(wrapped(f"  {', '.join(known_connectors())}", sys.stderr), err=True)
    return None, ask("Connectors, with commas between them", _connectors)


def _one_of(offered: Collection[str], word: str) -> str:
    if word not in offered:
        raise CommandFailed(
            f"there is no template {word!r}", hint=f"there are: {', '.join(offered)}"
        )
    return word


def _wish(
    invocation: Invocation,
    here: Path,
    name: str | None,
    template: str | None,
    connectors: tuple[str, ...],
) -> _Wish:
    is_empty = not any(here.iterdir())
    usual = here.name if is_empty and _NAME.fullmatch(here.name) else template
    usual = usual or ("my-org" if connectors else _DEFAULT)
    if name is None:
        name = ask("Name", _checked_name, default=usual) if may_ask(invocation) else usual
    return _Wish(name, here if is_empty else here / name, template, connectors)


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise CommandFailed(
            f"{name!r} cannot be the name of a project",
            hint="use up to 100 letters, digits, and . _ - inside it",
            code=Exit.USAGE,
        )
    return name


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
    show_prose(f"{one_line(wish.name)} is in {one_line(wish.directory)}:")
    for path in sorted(files):
        show(f"  {path}")
    needed = [one for one in needs.variables if one["status"] in ("set", "missing")]
    if needed:
        show_prose("\nIt needs these variables, in the environment or in .env beside orgloop.yaml:")
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
