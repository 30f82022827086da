"""Find time zones by name, and the machine's own."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, tzinfo
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from orgloop.errors import InvalidValue

_LOCALTIME = Path("/etc/localtime")


def zone_named(name: str) -> ZoneInfo:
    """Return a zone of the IANA database; raise `InvalidValue` with the nearest name."""
    zone = _known(name)
    if zone is None:
        # Names are compared without regard to case: "europe/berlin" is the slip most often made.
        names = {known.lower(): known for known in available_timezones()}
        near = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
        hint = f"did you mean {names[near[0]]}?" if near else "write it as in Europe/Berlin"
        raise InvalidValue(f"there is no time zone {name!r}; {hint}")
    return zone


def zone_of_machine(environ: Mapping[str, str], localtime: Path = _LOCALTIME) -> tzinfo:
    """Return the machine's time zone: that of ``TZ``, else of ``/etc/localtime``, else UTC."""
    named = environ.get("TZ", "").removeprefix(":")
    zone = _known(named) if named else None
    if zone is not None:
        return zone
    try:
        linked = os.path.realpath(localtime).partition("zoneinfo/")[2]
        if linked and (zone := _known(linked)) is not None:
            return zone
        with localtime.open("rb") as rules:
            return ZoneInfo.from_file(rules, key="localtime")
    except (OSError, ValueError):
        return UTC


def _known(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return None
