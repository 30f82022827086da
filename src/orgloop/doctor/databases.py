"""Look at the files of events and deliveries without reading them whole."""

from __future__ import annotations

import sqlite3

from orgloop.doctor.check import Check
from orgloop.storage.event_tables import SCHEMA as LOG_SCHEMA
from orgloop.storage.home import Home
from orgloop.storage.lock import not_started
from orgloop.storage.losses import losses, queue_files
from orgloop.storage.queue_schema import SCHEMA as QUEUE_SCHEMA
from orgloop.storage.soundness import structural_damage

_REPAIR = "stop the runtime, and mend it with: orgloop data repair"


def check_databases(home: Home) -> list[Check]:
    """Say which file has lost something or makes no sense, as far as can be seen quickly.

    Never in the process of a runtime: closing a file that SQLite has open there would give up its
    locks.
    """
    if not home.data.is_dir():
        return []
    with not_started(home) as is_free:
        damaged = dict(losses(home)) if is_free else {}
    schemas = {home.event_log: LOG_SCHEMA} | dict.fromkeys(queue_files(home), QUEUE_SCHEMA)
    looked_at = 0
    for file, schema in schemas.items():
        if file in damaged or not file.exists() or not file.stat().st_size:
            continue
        looked_at += 1
        try:
            problem = structural_damage(file, schema)
        except sqlite3.Error as error:  # the disk's trouble, or another process's
            problem = f"it cannot be looked at: {error}"
        if problem is not None:
            damaged[file] = problem
    if not damaged:
        return [Check(category="home", name="data", message=_sound(looked_at))]
    return [
        Check(
            category="home",
            name=str(file.relative_to(home.root)),
            status="error",
            message=problem if problem.startswith("it ") else f"it is damaged: {problem}",
            fix=_REPAIR,
        )
        for file, problem in damaged.items()
    ]


def _sound(count: int) -> str:
    if not count:
        return "there are no events yet"
    files = "1 file" if count == 1 else f"{count} files"
    return f"{files} looked at and found sound; `orgloop data check` reads all of it"
