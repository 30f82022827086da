"""Names that are asked for and that nothing has: most likely they are slips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orgloop.cli.entries.wanted import Wanted
from orgloop.cli.invocation import Invocation
from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.storage.home import Home
from orgloop.storage.snapshot import read_snapshot

# What may be asked for, what that is called, and where the snapshot has the names.
_KINDS = (
    ("source", "source or actor", ("sources", "actors")),
    ("route", "route", ("routes",)),
    ("actor", "actor", ("actors",)),
)


def say_slips(invocation: Invocation, **asked: str | None) -> None:
    """Say which of the names that were asked for are in no project that runs, or ran last."""
    for told in _slips(Home(invocation.home), Wanted.of(**asked)):
        invocation.say(told)


def _slips(home: Home, wanted: Wanted) -> Iterator[str]:
    projects = _projects(home)
    if not projects:
        return
    known = [str(one["name"]) for one in projects]
    ran = ", ".join(known)
    for parameter, kind, parts in _KINDS:
        names = [name for one in projects for part in parts for name in _names(one, part)]
        for name in wanted.values(parameter):
            if name not in names:
                yield f"{ran} has no {kind} {name!r}{_slip(name, names)}"
    for name in wanted.values("project"):
        if name not in known:
            yield f"no project {name!r} runs, or ran last{_slip(name, known)}"


def _projects(home: Home) -> Sequence[Mapping[str, Any]]:
    try:
        snapshot = read_snapshot(home.state)
    except (StorageDamaged, StorageUnavailable):
        return ()
    return snapshot["projects"] if snapshot is not None else ()


def _names(project: Mapping[str, Any], part: str) -> Sequence[str]:
    found = project.get(part)
    return list(found) if isinstance(found, dict) else ()


def _slip(name: str, known: Sequence[str]) -> str:
    from orgloop.config.problems import nearest  # only who makes mistakes pays for the import

    close = nearest(name, known)
    return "" if close is None else f": did you mean {close!r}?"
