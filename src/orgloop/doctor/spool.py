"""Look at what a runtime found in the spool and could not take in."""

from __future__ import annotations

from orgloop.doctor.check import Check
from orgloop.storage.home import Home
from orgloop.storage.spool import Spool


def check_set_aside(home: Home) -> list[Check]:
    """Say how many files hooks, or others, have left that are no events."""
    spool = Spool(home.spool)
    try:
        count = sum(1 for _ in spool.aside.iterdir())
    except OSError:
        return []
    if not count:
        return []
    return [
        Check(
            category="home",
            name="spool",
            status="degraded",
            message=f"{count} files in it could not be taken in and were set aside",
            fix=f"look at them, then delete them: {spool.aside}; logs/orgloop.log says why",
        )
    ]
