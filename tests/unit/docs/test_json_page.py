"""The page about JSON speaks of every command."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from orgloop.cli.main import COMMANDS, orgloop
from support.shapes import PAGE, differences, listed, read


def words_of(command: click.Command, *names: str) -> Iterator[str]:
    """Yield the ways to call a command, and those below it."""
    below = command.commands if isinstance(command, click.Group) else {}
    if not below or getattr(command, "invoke_without_command", False):
        yield " ".join(names)
    for name, one in below.items():
        yield from words_of(one, *names, name)


def test_every_command_is_on_the_page() -> None:
    group = click.Context(orgloop)
    commands = {name: orgloop.get_command(group, name) for name in COMMANDS}
    there = {words for name, one in commands.items() if one for words in words_of(one, name)}
    named = {command.partition(" --")[0] for command in listed()}
    silent = PAGE.read_text("utf-8").rpartition("\n`completion`")[2]

    missing = {one for one in there - named if not any(one.startswith(name) for name in SUMMED)}
    assert missing == {"completion", "service logs"}
    assert "`service logs`" in silent


SUMMED = ("add ", "inspect")
"""What stands on the page as one for several, or as several for one."""


@pytest.mark.parametrize(
    ("document", "odd"),
    [
        ({"a": 1, "b": []}, []),
        ({"a": 1, "b": [{"c": 1}]}, []),
        ({"a": 1, "b": [{"d": 1}]}, [".b[0].c", ".b[0].d"]),
        ({"a": 1}, [".b"]),
        ([], [" is no object"]),
    ],
)
def test_a_document_that_has_another_shape_is_found(document: object, odd: list[str]) -> None:
    assert sorted(differences(document, read('{"a", "b": [{"c"}]}'))) == odd
