"""Write into a page what its commands print."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from support.sessions.likeness import Names, ids_in, renamed
from support.sessions.page import Command, Hidden, Said, steps_of
from support.sessions.session import Difference, session

SETTLING_SECONDS = 1.5
"""What a command has set going is over by then, so that the next one shows how it ended."""


def record(page: Path, directory: Path) -> int:
    """Run a page in an empty directory and put right what it shows; return how often."""
    found = []
    with session(directory) as running:
        running.patience_seconds = 2 * SETTLING_SECONDS
        for step in steps_of(page):
            difference = running.take(step)
            if difference is not None:
                found.append(difference)
                _learn(difference, running.names)
            if isinstance(step, Command | Hidden):
                time.sleep(SETTLING_SECONDS)
        as_shown = {real: shown for shown, real in running.names.items()}
    page.write_text(_corrected(page.read_text("utf-8"), found, as_shown), "utf-8")
    return len(found)


def _learn(difference: Difference, names: Names) -> None:
    """Let each new id stand for the one that the page had in its place, or for itself."""
    shown = [id for id in _ids_of(difference.step.shown) if id not in names]
    known = set(names.values())
    printed = [id for id in _ids_of(difference.printed) if id not in known]
    if len(shown) == len(printed):
        names.update(zip(shown, printed, strict=True))
    names.update((id, id) for id in printed if id not in names.values())


def _ids_of(lines: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(id for line in lines for id in ids_in(line)))


def _corrected(text: str, found: Sequence[Difference], as_shown: Names) -> str:
    lines = text.splitlines()
    for one in reversed(found):
        if isinstance(one.step, Said):
            continue  # which of its lines a page shows is for its author to choose
        begin = one.step.first_line
        lines[begin : begin + len(one.step.shown)] = [
            renamed(line, as_shown) for line in one.printed
        ]
    return "\n".join(lines) + "\n"
