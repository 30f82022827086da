"""What there is to say of one thing that was looked at, and of all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from attrs import asdict, frozen

Status = Literal["ok", "degraded", "error"]
_GRAVITY: Sequence[Status] = ("ok", "degraded", "error")


@frozen(kw_only=True)
class Check:
    """One thing that was looked at."""

    category: str
    """``packages``, ``config``, ``variables``, ``services``, ``credentials``, ``port``, ``disk``,
    ``home`` or ``system``."""
    name: str
    status: Status = "ok"
    message: str
    """One sentence without its full stop. Never holds a secret or the value of a variable."""
    fix: str = ""
    """What to do about it."""

    def __str__(self) -> str:
        sentence = f"{self.category}: {self.name}: {self.message}"
        return f"{sentence}; {self.fix}" if self.fix else sentence


def worst(checks: Iterable[Check]) -> Status:
    """Return the status of all of them together."""
    return max((check.status for check in checks), key=_GRAVITY.index, default="ok")


def document(checks: Sequence[Check]) -> dict[str, Any]:
    """Return what ``orgloop doctor --json`` and ``GET /api/doctor`` show."""
    return {"status": worst(checks), "checks": [asdict(check) for check in checks]}
