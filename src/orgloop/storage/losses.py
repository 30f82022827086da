"""Files of a home that have lost something, found before anything opens them."""

from __future__ import annotations

from pathlib import Path

from orgloop.storage.home import Home
from orgloop.storage.soundness import missing_bytes


def losses(home: Home) -> dict[Path, str]:
    """Say of each file that has lost something what that is. While no runtime has the home.

    It comes before anything else is done with the files: SQLite would forget what it finds missing.
    """
    files = (home.event_log, *queue_files(home))
    return {file: lost for file in files if (lost := missing_bytes(file)) is not None}


def queue_files(home: Home) -> list[Path]:
    """Return the queues of a home."""
    return sorted(home.queues.glob("*.db"))
