"""What a page shows: commands, what they print, files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

_BLOCK = re.compile(
    r"""(?P<hidden><!--[ ]run:(?P<script>.*?)-->)
      | (?:^<!--[ ](?P<word>file|not[ ]run|first[ ]terminal)(?::[ ](?P<value>[^\n]*?))?[ ]-->\n+)?
        ^```(?P<language>\w*)\n(?P<body>.*?)^```$""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_HERE_DOCUMENT = re.compile(r"<<-?\s*['\"]?(\w+)['\"]?")
_PROMPT = "$ "


@frozen
class Command:
    """A command, and the lines below it: which lines of the page they are, counted from 0."""

    text: str
    shown: Sequence[str]
    first_line: int
    """The line of the page on which what it prints begins."""


@frozen
class Hidden:
    """Commands that a reader need not see."""

    text: str


@frozen
class Shown:
    """A file that a reader writes."""

    name: str
    content: str


@frozen
class Said:
    """What the runtime in the first terminal has said by now."""

    shown: Sequence[str]
    first_line: int


@frozen
class NotRun:
    """What cannot be run, and why."""

    reason: str
    content: str


Step = Command | Hidden | Shown | Said | NotRun


def steps_of(page: Path) -> list[Step]:
    """Return what a page shows, in its order."""
    text = page.read_text("utf-8")
    return [step for match in _BLOCK.finditer(text) for step in _steps(match, text)]


def _steps(match: re.Match[str], text: str) -> Iterator[Step]:
    if match["hidden"]:
        yield Hidden(match["script"].strip())
        return
    body = match["body"]
    first_line = text.count("\n", 0, match.start("body"))
    if match["word"] == "not run":
        yield NotRun(match["value"], body)
    elif match["word"] == "file":
        yield Shown(match["value"], body)
    elif match["word"] == "first terminal":
        yield Said(body.splitlines(), first_line)
    elif match["language"] == "console":
        yield from _commands(body.splitlines(), first_line)


def _commands(lines: Sequence[str], first_line: int) -> Iterator[Command]:
    at = 0
    while at < len(lines):
        if not lines[at].startswith(_PROMPT):
            raise ValueError(f"line {first_line + at + 1}: expected a command behind {_PROMPT!r}")
        begin, at = at, _end_of_command(lines, at)
        text = "\n".join([lines[begin].removeprefix(_PROMPT), *lines[begin + 1 : at]])
        below = at
        while at < len(lines) and not lines[at].startswith(_PROMPT):
            at += 1
        yield Command(text, lines[below:at], first_line + below)


def _end_of_command(lines: Sequence[str], at: int) -> int:
    """Return the number of the line behind a command: behind its last ``\\``, or here-document."""
    document = _HERE_DOCUMENT.search(lines[at])
    if document:
        return lines.index(document[1], at) + 1
    while lines[at].endswith("\\"):
        at += 1
    return at + 1
