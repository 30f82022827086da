"""What there is to say of one file under ``data/``."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from attrs import define, field


@define
class Finding:
    """What was found of one file."""

    file: Path
    kind: str
    """``event log``, ``queue`` or ``checkpoint``."""
    problems: list[str] = field(factory=list)
    """What is damaged; none: it is sound."""
    notes: list[str] = field(factory=list)
    """What else is worth knowing."""
    project: str | None = None
    is_gone: bool = False
    """Whether it is a queue that is missing: it cannot be repaired, but it can be begun anew."""

    @property
    def is_sound(self) -> bool:
        return not self.problems


@define
class Looked:
    """A file that was looked at, and a snapshot of it to ask more of if it can be read."""

    finding: Finding
    connection: sqlite3.Connection | None
