"""``orgloop plan``: what a start would change against what ran last."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click
import orjson

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.look import Meaning, line, style, when
from orgloop.cli.output import one_line, show, show_json
from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.storage.home import Home, read_line
from orgloop.storage.snapshot import read_snapshot

if TYPE_CHECKING:
    from orgloop.config.model import ProjectDefinition
    from orgloop.runtime.changes import Change

_CHANGED = 2
_MEANINGS: dict[str, Meaning] = {"+": "good", "~": "warn", "-": "bad", "=": "dim"}
_WORDS = {"+": "to add", "~": "to change", "-": "to remove", "=": "unchanged"}


@click.command("plan")
@global_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@click.pass_obj
def command(invocation: Invocation, detailed_exitcode: bool) -> None:
    """Show what `start` would change against what ran last; nothing is changed now.

    + is new, ~ is changed (with the fields), = is the same, - is removed. Values are never shown.
    """
    home = Home(invocation.home)
    definition = _project(invocation, home)
    snapshot = _snapshot(invocation, home)
    found = _compared(snapshot, definition)
    orphans = _orphans(invocation, home, definition)
    has_changes = any(one.sign != "=" for _, one in found)
    if invocation.json:
        show_json(_document(definition, snapshot, found, orphans))
    else:
        _show(definition, snapshot, found, orphans)
    if detailed_exitcode and has_changes:
        raise SystemExit(_CHANGED)


def _project(invocation: Invocation, home: Home) -> ProjectDefinition:
    """Load the project as a start would; the key of its hashes is the home's, if it has one."""
    from orgloop.cli.project import load
    from orgloop.config.problems import ProjectInvalid

    key = (read_line(home.fingerprint_key_file) or "").encode()
    try:
        return load(invocation, fingerprint_key=key).project
    except ProjectInvalid as error:
        raise CommandFailed(
            "\n".join(map(str, error.errors)),
            hint="check it with: orgloop validate",
            code=Exit.INVALID_PROJECT,
        ) from error


def _snapshot(invocation: Invocation, home: Home) -> Mapping[str, Any] | None:
    """Return what ran last, `None` if nothing did or if that is not known any more."""
    try:
        return read_snapshot(home.state)
    except (StorageDamaged, StorageUnavailable) as error:
        invocation.say(f"what ran before is not known, so all is shown as new: {error}")
        return None


def _compared(
    snapshot: Mapping[str, Any] | None, definition: ProjectDefinition
) -> list[tuple[str, Change]]:
    """Return every change, with the project that it belongs to."""
    from orgloop.runtime.changes import changes, removed
    from orgloop.runtime.state import describe

    ran = {one["name"]: one for one in snapshot["projects"]} if snapshot is not None else {}
    # As it is once it was written: numbers, lists and mappings, nothing else.
    after = orjson.loads(orjson.dumps(describe(definition)))
    found = [(definition.name, one) for one in changes(ran.pop(definition.name, None), after)]
    for name, before in ran.items():
        found += [(name, one) for one in removed(before)]
    return found


def _orphans(
    invocation: Invocation, home: Home, definition: ProjectDefinition
) -> list[dict[str, Any]]:
    from orgloop.storage.orphans import count_orphans

    try:
        found = count_orphans(
            home.queue(definition.name), definition.routes.keys(), definition.actors.keys()
        )
    except (sqlite3.Error, OSError) as error:
        invocation.say(f"the queue cannot be read: {error}; see: orgloop data check")
        return []
    return [
        {"route": route, "actor": actor, "deliveries": count}
        for (route, actor), count in found.items()
    ]


def _document(
    definition: ProjectDefinition,
    snapshot: Mapping[str, Any] | None,
    found: Iterable[tuple[str, Change]],
    orphans: list[dict[str, Any]],
) -> dict[str, Any]:
    listed = [
        {
            "change": one.sign,
            "kind": one.kind,
            "name": one.name,
            "project": project,
            "fields": list(one.fields),
        }
        for project, one in found
    ]
    return {
        "project": definition.name,
        "ran_at": None if snapshot is None else snapshot["written_at"],
        "has_changes": any(one["change"] != "=" for one in listed),
        "changes": listed,
        "orphaned": orphans,
    }


def _show(
    definition: ProjectDefinition,
    snapshot: Mapping[str, Any] | None,
    found: list[tuple[str, Change]],
    orphans: list[dict[str, Any]],
) -> None:
    if snapshot is None:
        show(f"{one_line(definition.name)}: no earlier run is known")
    else:
        ran = f"compared with what ran on {when(snapshot['written_at'])}"
        show(one_line(f"{definition.name}, {ran}"))
    for project, one in found:
        of = "" if project == definition.name else f" of project {project}"
        fields = f" ({', '.join(one.fields)})" if one.fields else ""
        meaning = _MEANINGS[one.sign]
        show(line(style(f"{one.sign} {one.kind} {one.name}", meaning), f"{of}{fields}"))
    for orphan in orphans:
        count, route, actor = orphan["deliveries"], orphan["route"], orphan["actor"]
        are = "delivery waits" if count == 1 else "deliveries wait"
        show(one_line(f"orphaned: {count} {are}, of route {route} to actor {actor}"))
    counts = Counter[str](one.sign for _, one in found)
    show(", ".join(f"{counts[sign]} {word}" for sign, word in _WORDS.items()))
