"""Put a repaired file in the place of a damaged one, so that a crash leaves no mixture.

A repaired file is complete when it is named ``<file>.repaired-<time>``. From then on it is the
truth: whoever opens the file next finishes what was begun.
"""

from __future__ import annotations

import glob
import os
from pathlib import Path

from orgloop.storage.atomic import sync_directory
from orgloop.storage.salvage.rawfile import beside

_PARTS = ("", "-wal", "-shm")
_REPAIRED = ".repaired-"
_DAMAGED = ".damaged-"


def offer(made: Path, path: Path, stamp: str) -> None:
    """Make ``made`` the repaired file of ``path``; it is synced and has nothing beside it.

    The damaged file will be kept as ``<file>.damaged-<stamp>``.
    """
    os.rename(made, path.with_name(f"{path.name}{_REPAIRED}{stamp}"))
    sync_directory(path.parent)


def finish_swap(path: Path) -> Path | None:
    """Put the repaired file in its place if there is one; return where the damaged one is kept."""
    repaired = max(path.parent.glob(glob.escape(path.name + _REPAIRED) + "*"), default=None)
    if repaired is None:
        return None
    stamp = repaired.name.removeprefix(path.name + _REPAIRED)
    aside = path.with_name(f"{path.name}{_DAMAGED}{stamp}")
    for ending in _PARTS:
        part = beside(path, ending)
        if part.exists():
            os.rename(part, beside(aside, ending))
    sync_directory(path.parent)
    os.rename(repaired, path)
    sync_directory(path.parent)
    return aside
