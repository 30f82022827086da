"""Tell how tests went: to people and to programs."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from orgloop.cli.look import Meaning, columns_of, fit, lasting, line, style, width
from orgloop.cli.output import show
from orgloop.cli.wrapping import wrapped
from orgloop.hidden import Hidden
from orgloop.printable import printable
from orgloop.runtime.rehearsal.judging import Miss
from orgloop.runtime.rehearsal.performing import Performance

Document = dict[str, Any]
_LONGEST_LINE = 2_000
"""Characters: about a screen. With ``--json`` all of it is there."""


@frozen
class Played:
    """How the tests of one suite went."""

    file: Path
    tests: Sequence[Performance]

    @property
    def is_good(self) -> bool:
        return all(one.is_good for one in self.tests)


def results(played: Sequence[Played], hidden: Hidden) -> Document:
    """Return what ``--json`` prints."""
    return {
        **_counts(played),
        "results": [_result(suite.file, one, hidden) for suite in played for one in suite.tests],
    }


def _counts(played: Sequence[Played]) -> dict[str, int]:
    tests = [one for suite in played for one in suite.tests]
    return {"tests": len(tests), "failed": sum(not one.is_good for one in tests)}


def _result(file: Path, one: Performance, hidden: Hidden) -> Document:
    return {
        "suite": str(file),
        "line": line_of(one),
        "name": one.case.name,
        "passed": one.is_good,
        "error": hidden.conceal_in(one.error),
        "misses": [
            hidden.conceal_in(
                {"path": m.path, "expected": m.expected, "actual": m.actual, "why": m.why}
            )
            for m in one.misses
        ],
        "duration_ms": round(one.seconds * 1000, 3),
    }


def show_results(played: Sequence[Played], hidden: Hidden, *, quiet: bool) -> None:
    """Write each test and how it went, failing ones with the difference; then the sum.

    Of what is good, ``quiet`` leaves only the sum.
    """
    for suite in played:
        if quiet and suite.is_good:
            continue
        show(line(style(suite.file, "strong")))
        for one in suite.tests:
            if not one.is_good:
                _show_failed(suite.file, one, hidden)
            elif not quiet:
                took = style(f"({lasting(one.seconds * 1000)})", "dim")
                good = line("  ", style("ok", "good"), "    ", one.case.name, " ", took)
                show(fit(good, width()))
    counts = _counts(played)
    tests = f"{counts['tests']} {'test' if counts['tests'] == 1 else 'tests'}"
    failed = counts["failed"]
    said = style(f"{failed} failed", "bad") if failed else style("all passed", "good")
    show(line(tests, ", ", said))


def _show_failed(file: Path, one: Performance, hidden: Hidden) -> None:
    word, place = style("FAILED", "bad"), style(f"{file}:{line_of(one)}", "dim")
    head, room = line("  ", word, " ", one.case.name, "  ", place), width()
    if room is None or columns_of(head) <= room:
        show(head)
    else:
        show(line("  ", word, " ", place))
        _show_folded(one.case.name)
    for text, meaning in told(one, hidden):
        _show_folded(text, meaning)


def _show_folded(text: str, meaning: Meaning | None = None) -> None:
    for one in wrapped(f"      {printable(text)}", sys.stdout).split("\n"):
        show(style(one, meaning) if meaning is not None else line(one))


def told(one: Performance, hidden: Hidden) -> Iterator[tuple[str, Meaning | None]]:
    """Yield the lines that say what is wrong, each with how it looks."""
    if one.error is not None:
        yield hidden.conceal(one.error), None
    for miss in one.misses:
        yield miss.path, "strong"
        for text in _difference(miss, hidden):
            yield text, "bad" if text.startswith("-") else "good" if text[:1] == "+" else "dim"
        if miss.why:
            yield f"because {hidden.conceal(miss.why)}", None


def _difference(miss: Miss, hidden: Hidden) -> Iterator[str]:
    """Yield what was expected (``-``) and what is (``+``), line by line where it is a text."""
    expected, actual = (_lines(one, hidden) for one in (miss.expected, miss.actual))
    if expected == actual:
        yield "they differ in what is not shown"
    elif len(expected) == 1 or len(actual) == 1:
        yield from (f"- {one}" for one in expected)
        yield from (f"+ {one}" for one in actual)
    else:
        _, _, *changes = difflib.unified_diff(expected, actual, n=1, lineterm="")
        yield from (f"{one[0]} {one[1:]}" for one in changes if not one.startswith("@@"))


def _lines(value: Any, hidden: Hidden) -> list[str]:
    """Return a value as lines of text, none longer than a person reads."""
    shown = hidden.conceal_in(value)
    is_text = isinstance(shown, str) and "\n" in shown
    lines = shown.split("\n") if is_text else [json.dumps(shown, ensure_ascii=False)]
    return [
        one if len(one) <= _LONGEST_LINE else f"{one[:_LONGEST_LINE]}… ({len(one)} characters)"
        for one in lines
    ]


def line_of(one: Performance) -> int:
    """Return the line of its suite on which a test begins."""
    place = one.case.place
    return place.line if place is not None else 1
