"""Look at the machine: its clock, its time zones, how many files a process may have open."""

from __future__ import annotations

import resource
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from orgloop.doctor.check import Check
from orgloop.storage.home import Home

_RELEASED_MS = 1_735_689_600_000  # 2025-01-01: no clock that is right shows an earlier time
_AHEAD_MS = 3_600_000  # by which a file may be younger than now
_FEW_DESCRIPTORS = 256


def check_system(home: Home, now_ms: int) -> list[Check]:
    """Say whether what everything else relies on is sane."""
    return [check_clock(now_ms, _youngest_ms(home)), check_zones(), check_descriptors()]


def check_clock(now_ms: int, youngest_ms: int | None) -> Check:
    """Compare the wall clock with what was written earlier; ``youngest_ms`` is when that was."""
    fix = "set the clock; chrony, ntpd or systemd-timesyncd keeps it right"
    if now_ms < _RELEASED_MS:
        wrong = f"it shows {_shown(now_ms)}, which is in the past"
    elif youngest_ms is not None and youngest_ms - now_ms > _AHEAD_MS:
        wrong = f"it shows {_shown(now_ms)}, but OrgLoop was running at {_shown(youngest_ms)}"
    else:
        return Check(category="system", name="clock", message=_shown(now_ms))
    return Check(category="system", name="clock", status="degraded", message=wrong, fix=fix)


def _shown(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


def _youngest_ms(home: Home) -> int | None:
    """Return when a runtime last wrote of itself."""
    times = []
    for file in (home.state, home.heartbeat, home.lock):
        try:
            times.append(file.stat().st_mtime_ns // 1_000_000)
        except OSError:
            continue
    return max(times, default=None)


def check_zones(load: Callable[[str], object] = ZoneInfo) -> Check:
    """Say whether time zones are known by name: schedules need them."""
    try:
        load("Europe/Berlin")
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return Check(
            category="system",
            name="time zones",
            status="degraded",
            message="there is no time zone database: schedules can only be in UTC",
            fix="install the system's tzdata, or: pip install tzdata",
        )
    return Check(category="system", name="time zones", message="are known by name")


def check_descriptors(limit: int | None = None) -> Check:
    """Say how many files and connections a process may have open at once."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if limit is None else limit
    shown = "any number" if limit == resource.RLIM_INFINITY else str(limit)
    if limit != resource.RLIM_INFINITY and limit < _FEW_DESCRIPTORS:
        return Check(
            category="system",
            name="open files",
            status="degraded",
            message=f"a process may have only {limit} files and connections open",
            fix="raise it: ulimit -n 4096, or LimitNOFILE= in the unit",
        )
    return Check(category="system", name="open files", message=f"{shown} at once")
