"""What ran last on a home on which nothing runs, and why a supervisor gave up."""

from __future__ import annotations

import json
from typing import Any

from orgloop.cli.look import style, when
from orgloop.cli.output import one_line, show_prose
from orgloop.cli.status_shown import often
from orgloop.storage.home import Home
from orgloop.storage.plainfile import read_plain_file


def show_what_ran(home: Home) -> None:
    """Show why nothing runs, if a supervisor gave up, and what the last runtime had."""
    _show_crash(home)
    for project in _last_projects(home):
        show_prose(f"last ran: {one_line(project.get('name'))} ({one_line(project.get('file'))})")
        for kind in ("sources", "actors", "routes"):
            named = project.get(kind)
            names = map(one_line, named) if isinstance(named, dict) else ()
            show_prose(f"  {kind}: {', '.join(names) or '-'}")


def _show_crash(home: Home) -> None:
    from orgloop.daemon.supervisor.crash import CrashRecord

    record = CrashRecord.read(home.crash_record)
    if record is None:
        return
    show_prose(
        style(f"the supervisor gave up at {when(record.time)}: {one_line(record.reason)}", "bad")
    )
    show_prose(
        f"  last exit: {one_line(record.exit)}; "
        f"{often(record.restarts, 'restart')} within {one_line(record.window)}"
    )
    if record.stderr:
        show_prose("  its last lines on standard error:")
        for told in record.stderr:
            show_prose(f"    {one_line(told)}")


def _last_projects(home: Home) -> list[dict[str, Any]]:
    try:
        state = json.loads(read_plain_file(home.state))
    except (OSError, ValueError):
        return []
    projects = state.get("projects") if isinstance(state, dict) else None
    listed = projects if isinstance(projects, list) else []
    return [one for one in listed if isinstance(one, dict)]
