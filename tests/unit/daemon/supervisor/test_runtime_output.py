"""The last lines of what a runtime wrote to standard error, and the record they end up in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import define
from zope.interface.verify import verifyObject

from orgloop.daemon.supervisor.crash import CrashRecord
from orgloop.daemon.supervisor.output import InFile, IOutput, PassedOn, last_lines

RECORD = CrashRecord(
    time="2026-01-31T08:15:00.250Z",
    reason="more than 10 restarts within 5m",
    exit="killed by SIGSEGV",
    restarts=10,
    window="5m",
    stderr=("one", "two"),
)


@define
class Piped:
    """Output through a pipe, and what was handed on of it."""

    writing: int
    output: PassedOn
    handed_on: list[bytes]

    def write(self, data: bytes) -> None:
        os.write(self.writing, data)
        self.output.catch_up()


@pytest.fixture
def piped() -> Iterator[Piped]:
    reading, writing = os.pipe()
    handed_on: list[bytes] = []
    made = Piped(writing, PassedOn(reading, handed_on.append), handed_on)
    yield made
    os.close(writing)
    made.output.catch_up()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(reading)  # its end closes it


def test_what_comes_through_a_pipe_is_handed_on_and_kept(piped: Piped) -> None:
    piped.write(b"before\n")
    position = piped.output.position()

    piped.write(b"first\nsec")
    piped.write(b"ond\n")

    assert verifyObject(IOutput, piped.output)
    assert piped.handed_on == [b"before\n", b"first\nsec", b"ond\n"]
    assert piped.output.since(position) == b"first\nsecond\n"
    assert piped.output.since(piped.output.position()) == b""


def test_of_a_flood_the_end_is_kept(piped: Piped) -> None:
    for _ in range(100):
        piped.write(b"x" * 10_000)
    piped.write(b"\nthe end\n")

    assert len(piped.output.since(0)) == 65_536
    assert last_lines(piped.output.since(0))[-1] == "the end"


def test_of_a_file_only_what_was_appended_counts(tmp_path: Path) -> None:
    file = tmp_path / "daemon.stderr.log"
    output = InFile(file)
    assert verifyObject(IOutput, output)
    assert output.position() == 0
    assert output.since(0) == b""
    file.write_bytes(b"of an earlier one\n")
    position = output.position()
    with file.open("ab") as appended:
        appended.write(b"x" * 100_000 + b"\nof this one\n")

    assert last_lines(output.since(position))[-1] == "of this one"
    assert b"earlier" not in output.since(position)


def test_of_a_file_that_was_moved_aside_the_new_one_counts(tmp_path: Path) -> None:
    file = tmp_path / "daemon.stderr.log"
    file.write_bytes(b"x" * 1000)
    output = InFile(file)
    position = output.position()
    file.rename(tmp_path / "daemon.stderr.log.1")
    file.write_bytes(b"fresh\n")

    assert output.since(position) == b"fresh\n"


def test_lines_are_fit_to_be_shown() -> None:
    written = b"\n" * 60 + b"\x1b[2J" + b"\xff\n" + b"y" * 5000

    *_, escaped, long = last_lines(written)

    assert len(last_lines(written)) == 50
    assert escaped == "\\x1b[2J\N{REPLACEMENT CHARACTER}"
    assert len(long) == 2000


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "crash.json"

    RECORD.write(file)

    assert CrashRecord.read(file) == RECORD
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [None, b"", b"[]", b"{}", b'{"stderr": 3}', b'{"stderr": []}'])
def test_a_record_that_is_not_ours_is_none(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "crash.json"
    if content is not None:
        file.write_bytes(content)

    assert CrashRecord.read(file) is None
