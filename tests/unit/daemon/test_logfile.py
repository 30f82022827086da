"""The application log's file: written in a thread, and shared with a file logger."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import LogLevel

from orgloop.daemon.logfile import LogFile
from orgloop.sdk.rotating import LogFiles, RotatingFile, Rotation


@pytest.fixture
def log() -> Iterator[LogFile]:
    log = LogFile()
    yield log
    log.close(10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "orgloop.log"


def file(path: Path, **rotation: Any) -> RotatingFile:
    return LogFiles().acquire(path, Rotation(**rotation), lambda: 1_700_000_000_000)


def say(log: LogFile, text: str) -> None:
    log({"log_time": 1_700_000_000.0, "log_level": LogLevel.info, "log_format": text})


def messages(path: Path) -> list[str]:
    return [json.loads(line)["message"] for line in path.read_text("utf-8").splitlines()]


def test_what_comes_before_the_file_is_opened_waits_for_it(log: LogFile, path: Path) -> None:
    say(log, "first")
    existed = path.exists()

    log.open(file(path))
    say(log, "second")
    log.close(10)

    assert not existed
    assert messages(path) == ["first", "second"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_last_words_are_written_before_the_end(log: LogFile, path: Path) -> None:
    log.open(file(path))
    for number in range(1_000):
        say(log, str(number))

    log.close(10)

    assert messages(path) == [str(number) for number in range(1_000)]


def test_a_file_logger_of_the_same_path_shares_the_writer(log: LogFile, path: Path) -> None:
    files = LogFiles()
    log.open(files.acquire(path, None, lambda: 1_700_000_000_000))
    shared = files.acquire(path, Rotation(max_bytes=300, compress=False), lambda: 0)
    for _ in range(10):
        say(log, "from the process")
        shared.write(b'{"message": "from a project"}\n')

    log.close(10)

    found = [one for part in path.parent.iterdir() for one in messages(part)]
    assert sorted(found) == ["from a project"] * 10 + ["from the process"] * 10
    assert len(list(path.parent.iterdir())) > 1


def test_a_file_moved_away_is_made_anew(log: LogFile, path: Path) -> None:
    opened = file(path)
    log.open(opened)
    os.rename(path, path.with_suffix(".1"))

    say(log, "after")
    log.close(10)

    assert messages(path) == ["after"]


def test_a_disk_that_refuses_costs_the_line_only(log: LogFile, path: Path) -> None:
    files = _Refusing(path, Rotation(), lambda: 0)
    log.open(files)
    say(log, "lost")
    say(log, "kept")

    log.close(10)

    assert messages(path) == ["kept"]


class _Refusing(RotatingFile):
    """A file on a disk that refuses the first write."""

    refuses = True

    def write(self, lines: bytes) -> bool:
        if self.refuses:
            self.refuses = False
            raise OSError(28, "No space left on device")
        return super().write(lines)
