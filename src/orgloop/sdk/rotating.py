"""Append to a log file that is rotated by size and age. Everything here blocks: use a thread."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Lock

import orjson
from attrs import define, field, frozen

from orgloop.appending import is_left_alone
from orgloop.errors import InvalidValue
from orgloop.times import to_epoch_ms, to_iso

# What is left of a compression that was cut short; no rotated file has this ending.
_UNFINISHED = ".part"


@frozen(kw_only=True)
class Rotation:
    """When a file is put aside, and what becomes of those put aside."""

    max_bytes: int = 100_000_000
    max_age_ms: int = 7 * 86_400_000
    """A file whose first line is older is put aside; one put aside for longer is deleted."""
    max_files: int = 10
    """How many of those put aside are kept."""
    compress: bool = True


@define(eq=False)
class RotatingFile:
    """Append whole lines to one file.

    After a write that failed (the disk is full) the file still ends with a whole line, or the next
    write begins on a fresh one. A file that was moved away is noticed and made anew.
    """

    path: Path
    rotation: Rotation
    _now_ms: Callable[[], int]
    _descriptor: int | None = field(default=None, init=False)
    _first_at: int = field(default=0, init=False)
    _is_within_line: bool = field(default=False, init=False)
    _must_reopen: bool = field(default=False, init=False)
    _writing: Lock = field(factory=Lock, init=False, repr=False)
    _tidying: Lock = field(factory=Lock, init=False, repr=False)

    def open(self) -> None:
        """Open the file, made if need be; raise `OSError` if it cannot be."""
        with self._writing:
            self._ready()

    def write(self, lines: bytes) -> bool:
        """Append lines, each with its newline; raise `OSError` if the disk refuses.

        Returns whether the file was rotated before: then `tidy` has something to do.
        """
        with self._writing:
            descriptor = self._ready()
            has_rotated = self._is_due(descriptor, len(lines))
            if has_rotated:
                self._put_aside()
                descriptor = self._ready()
            self._append(descriptor, lines)
            return has_rotated

    def reopen(self) -> None:
        """Have the next write open the file by its name; does not block."""
        self._must_reopen = True

    def tidy(self) -> None:
        """Compress what was put aside, and delete what is too old or too many.

        Takes long; writing goes on meanwhile.
        """
        with self._tidying:
            if self.rotation.compress:
                for aside in self._aside():
                    if aside.suffix != ".gz":
                        _compress(aside)
            self._delete_old()

    def close(self) -> None:
        """Let go of the file; a later write opens it again."""
        with self._writing:
            self._close()

    # --- opening

    def _ready(self) -> int:
        if self._must_reopen or self._was_moved():
            self._close()
        if self._descriptor is None:
            self._must_reopen = False
            self._descriptor = self._opened()
        return self._descriptor

    def _opened(self) -> int:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        size = os.fstat(descriptor).st_size
        self._is_within_line = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        self._first_at = self._time_of_first_line(descriptor) if size else self._now_ms()
        return descriptor

    def _time_of_first_line(self, descriptor: int) -> int:
        line = os.pread(descriptor, 65_536, 0).partition(b"\n")[0]
        try:
            return to_epoch_ms(orjson.loads(line)["timestamp"])
        except (orjson.JSONDecodeError, InvalidValue, KeyError, TypeError):
            return int(os.fstat(descriptor).st_mtime * 1000)

    def _was_moved(self) -> bool:
        if self._descriptor is None:
            return False
        try:
            return not os.path.samestat(os.fstat(self._descriptor), os.stat(self.path))
        except FileNotFoundError:
            return True

    def _close(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    # --- writing

    def _append(self, descriptor: int, lines: bytes) -> None:
        data = b"\n" + lines if self._is_within_line else lines
        before, written = os.fstat(descriptor).st_size, 0
        try:
            while written < len(data):
                written += os.write(descriptor, data[written:])
        except OSError:
            if written:
                self._take_back(descriptor, before, written)
            raise
        self._is_within_line = False

    def _take_back(self, descriptor: int, before: int, written: int) -> None:
        """Undo a write that got no further, unless something else has touched the file."""
        self._is_within_line = True
        with suppress(OSError):
            if os.fstat(descriptor).st_size == before + written:
                os.ftruncate(descriptor, before)
                self._is_within_line = False

    # --- rotation

    def _is_due(self, descriptor: int, more: int) -> bool:
        found = os.fstat(descriptor)
        if not found.st_size or not stat.S_ISREG(found.st_mode):
            return False
        age_ms = self._now_ms() - self._first_at
        return found.st_size + more > self.rotation.max_bytes or age_ms > self.rotation.max_age_ms

    def _put_aside(self) -> None:
        stamp = re.sub(r"[-:.]", "", to_iso(self._now_ms()))
        aside = self.path.with_name(f"{self.path.name}.{stamp}")
        count = 0
        while aside.exists() or aside.with_name(f"{aside.name}.gz").exists():
            count += 1
            aside = self.path.with_name(f"{self.path.name}.{stamp}-{count}")
        self.path.rename(aside)
        self._close()

    def _aside(self) -> list[Path]:
        """Return the files put aside, oldest first."""
        pattern = re.compile(re.escape(self.path.name) + r"\.\d{8}T\d{9}Z(-\d+)?(\.gz)?")
        return sorted(
            found for found in self.path.parent.iterdir() if pattern.fullmatch(found.name)
        )

    def _delete_old(self) -> None:
        for old in self._too_many_or_too_old():
            old.unlink(missing_ok=True)

    def _too_many_or_too_old(self) -> Iterator[Path]:
        aside = self._aside()
        too_many = max(0, len(aside) - self.rotation.max_files)
        yield from aside[:too_many]
        oldest_kept_ms = self._now_ms() - self.rotation.max_age_ms
        for found in aside[too_many:]:
            if found.stat().st_mtime * 1000 < oldest_kept_ms:
                yield found


def _compress(plain: Path) -> None:
    unfinished = plain.with_name(plain.name + _UNFINISHED)
    finished = plain.with_name(plain.name + ".gz")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    with plain.open("rb") as source:
        if not is_left_alone(source.fileno()):
            return  # another process is about to append to it: next time
        with (
            os.fdopen(os.open(unfinished, flags, 0o600), "wb") as raw,
            gzip.GzipFile(plain.name, "wb", fileobj=raw, mtime=plain.stat().st_mtime) as target,
        ):
            shutil.copyfileobj(source, target, 1 << 20)
        # The age of what is kept is that of its last line.
        shutil.copystat(plain, unfinished)
        unfinished.rename(finished)
        plain.unlink()


# What is in force while nobody has asked for anything: told apart by identity.
_USUAL = Rotation()


class LogFiles:
    """The log files of one runtime: whoever names the same path shares one writer.

    The first with an opinion decides how a path is rotated. Blocks, as the files do.
    """

    def __init__(self) -> None:
        self._open: dict[Path, tuple[RotatingFile, int]] = {}
        self._lock = Lock()

    def acquire(
        self, path: Path, rotation: Rotation | None, now_ms: Callable[[], int]
    ) -> RotatingFile:
        """Return the writer for ``path``, opened; give it back with `release`.

        Without a ``rotation`` the usual one serves until somebody else brings one. Raises `OSError`
        if the file cannot be opened; then there is nothing to give back.
        """
        real = path.resolve()
        with self._lock:
            file, users = self._open.get(real, (RotatingFile(real, _USUAL, now_ms), 0))
            file.open()
            self._open[real] = (file, users + 1)
            if rotation is not None and file.rotation is _USUAL:
                file.rotation = rotation
            return file

    def release(self, file: RotatingFile) -> None:
        """Give a writer back; the last to do so closes it."""
        with self._lock:
            _, users = self._open.pop(file.path)
            if users > 1:
                self._open[file.path] = (file, users - 1)
            else:
                file.close()
