"""Read the events that a person gives to be tried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import orjson  # as the runtime does: what it refuses is refused here

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.errors import InvalidEvent

Document = dict[str, Any]


def read_events(file: IO[bytes]) -> list[Document]:
    """Return the events in a file: one object, a list of them, or one on each line.

    Raises `CommandFailed` that names the file and the line.
    """
    name = getattr(file, "name", "<stdin>")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(name, "this is not UTF-8") from error
    found = list(_documents(text, name))
    if not found:
        raise _wrong(name, "there is no event in it")
    return found


def _documents(text: str, name: str) -> Iterator[Document]:
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        yield from _lines(text, name, error)
        return
    for place, one in enumerate(whole if isinstance(whole, list) else [whole], start=1):
        if not isinstance(one, dict):
            raise _wrong(name, f"number {place} is JSON but no object")
        yield one


def _lines(text: str, name: str, whole: Exception) -> Iterator[Document]:
    """Read JSON lines; what is wrong with a single document is told as it is."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    for number, line in lines:
        try:
            one = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            reason = error if number > lines[0][0] else whole
            raise _wrong(name, f"this is not JSON: {reason}") from error
        if not isinstance(one, dict):
            raise _wrong(f"{name}:{number}", "this is JSON but no object")
        yield one


def _wrong(where: str, what: str) -> CommandFailed:
    return CommandFailed(
        f"{where}: {what}",
        hint='write an event: {"source": "…", "type": "resource.changed", "payload": {…}}',
        code=Exit.USAGE,
    )


@contextmanager
def numbered(place: int, count: int) -> Iterator[None]:
    """Say of what is no event which one of ``count`` it is."""
    try:
        yield
    except InvalidEvent as error:
        if count == 1:
            raise
        raise InvalidEvent([f"number {place}: {one}" for one in error.problems]) from error


@contextmanager
def no_event_told() -> Iterator[None]:
    """Raise `CommandFailed` for what is no event."""
    try:
        yield
    except InvalidEvent as error:
        raise CommandFailed(
            "this is no event: " + "; ".join(error.problems),
            hint="see what one is made of: docs/concepts.md",
            code=Exit.USAGE,
        ) from error
