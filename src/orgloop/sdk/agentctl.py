"""Ask ``agent-ctl`` which sessions of coding agents there are, and read what it answers.

``agent-ctl list --json`` writes a list of objects with ``id``, ``adapter``, ``status`` (running,
idle, stopped or error), ``startedAt`` and, where known, ``stoppedAt``, ``cwd``, ``model``, ``pid``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from attrs import frozen

from orgloop.durations import Duration
from orgloop.errors import InvalidValue, OrgLoopError
from orgloop.plugin import ComponentContext, Finding, PluginContext
from orgloop.sdk.processes import Finished, child_environment, run
from orgloop.times import to_epoch_ms, to_iso

PROGRAM = "agent-ctl"
STATUSES = ("running", "idle", "stopped", "error")
TIMEOUT = Duration(10_000)
_MAX_OUTPUT_BYTES = 10_000_000
# It has been asked to end and only reads: what it does after SIGTERM nobody waits for.
_KILL_GRACE_SECONDS = 1.0


class AgentCtlFailed(OrgLoopError):
    """``agent-ctl`` did not say which sessions there are."""


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


def read_timeout(raw: Any) -> Duration:
    """Read a duration, or a number of milliseconds as older projects write it; for converters."""
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
    """Return the sessions there are; raise `AgentCtlFailed`, or `CannotRun` if it is missing.

    ``limit`` is how long the program may take. A list of which one entry cannot be read is refused
    as a whole: a session that is not seen would look like one that is gone.
    """
    finished = await run(
        context.processes,
        context.clock,
        [program_path(binary_path, context), "list", "--json"],
        cwd=context.project_directory,
        env=child_environment(context.environ),
        timeout_seconds=limit.seconds,
        max_output_bytes=_MAX_OUTPUT_BYTES,
        end_on_overflow=True,
        kill_grace_seconds=_KILL_GRACE_SECONDS,
    )
    _check(finished, limit)
    return _read(finished.stdout)


def program_path(binary_path: str, context: ComponentContext) -> str:
    """Return the program: a bare name for ``PATH``, or a path that begins at the YAML file."""
    if "/" not in binary_path:
        return binary_path
    home = context.environ.get("HOME")
    if binary_path.startswith("~/") and home:
        return str(Path(home) / binary_path[2:])
    return str(context.directory / binary_path)


def check_program(binary_path: str, context: ComponentContext) -> Finding:
    """Say whether the program is there; for a ``local_check``."""
    program = program_path(binary_path, context)
    found = shutil.which(program, os.X_OK, context.environ.get("PATH", os.defpath))
    if found is not None:
        return Finding(name="program", message=f"{found} can be run")
    return Finding(
        name="program",
        status="degraded",
        message=f"there is no program {program}",
        fix=f"install it, put it on PATH, or set binary_path of {context.id}",
    )


def _check(finished: Finished, limit: Duration) -> None:
    if finished.timed_out:
        raise AgentCtlFailed(f"agent-ctl took longer than {limit} and was ended: set timeout")
    if finished.overflowed:
        raise AgentCtlFailed(
            f"agent-ctl wrote more than {_MAX_OUTPUT_BYTES // 1_000_000} MB and was ended"
        )
    if finished.exit_status != 0:
        raise AgentCtlFailed(
            f"agent-ctl ended with exit status {finished.exit_status}: "
            "run `agent-ctl list --json` in a shell to see why"
        )


def _read(output: bytes) -> list[ListedSession]:
    try:
        document = orjson.loads(output) if output.strip() else None
    except orjson.JSONDecodeError as error:
        raise AgentCtlFailed(f"what agent-ctl wrote is not JSON: {error}") from error
    if isinstance(document, dict):
        document = document.get("sessions")
    if not isinstance(document, list):
        raise AgentCtlFailed("agent-ctl wrote JSON that is no list of sessions")
    return [_session(entry, place) for place, entry in enumerate(document, start=1)]


def _session(entry: Any, place: int) -> ListedSession:
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str) or not entry["id"]:
        raise AgentCtlFailed(f"entry {place} of what agent-ctl wrote is no session with an id")
    status, adapter = entry.get("status"), entry.get("adapter")
    if not isinstance(status, str):
        raise AgentCtlFailed(f"entry {place} of what agent-ctl wrote has no status")
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
