"""The spool of a home, as the runtime sees it: what hooks left there, oldest first."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from attrs import field, frozen

from orgloop.errors import OrgLoopError
from orgloop.event import Cause
from orgloop.storage.spoolfile import SUFFIX, TEMPORARY_SUFFIX

_MOST_BYTES = 64_000_000
# A hook that is still writing ends within two seconds.
_ABANDONED_MS = 60_000


class UnreadableSpoolFile(OrgLoopError):
    """A file in the spool is not one that a hook has written."""


@frozen
class Spooled:
    """What one hook could not hand over."""

    source: str
    body: bytes = field(repr=False)
    """The JSON object that the source would have been sent."""
    cause: Cause | None
    written_at: int
    """Milliseconds since the epoch."""


@frozen
class Spool:
    """The files of one directory. Everything here blocks."""

    directory: Path

    @property
    def aside(self) -> Path:
        """Where files lie that no runtime can take in."""
        return self.directory / ".unreadable"

    def waiting(self) -> list[Path]:
        """Return the files that wait, oldest first; none where there is no spool."""
        try:
            names = os.listdir(self.directory)
        except FileNotFoundError:
            return []
        return [self.directory / name for name in sorted(names) if _is_whole(name)]

    def read(self, file: Path) -> Spooled:
        """Return what a file holds.

        Raises `UnreadableSpoolFile` for what will never be read, `FileNotFoundError` if somebody
        has taken it away, and another `OSError` for what may be read another time.
        """
        try:
            content, written_at = _content(file)
            return _spooled(orjson.loads(content), written_at)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise UnreadableSpoolFile("it is a symbolic link") from error
        except orjson.JSONDecodeError as error:
            raise UnreadableSpoolFile(f"it is not JSON: {error}") from error
        except orjson.JSONEncodeError as error:  # orjson reads deeper nesting than it writes
            raise UnreadableSpoolFile(f"it cannot be handed on: {error}") from error

    def remove(self, file: Path) -> None:
        """Delete a file whose event is durable."""
        file.unlink(missing_ok=True)

    def set_aside(self, file: Path) -> None:
        """Move a file where it is kept and not looked at again."""
        self.aside.mkdir(mode=0o700, exist_ok=True)
        os.replace(file, self.aside / file.name)

    def tidy(self, now_ms: int) -> None:
        """Delete what hooks were writing when they were killed."""
        with suppress(FileNotFoundError), os.scandir(self.directory) as entries:
            for entry in entries:
                if _is_half(entry.name) and now_ms - _modified_ms(entry) > _ABANDONED_MS:
                    Path(entry.path).unlink(missing_ok=True)


def _is_whole(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith(".")


def _is_half(name: str) -> bool:
    return name.startswith(".") and name.endswith(TEMPORARY_SUFFIX)


def _modified_ms(entry: os.DirEntry[str]) -> int:
    return entry.stat(follow_symlinks=False).st_mtime_ns // 1_000_000


def _content(file: Path) -> tuple[bytes, int]:
    """Return the bytes of a regular file, and when it was written."""
    # Neither a link to somewhere else nor a pipe, on which a reader would wait.
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableSpoolFile("it is no regular file")
        if status.st_size > _MOST_BYTES:
            raise UnreadableSpoolFile(f"it is larger than {_MOST_BYTES} bytes")
        with open(descriptor, "rb", closefd=False) as opened:
            return opened.read(), status.st_mtime_ns // 1_000_000
    finally:
        os.close(descriptor)


def _spooled(document: Any, written_at: int) -> Spooled:
    if not isinstance(document, dict):
        raise UnreadableSpoolFile("it is JSON and no object")
    source, body, cause = (document.get(name) for name in ("source", "body", "cause"))
    if not isinstance(source, str) or not source or not isinstance(body, dict):
        raise UnreadableSpoolFile("source and body are missing")
    told = Cause.parse(cause) if isinstance(cause, str) else None
    return Spooled(source, orjson.dumps(body), told, written_at)
