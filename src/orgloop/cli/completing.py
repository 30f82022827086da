"""What the shell is offered behind a Tab: names out of the project, ids out of the runtime.

It has to come before somebody wonders where it stays: a project's files are read and not checked,
and whatever goes wrong offers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from orgloop.cli.failing import CommandFailed
from orgloop.cli.invocation import Invocation
from orgloop.errors import OrgLoopError

Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_FILES = ("orgloop.yaml", "orgloop.yml")
_KINDS = {"source": "sources", "actor": "actors", "route": "routes"}
_LISTS = ("connectors", "sources", "actors", "routes")
# Shells take a word apart at everything else.
_PLAIN = re.compile(r"[\w.@:/+-]+")
_PATIENCE_SECONDS = 1.0
_MOST_IDS = 50


def names_of(*kinds: str) -> Complete:
    """Return what completes the names of kinds (``source``, ``actor``, ``route``).

    Of several names with commas between them, the last is completed.
    """

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        wanted = kinds or (str(context.params.get("kind")),)
        found = dict.fromkeys(
            name for kind in wanted for name in _names(_invocation(context), kind)
        )
        return [
            CompletionItem(f"{before}{comma}{name}")
            for name in found
            if name.startswith(last) and _PLAIN.fullmatch(name)
        ]

    return complete


def choices_of(known: Callable[[], Sequence[str]]) -> Complete:
    """Return what completes the last of several words with commas between them."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        return [CompletionItem(f"{before}{comma}{one}") for one in known() if one.startswith(last)]

    return complete


def ids_of(path: str, key: str, **query: str) -> Complete:
    """Return what completes ids that a list of the API has under ``key``."""

    def complete(
        context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from orgloop.cli.control import Control, require

        with suppress(CommandFailed, OrgLoopError):
            control = Control.find(_invocation(context).home, timeout_seconds=_PATIENCE_SECONDS)
            rows = require(control.get(path, limit=_MOST_IDS, **query))
            ids = (str(row.get(key)) for row in rows)
            return [CompletionItem(one) for one in ids if one.startswith(incomplete)]
        return []

    return complete


EVENTS = ids_of("/api/events", "event_id")
"""What completes the ids of events: those that came last."""


def _invocation(context: click.Context) -> Invocation:
    return context.find_object(Invocation) or Invocation({})


def _names(invocation: Invocation, kind: str) -> Iterator[str]:
    file = _project_file(invocation)
    key = "name" if kind == "route" else "id"
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
