"""The pages about commands speak of all of them, and of the flags that there are."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from orgloop.cli.main import COMMANDS, orgloop
from support.sessions.page import Command, NotRun, steps_of

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
TEMPLATES = ROOT / "src" / "orgloop" / "cli" / "templates"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md"), *TEMPLATES.rglob("*.md")])
WRITER = runpy.run_path(str(DOCS / "write_commands.py"))
PLACEHOLDER = re.compile(r"[\[{]?[A-Z]+\W*|-?-?[\w-]*…")
"""What stands for something else: ``NAME``, ``[ID]...``, ``ID…``."""


def test_the_page_of_flags_is_what_help_says() -> None:
    written = (DOCS / "reference" / "commands.md").read_text("utf-8")

    assert written == WRITER["page"](), "run python docs/write_commands.py"


def test_the_page_of_the_command_line_has_a_section_for_each_command() -> None:
    text = (DOCS / "reference" / "cli.md").read_text("utf-8")
    sections = set(re.findall(r"^## orgloop ([\w-]+)", text, re.MULTILINE))

    assert sections == set(COMMANDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_that_are_named_exist(page: Path) -> None:
    assert [f"{line}: {what}" for line in named(page) for what in unknown(line.split())] == []


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("orgloop -c DIR start --daemon", []),
        ("orgloop data check|repair", []),
        ("orgloop hook claude-code", []),
        ("orgloop begin", ["begin"]),
        ("orgloop start --deamon", ["--deamon"]),
        ("orgloop data check|mend", ["mend"]),
    ],
)
def test_what_does_not_exist_is_found(line: str, what: list[str]) -> None:
    assert list(unknown(line.split())) == what


def named(page: Path) -> Iterator[str]:
    """Yield the commands in the prose of a page and in its blocks, also those that are not run."""
    text = page.read_text("utf-8")
    for code in re.findall(
        r"`(orgloop [^`]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    ):
        yield re.split(r"\\?\| | >", " ".join(code.split()))[0]
    for step in steps_of(page):
        if isinstance(step, Command | NotRun):
            text = step.text if isinstance(step, Command) else step.content
            yield from re.findall(r"\borgloop (?!orgloop)-?[a-z][^|>&)\n]*", text)


def unknown(words: list[str]) -> Iterator[str]:
    """Yield the words of a command line that are no commands and no flags."""
    command: click.Command = orgloop
    rest = iter(words[1:])
    for word in rest:
        if word.startswith("-"):
            flag = flags_of(command).get(word.partition("=")[0])
            if flag is None:
                yield word
            elif not flag.is_flag and "=" not in word:
                next(rest, None)
        elif isinstance(command, click.Group) and not PLACEHOLDER.fullmatch(word):
            found = {name: below(command, name) for name in word.split("|")}
            if command.name != "hook":  # any name may stand behind that
                yield from (name for name, one in found.items() if one is None)
            command = next(iter(found.values())) or click.Command(None)


def below(command: click.Group, name: str) -> click.Command | None:
    return command.get_command(click.Context(command), name)


def flags_of(command: click.Command) -> dict[str, click.Option]:
    """Return the flags of a command, and those that may stand behind every command."""
    parameters = [*orgloop.params, *command.get_params(click.Context(command))]
    options = [one for one in parameters if isinstance(one, click.Option)]
    return {flag: one for one in options for flag in (*one.opts, *one.secondary_opts)}
