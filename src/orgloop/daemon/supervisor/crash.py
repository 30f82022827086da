"""The record that a supervisor leaves behind when it gives up: ``crash.json``."""

from __future__ import annotations

from pathlib import Path

import orjson
from attrs import asdict, frozen

from orgloop.storage.atomic import write_atomically
from orgloop.storage.plainfile import read_plain_file


@frozen(kw_only=True)
class CrashRecord:
    """Why no runtime was started any more."""

    time: str
    """ISO 8601."""
    reason: str
    exit: str
    """How the last runtime ended: ``exit code 1``, ``killed by SIGKILL``."""
    restarts: int
    """How often it had been started again before, within the window."""
    window: str
    """The time in which restarts are counted: ``5m``."""
    stderr: tuple[str, ...]
    """The last lines the runtime wrote to standard error."""

    def write(self, file: Path) -> None:
        """Replace the file; raise `StorageUnavailable` when the disk refuses."""
        write_atomically(file, orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2) + b"\n")

    @classmethod
    def read(cls, file: Path) -> CrashRecord | None:
        """Return what a file says, `None` if it is not there or was not written by us."""
        try:
            document = orjson.loads(read_plain_file(file))
            lines = tuple(map(str, document.pop("stderr")))
            return cls(**document, stderr=lines)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
