"""Read and write lengths of time as people write them in YAML: ``500ms``, ``30s``, ``1h30m``."""

from __future__ import annotations

import re

from attrs import frozen

from orgloop.errors import InvalidValue

_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+")
_MAX_MS = 100 * 366 * 86_400_000  # a century: longer is a slip, and would overflow timers


@frozen(order=True)
class Duration:
    """A length of time, exact to the millisecond, never negative."""

    milliseconds: int

    @property
    def seconds(self) -> float:
        return self.milliseconds / 1000

    @classmethod
    def of_seconds(cls, seconds: float) -> Duration:
        return cls(round(seconds * 1000))

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read ``text``; raise `InvalidValue` that says how a duration is written."""
        if not _WHOLE.fullmatch(text):
            raise InvalidValue(
                f"{text!r} is not a duration: write a number and a unit (ms, s, m, h, d), "
                "as in 500ms, 30s, 1h30m"
            )
        total = round(sum(float(number) * _UNIT_MS[unit] for number, unit in _PART.findall(text)))
        if total > _MAX_MS:
            raise InvalidValue(f"{text!r} is longer than a hundred years")
        return cls(total)

    def __str__(self) -> str:
        rest, parts = self.milliseconds, []
        for unit in ("d", "h", "m", "s", "ms"):
            count, rest = divmod(rest, _UNIT_MS[unit])
            if count:
                parts.append(f"{count}{unit}")
        return "".join(parts) or "0s"
