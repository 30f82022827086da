"""What a home tells of its runtime when the control API does not: lock, port, heartbeat, record."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from attrs import frozen

from orgloop.cli.processes import is_suspended
from orgloop.storage.home import Home
from orgloop.storage.ownership import Ownership
from orgloop.storage.plainfile import read_plain_file

Phase = Literal["starting", "restarting", "unreachable"]
_MISSED = 3
"""Periods without a heartbeat after which a runtime counts as wedged."""


@frozen
class Heartbeat:
    """The last sign of life that was written down."""

    timestamp: str
    age_ms: int

    def is_stale(self, interval_ms: object) -> bool:
        """Return whether it is older than it may be; false if the interval is not known."""
        return isinstance(interval_ms, int) and self.age_ms > _MISSED * interval_ms


@frozen
class Silence:
    """A home that somebody has, and nobody answers for."""

    owner: Ownership
    phase: Phase
    heartbeat: Heartbeat | None
    is_suspended: bool

    @classmethod
    def of(cls, home: Home, owner: Ownership, now: float) -> Silence:
        """Read what there is; ``now`` in seconds since the epoch."""
        return cls(
            owner,
            _phase(home, owner),
            last_heartbeat(home, now),
            owner.runtime is not None and is_suspended(owner.runtime),
        )

    def document(self) -> dict[str, Any]:
        """Return it the way ``/api/status`` would say it."""
        holder, supervisor = self.owner.holder, self.owner.supervisor
        return {
            "running": True,
            "phase": self.phase,
            "pid": self.owner.runtime,
            "supervision": "none" if supervisor is None else "supervised",
            "supervisor_pid": supervisor,
            "restarts": holder.restarts,
            "last_exit": holder.last_exit,
            "next_start": holder.next_start,
            "heartbeat": None if self.heartbeat is None else self.heartbeat.timestamp,
            "suspended": self.is_suspended,
        }


def last_heartbeat(home: Home, now: float) -> Heartbeat | None:
    """Return the last heartbeat, `None` if there is none that can be read."""
    try:
        timestamp = json.loads(read_plain_file(home.heartbeat))["timestamp"]
        age = now - datetime.fromisoformat(timestamp).timestamp()
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return Heartbeat(str(timestamp), round(max(age, 0.0) * 1000))


def _phase(home: Home, owner: Ownership) -> Phase:
    if owner.runtime is None:
        return "restarting" if owner.holder.next_start is not None else "starting"
    return "unreachable" if home.port_file.exists() else "starting"
