"""Ask ``agent-ctl`` which sessions of coding agents there are, and read what it answers.

``agent-ctl list --json`` writes a list of objects with ``id``, ``adapter``, ``status`` (running,
idle, stopped or error), ``startedAt`` and, where known, ``stoppedAt``, ``cwd``, ``model``, ``pid``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.options import option
from orgloop.plugin import PluginContext
from orgloop.sdk.programs import ProgramFailed, json_from
from orgloop.times import to_epoch_ms, to_iso

PROGRAM = "agent-ctl"
STATUSES = ("running", "idle", "stopped", "error")
_TIMEOUT = Duration(10_000)


@frozen(kw_only=True)
class ListedSession:
    """A session as ``agent-ctl`` lists it. Times are ISO 8601 in UTC."""

    id: str
    adapter: str
    status: str
    started_at: str | None = None
    stopped_at: str | None = None
    cwd: str | None = None
    told: Mapping[str, Any]
    """All that was said of it."""


def binary_path_option() -> Any:
    """Declare ``binary_path``: where the program is."""
    return option("The program; a path with a slash begins at the YAML file.", default=PROGRAM)


def timeout_option() -> Any:
    """Declare ``timeout``: how long the program may take."""
    return option(
        "How long it may take: a duration, or a number of milliseconds.",
        default=_TIMEOUT,
        convert=read_timeout,
        schema={"type": ["string", "integer"]},
    )


def read_timeout(raw: Any) -> Duration:
    """Read a duration, or a number of milliseconds as older projects write it."""
    is_number = isinstance(raw, int) and not isinstance(raw, bool)
    if not is_number and not isinstance(raw, str):
        raise InvalidValue("write a duration such as 10s, or a number of milliseconds")
    duration = Duration(raw) if isinstance(raw, int) else Duration.parse(raw)
    if duration.milliseconds <= 0:
        raise InvalidValue(f"{raw!r}: the program needs some time")
    return duration


async def listed_sessions(
    context: PluginContext, binary_path: str, limit: Duration
) -> list[ListedSession]:
    """Return the sessions there are; raise `ProgramFailed`, or `CannotRun` if it is missing.

    ``limit`` is how long the program may take. A list of which one entry cannot be read is refused
    as a whole: a session that is not seen would look like one that is gone.
    """
    document = await json_from(context, PROGRAM, binary_path, ["list", "--json"], limit)
    return sessions_in(document)


def sessions_in(document: Any) -> list[ListedSession]:
    """Read what the program has listed; raise `ProgramFailed` for anything else."""
    if isinstance(document, dict):
        document = document.get("sessions")
    if not isinstance(document, list):
        raise ProgramFailed("agent-ctl wrote JSON that is no list of sessions")
    return [_session(entry, place) for place, entry in enumerate(document, start=1)]


def _session(entry: Any, place: int) -> ListedSession:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        raise ProgramFailed(f"entry {place} of what agent-ctl wrote is no session with an id")
    status, adapter = entry.get("status"), entry.get("adapter")
    if not isinstance(status, str):
        raise ProgramFailed(f"entry {place} of what agent-ctl wrote has no status")
    return ListedSession(
        id=entry["id"],
        adapter=adapter if isinstance(adapter, str) and adapter else "unknown",
        status=status.lower(),
        started_at=_time(entry, ("startedAt", "started_at")),
        stopped_at=_time(entry, ("stoppedAt", "stopped_at")),
        cwd=entry["cwd"] if isinstance(entry.get("cwd"), str) else None,
        told=entry,
    )


def _time(entry: Mapping[str, Any], names: Sequence[str]) -> str | None:
    written = next((entry[name] for name in names if isinstance(entry.get(name), str)), None)
    if written is None:
        return None
    try:
        return to_iso(to_epoch_ms(written))
    except InvalidValue:
        return None
