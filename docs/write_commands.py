"""Write the page of all commands and flags, from what ``--help`` says.

    python docs/write_commands.py

A test sees to it that what is committed is what this writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click

from orgloop.cli.main import COMMANDS

PAGE = Path(__file__).parent / "reference" / "commands.md"
_HEAD = """\
# Every command, every flag

What `--help` says, in one place. [The command line](cli.md) says what it means: exit codes,
what is printed with `--json`, examples.

Each command takes these, before it or behind it:

"""


def page() -> str:
    """Return the page."""
    root = import_module("orgloop.cli.main").orgloop
    listed = ((name, _command(name)) for name in COMMANDS)
    body = "".join(part for name, one in listed for part in _parts(name, one, depth=2))
    return _HEAD + _table(root, frozenset()) + body


def _command(name: str) -> click.Command:
    module = import_module(f"orgloop.cli.{name.replace('-', '_')}")
    command: click.Command = module.command
    return command


def _parts(name: str, command: click.Command, depth: int) -> Iterator[str]:
    """Yield the text of a command and of those below it."""
    common = frozenset(_flags(import_module("orgloop.cli.main").orgloop))
    arguments = [one.make_metavar(_context(command)) for one in _arguments(command)]
    usage = " ".join(["orgloop", name, *arguments])
    yield f"\n{'#' * depth} orgloop {name}\n\n`{usage}`\n\n{_said(command)}\n"
    if table := _table(command, common):
        yield f"\n{table}"
    if isinstance(command, click.Group):
        for below in command.list_commands(_context(command)):
            one = command.get_command(_context(command), below)
            assert one is not None
            yield from _parts(f"{name} {below}", one, depth + 1)


def _context(command: click.Command) -> click.Context:
    return click.Context(command, terminal_width=10_000)


def _arguments(command: click.Command) -> list[click.Argument]:
    return [one for one in command.params if isinstance(one, click.Argument)]


def _flags(command: click.Command) -> Iterator[str]:
    for one in command.params:
        yield from one.opts if isinstance(one, click.Option) else ()


def _said(command: click.Command) -> str:
    """Return the first paragraph of a command's help; what follows are examples."""
    return _escaped(" ".join((command.help or "").split("\n\n")[0].split()))


def _table(command: click.Command, left_out: frozenset[str]) -> str:
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    records = [one.get_help_record(_context(command)) for one in options if _is_own(one, left_out)]
    rows = [
        f"| `{_in_cell(record[0])}` | {_escaped(record[1])} |\n" for record in records if record
    ]
    return "| flag | |\n|---|---|\n" + "".join(rows) if rows else ""


def _is_own(option: click.Option, left_out: frozenset[str]) -> bool:
    return not left_out & set(option.opts)


def _in_cell(code: str) -> str:
    return code.replace("|", r"\|")


def _escaped(text: str) -> str:
    return re.sub(r"([|<>*_])", r"\\\1", text)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
