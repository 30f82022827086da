"""Look at the files of events and deliveries without reading them whole."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from orgloop.doctor.check import Check
from orgloop.storage.event_tables import SCHEMA as LOG_SCHEMA
from orgloop.storage.home import Home
from orgloop.storage.lock import not_started
from orgloop.storage.losses import losses, queue_files
from orgloop.storage.queue_schema import SCHEMA as QUEUE_SCHEMA
from orgloop.storage.soundness import structural_damage

_REPAIR = "stop the runtime, and mend it with: orgloop data repair"
_LOOK = "see whether the disk can be read and written, and whether the home directory is yours"


def check_databases(home: Home) -> list[Check]:
    """Say which file has lost something or makes no sense, as far as can be seen quickly.

    Never in the process of a runtime: closing a file that SQLite has open there would give up its
    locks.
    """
    if not home.data.is_dir():
        return []
    with not_started(home) as is_free:
        lost = losses(home) if is_free else {}
    found = {file: _trouble(home, file, problem) for file, problem in lost.items()}
    schemas = {home.event_log: LOG_SCHEMA} | dict.fromkeys(queue_files(home), QUEUE_SCHEMA)
    looked_at = 0
    for file, schema in schemas.items():
        if file in found or not file.exists() or not file.stat().st_size:
            continue
        looked_at += 1
        try:
            problem = structural_damage(file, schema)
        except sqlite3.Error as error:  # the disk's trouble, or another process's
            found[file] = _trouble(home, file, f"it cannot be looked at: {error}", fix=_LOOK)
            continue
        if problem is not None:
            found[file] = _trouble(home, file, problem)
    return [*found.values()] or [Check(category="home", name="data", message=_sound(looked_at))]


def _trouble(home: Home, file: Path, problem: str, *, fix: str = _REPAIR) -> Check:
    return Check(
        category="home",
        name=str(file.relative_to(home.root)),
        status="error",
        message=problem if problem.startswith("it ") else f"it is damaged: {problem}",
        fix=fix,
    )


def _sound(count: int) -> str:
    if not count:
        return "there are no events yet"
    files = "1 file" if count == 1 else f"{count} files"
    return f"{files} looked at and found sound; `orgloop data check` reads all of it"
