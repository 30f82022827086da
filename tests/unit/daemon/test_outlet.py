"""The places of the application log: each written in a thread, which nobody waits for."""

from __future__ import annotations

import gzip
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.logger import LogLevel

from orgloop.appending import append
from orgloop.daemon.log.folding import Folding
from orgloop.daemon.log.logforms import as_json
from orgloop.daemon.log.outlet import Outlet
from orgloop.daemon.log.places import InFile, OnDescriptor, is_journal
from orgloop.sdk.rotating import LogFiles, RotatingFile, Rotation


@pytest.fixture
def log() -> Iterator[Outlet]:
    log = Outlet(as_json, Folding(time.monotonic), lambda: 1_700_000_000.0)
    yield log
    log.close(10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "orgloop.log"


def file(path: Path, **rotation: Any) -> RotatingFile:
    return LogFiles().acquire(path, Rotation(**rotation), lambda: 1_700_000_000_000)


def say(log: Outlet, text: str, level: LogLevel = LogLevel.info) -> None:
    log({"log_time": 1_700_000_000.0, "log_level": level, "log_format": text})


def messages(path: Path) -> list[str]:
    return [json.loads(line)["message"] for line in path.read_text("utf-8").splitlines()]


def test_what_comes_before_the_file_is_opened_waits_for_it(log: Outlet, path: Path) -> None:
    say(log, "first")
    existed = path.exists()

    log.open(InFile(file(path)), "log")
    say(log, "second")
    log.close(10)

    assert not existed
    assert messages(path) == ["first", "second"]
    assert path.stat().st_mode & 0o777 == 0o600


def test_the_last_words_are_written_before_the_end(log: Outlet, path: Path) -> None:
    log.open(InFile(file(path)), "log")
    for number in range(1_000):
        say(log, str(number))

    log.close(10)

    assert messages(path) == [str(number) for number in range(1_000)]


def test_a_count_is_told_before_the_end(log: Outlet, path: Path) -> None:
    log.open(InFile(file(path)), "log")
    for _ in range(5):
        say(log, "refused", LogLevel.warn)

    log.close(10)

    assert messages(path) == ["refused", "refused (repeated 4 times)"]


def test_a_file_logger_of_the_same_path_shares_the_writer(log: Outlet, path: Path) -> None:
    files = LogFiles()
    log.open(InFile(files.acquire(path, None, lambda: 1_700_000_000_000)), "log")
    shared = files.acquire(path, Rotation(max_bytes=300, compress=False), lambda: 0)
    for number in range(10):
        say(log, f"from the process {number}")
        shared.write(b'{"message": "from a project"}\n')

    log.close(10)

    found = [one for part in path.parent.iterdir() for one in messages(part)]
    ours = [f"from the process {number}" for number in range(10)]
    assert sorted(found) == ["from a project"] * 10 + ours
    assert len(list(path.parent.iterdir())) > 1


def test_a_file_moved_away_is_made_anew(log: Outlet, path: Path) -> None:
    opened = file(path)
    log.open(InFile(opened), "log")
    os.rename(path, path.with_suffix(".1"))

    say(log, "after")
    log.close(10)

    assert messages(path) == ["after"]


def test_a_disk_that_refuses_once_costs_nothing(log: Outlet) -> None:
    disk = Disk(refusals=1)
    log.open(disk, "log")
    say(log, "first")
    say(log, "second")
    disk.wait_for(2)

    assert disk.messages() == ["first", "second"]


def test_a_disk_that_refuses_to_the_end_costs_the_lines_only(log: Outlet) -> None:
    disk = Disk(refusals=1_000)
    log.open(disk, "log")
    for number in range(3):
        say(log, str(number))

    log.close(10)

    assert disk.messages() == []


def test_while_the_disk_hangs_nobody_waits_and_what_has_no_room_is_counted(log: Outlet) -> None:
    disk = Disk(hangs=True)
    log.open(disk, "log")
    say(log, "stuck")
    disk.is_asked.wait()

    for number in range(10_100):
        say(log, str(number))
    disk.goes_on.set()
    log.close(60)

    written = disk.messages()
    assert len(written) == 10_002
    assert "100 lines of this log had no room while it could not be written" in written


def test_a_terminal_that_is_gone_is_not_tried_again(log: Outlet) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    gone = threading.Event()
    log.open(OnDescriptor(writing, gone.set), "log")
    for number in range(100):
        say(log, str(number))

    log.close(10)

    os.close(writing)
    assert gone.is_set()


def test_a_pipe_that_takes_nothing_just_now_gets_all_of_it_later(log: Outlet) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    log.open(OnDescriptor(writing, lambda: None), "log")
    for number in range(2_000):
        say(log, f"{number} {'x' * 100}")
    received = b""
    while received.count(b"\n") < 2_000:
        received += os.read(reading, 65_536)

    os.close(reading)
    os.close(writing)
    assert [json.loads(line)["message"].split()[0] for line in received.splitlines()] == [
        str(number) for number in range(2_000)
    ]


def test_the_journal_is_known_by_its_device_and_inode(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("w") as stream:
        found = os.fstat(stream.fileno())
        named = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}

        assert is_journal(stream.fileno(), named)
        assert not is_journal(stream.fileno(), {"JOURNAL_STREAM": f"{found.st_dev}:1"})
        assert not is_journal(stream.fileno(), {})


def test_a_second_writer_loses_no_line_while_the_first_rotates(path: Path) -> None:
    rotated = file(path, max_bytes=2_000, max_files=1_000)

    def also() -> None:
        for number in range(500):
            append(path, b'{"message": "theirs %d"}\n' % number)

    second = threading.Thread(target=also)
    second.start()
    for number in range(500):
        if rotated.write(b'{"message": "ours %d"}\n' % number):
            rotated.tidy()
    second.join()

    rotated.tidy()
    found = sorted(one for part in path.parent.iterdir() for one in messages(unpacked(part)))
    assert found == sorted(f"{whose} {n}" for whose in ("ours", "theirs") for n in range(500))


def unpacked(part: Path) -> Path:
    if part.suffix == ".gz":
        part = part.with_suffix(".txt")
        part.write_bytes(gzip.decompress(part.with_suffix(".gz").read_bytes()))
    return part


class Disk:
    """A place that refuses so many times, or hangs until it is let go on."""

    def __init__(self, *, refusals: int = 0, hangs: bool = False) -> None:
        self._refusals = refusals
        self._written: list[bytes] = []
        self._changed = threading.Condition()
        self.is_asked, self.goes_on = threading.Event(), threading.Event()
        if not hangs:
            self.goes_on.set()

    def write(self, lines: bytes) -> None:
        self.is_asked.set()
        self.goes_on.wait()
        if self._refusals:
            self._refusals -= 1
            raise OSError(28, "No space left on device")
        with self._changed:
            self._written += lines.splitlines()
            self._changed.notify_all()

    def wait_for(self, count: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: len(self._written) >= count)

    def messages(self) -> list[str]:
        return [json.loads(line)["message"] for line in self._written]
