"""What the shell is offered behind a Tab: names out of the project, ids out of the runtime.

It has to come before somebody wonders where it stays: a project's files are read and not checked,
and whatever goes wrong offers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from orgloop.cli.failing import CommandFailed
from orgloop.cli.invocation import Invocation
from orgloop.cli.tab.paths import Complete
from orgloop.commas import words
from orgloop.errors import OrgLoopError

_FILES = ("orgloop.yaml", "orgloop.yml")
_KINDS = {"source": "sources", "actor": "actors", "route": "routes"}
_LISTS = ("connectors", "sources", "actors", "routes")
# Shells take a word apart at everything else. Commas stand between the words of a list.
_PLAIN = re.compile(r"[\w.@:/+,-]+")
_MISHAPS = (OSError, ValueError, RuntimeError)
"""Such as a directory that is gone, a name with a null byte, ``~nobody``, lists without end."""
_PATIENCE_SECONDS = 1.0
_MOST_IDS = 50


def offering(find: Callable[[click.Context, str], Iterable[str]]) -> Complete:
    """Return what offers the words that ``find`` knows and that begin as what was typed does."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        with suppress(CommandFailed, OrgLoopError, *_MISHAPS):
            found = dict.fromkeys(find(context, incomplete))
            begun = (one for one in found if one.startswith(incomplete))
            return [CompletionItem(one) for one in begun if _PLAIN.fullmatch(one)]
        return []

    return complete


def last_of(find: Callable[[click.Context], Iterable[str]]) -> Complete:
    """Return what completes the last of several words with commas between them, each once."""

    def extended(context: click.Context, incomplete: str) -> Iterator[str]:
        before, comma, _ = incomplete.rpartition(",")
        named = words(before)
        for one in find(context):
            if "," not in one and one not in named:
                yield f"{before}{comma}{one}"

    return offering(extended)


def names_of(*kinds: str) -> Complete:
    """Return what completes the names of kinds (``source``, ``actor``, ``route``), also several.

    Without a kind it is the one that the command was told.
    """

    def find(context: click.Context) -> Iterator[str]:
        for kind in kinds or (str(context.params.get("kind")),):
            key = "name" if kind == "route" else "id"
            yield from written(invocation_of(context), kind, key)

    return last_of(find)


def ids_of(path: str, key: str, **query: str) -> Complete:
    """Return what completes ids that a list of the API has under ``key``."""

    def find(context: click.Context, incomplete: str) -> Iterator[str]:
        from orgloop.cli.control import Control, require

        control = Control.find(invocation_of(context).home, timeout_seconds=_PATIENCE_SECONDS)
        rows = require(control.get(path, limit=_MOST_IDS, **query))
        return (str(row.get(key)) for row in rows)

    return offering(find)


EVENTS = ids_of("/api/events", "event_id")
"""What completes the ids of events: those that came last."""


def invocation_of(context: click.Context) -> Invocation:
    """Return how the command that is typed is called, as far as it is typed."""
    return context.find_object(Invocation) or Invocation({})


def written(invocation: Invocation, kind: str, key: str) -> Iterator[str]:
    """Yield what a project's definitions of a kind say under a key, where that is a text."""
    file = _project_file(invocation)
    for definition in _definitions(file, _KINDS[kind]) if file and kind in _KINDS else ():
        if isinstance(definition, dict) and isinstance(definition.get(key), str):
            yield definition[key]


def _project_file(invocation: Invocation) -> Path | None:
    named = invocation.config or invocation.environ.get("ORGLOOP_CONFIG")
    start = Path(named).expanduser() if named else Path.cwd()
    if start.is_file():
        return start
    places = [start] if named else [start, *start.parents]
    candidates = (place / name for place in places for name in _FILES)
    return next((one for one in candidates if one.is_file()), None)


def _definitions(file: Path, wanted: str) -> Iterator[Any]:
    """Yield the definitions of a kind, of ``orgloop.yaml`` and the files that belong to it."""
    top = _read(file)
    named = [item for name in _LISTS for item in _listed(top, name) if isinstance(item, str)]
    groups = [item for item in _listed(top, "connectors") if isinstance(item, dict)]
    routes = sorted(file.parent.glob("routes/**/*.y*ml"))
    files = dict.fromkeys([*(file.parent / Path(one).expanduser() for one in named), *routes])
    for document in (top, *groups, *map(_read, files)):
        yield from _listed(document, wanted)


def _listed(document: object, name: str) -> Sequence[Any]:
    listed = document.get(name) if isinstance(document, dict) else None
    return listed if isinstance(listed, list) else ()


def _read(file: Path) -> object:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(file.read_bytes(), loader)
    except (OSError, ValueError, yaml.YAMLError):
        return None
