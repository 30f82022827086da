"""Run the command line and be killed at one boundary of the storage protocol.

``python dying.py N -c PROJECT start``: the N-th boundary, counted from 0, is the last thing the
process comes by; without so many it goes on. Boundaries are: before and after each transaction that
changes something, and before and after each checkpoint file is written.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from orgloop.storage import checkpoints, database

_open_for_writing = database.open_for_writing
_lock = threading.Lock()
_left = int(sys.argv.pop(1))


def boundary(what: str) -> None:
    global _left
    with _lock:
        if _left == 0:
            os.write(2, f"killed {what}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)
        _left -= 1


class Watched:
    """A connection whose transactions are counted if they change anything."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        self._name = name
        self._changes = 0

    def execute(self, statement: str, *parameters: Any) -> sqlite3.Cursor:
        if statement.startswith("BEGIN"):
            self._changes = self._connection.total_changes
        is_commit = statement == "COMMIT" and self._connection.total_changes > self._changes
        if is_commit:
            boundary(f"before a commit of the {self._name}")
        result = self._connection.execute(statement, *parameters)
        if is_commit:
            boundary(f"after a commit of the {self._name}")
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def watch(path: Path, schema: database.Schema) -> Any:
    return Watched(_open_for_writing(path, schema), schema.kind)


_write = checkpoints.write_atomically


def write_checkpoint(path: Path, content: bytes) -> None:
    boundary("before a checkpoint is kept")
    _write(path, content)
    boundary("after a checkpoint is kept")


database.open_for_writing = watch  # before anything else has taken it from there
checkpoints.write_atomically = write_checkpoint

if __name__ == "__main__":
    from orgloop.cli.main import main

    main(sys.argv[1:])
