"""Log files hold whole lines, are rotated, and survive what happens to files."""

from __future__ import annotations

import gzip
import os
import resource
import stat
from pathlib import Path

import pytest
from attrs import define, field

from orgloop.sdk.rotating import LogFiles, RotatingFile, Rotation

DAY = 86_400_000
START = 1_769_847_300_250


@define
class Now:
    """A wall clock that a test sets."""

    ms: int = START

    def __call__(self) -> int:
        return self.ms


@define
class Folder:
    """A directory with one log file in it."""

    path: Path
    now: Now = field(factory=Now)

    def file(self, **rotation: object) -> RotatingFile:
        return RotatingFile(self.path / "app.log", Rotation(**rotation), self.now)

    def contents(self) -> dict[str, bytes]:
        return {found.name: found.read_bytes() for found in sorted(self.path.iterdir())}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "logs")


def test_the_file_and_its_directory_are_made_for_their_owner_alone(folder: Folder) -> None:
    folder.file().open()

    assert stat.S_IMODE((folder.path / "app.log").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_lines_are_appended_to_what_is_there(folder: Folder) -> None:
    first, second = folder.file(), folder.file()
    first.write(b"one\n")
    second.write(b"two\n")

    assert folder.contents() == {"app.log": b"one\ntwo\n"}


def test_a_line_that_a_crash_cut_short_is_ended_first(folder: Folder) -> None:
    folder.file().open()
    (folder.path / "app.log").write_bytes(b'one\n{"half')
    file = folder.file()

    file.write(b"two\n")
    file.write(b"three\n")

    assert folder.contents() == {"app.log": b'one\n{"half\ntwo\nthree\n'}


def test_a_file_that_would_grow_too_large_is_put_aside(folder: Folder) -> None:
    file = folder.file(max_bytes=10, compress=False)

    assert [file.write(b"12345\n"), file.write(b"123\n"), file.write(b"67890\n")] == [
        False,
        False,
        True,
    ]

    assert folder.contents() == {
        "app.log": b"67890\n",
        "app.log.20260131T081500250Z": b"12345\n123\n",
    }


def test_a_single_write_above_the_limit_is_still_written(folder: Folder) -> None:
    file = folder.file(max_bytes=3, compress=False)

    assert not file.write(b"12345\n")

    assert folder.contents() == {"app.log": b"12345\n"}


def test_a_file_whose_first_line_is_too_old_is_put_aside(folder: Folder) -> None:
    folder.file().write(b'{"timestamp":"2026-01-31T08:15:00.250Z"}\n')
    file = folder.file(max_age_ms=DAY)
    folder.now.ms += DAY
    assert not file.write(b"young\n")

    folder.now.ms += 1

    assert file.write(b"new\n")
    assert folder.contents()["app.log"] == b"new\n"


def test_files_put_aside_in_the_same_instant_do_not_overwrite_one_another(folder: Folder) -> None:
    file = folder.file(max_bytes=1, compress=False)

    for line in (b"a\n", b"b\n", b"c\n"):
        file.write(line)

    assert sorted(folder.contents().values()) == [b"a\n", b"b\n", b"c\n"]


def test_tidying_compresses_and_keeps_so_many(folder: Folder) -> None:
    file = folder.file(max_bytes=1, max_files=2)
    for number in range(5):
        folder.now.ms = START + number
        file.write(b"%d\n" % number)
    (folder.path / "app.log.20260131T081500250Z.part").write_bytes(b"cut short")
    (folder.path / "app.log.notes").write_bytes(b"a person's")

    file.tidy()

    contents = folder.contents()
    kept = {name: gzip.decompress(body) for name, body in contents.items() if ".gz" in name}
    assert kept == {
        "app.log.20260131T081500253Z.gz": b"2\n",
        "app.log.20260131T081500254Z.gz": b"3\n",
    }
    assert contents["app.log"] == b"4\n"
    assert contents["app.log.notes"] == b"a person's"
    mode = (folder.path / "app.log.20260131T081500253Z.gz").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_tidying_deletes_what_was_put_aside_too_long_ago(folder: Folder) -> None:
    file = folder.file(max_bytes=1, max_age_ms=DAY)
    file.write(b"old\n")
    file.write(b"new\n")
    (aside,) = [name for name in folder.contents() if name != "app.log"]
    os.utime(folder.path / aside, (START / 1000, START / 1000))

    file.tidy()
    assert len(folder.contents()) == 2
    folder.now.ms += DAY + 1
    file.tidy()

    assert folder.contents() == {"app.log": b"new\n"}


def test_a_file_moved_away_is_made_anew(folder: Folder) -> None:
    file = folder.file()
    file.write(b"one\n")
    (folder.path / "app.log").rename(folder.path / "app.log.1")

    file.write(b"two\n")

    assert folder.contents() == {"app.log": b"two\n", "app.log.1": b"one\n"}


def test_a_file_truncated_in_place_goes_on_at_its_beginning(folder: Folder) -> None:
    file = folder.file()
    file.write(b"one\n")
    os.truncate(folder.path / "app.log", 0)

    file.write(b"two\n")

    assert folder.contents() == {"app.log": b"two\n"}


def test_reopening_follows_the_name(folder: Folder) -> None:
    file = folder.file()
    file.write(b"one\n")
    file.reopen()

    file.write(b"two\n")

    assert folder.contents() == {"app.log": b"one\ntwo\n"}


def test_a_write_that_the_disk_cuts_short_leaves_no_part_of_a_line(folder: Folder) -> None:
    file = folder.file()
    file.write(b"one\n")
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8, unlimited[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            file.write(b"much too long\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert folder.contents() == {"app.log": b"one\n"}

    file.write(b"two\n")

    assert folder.contents() == {"app.log": b"one\ntwo\n"}


def test_whoever_names_the_same_path_shares_one_writer(folder: Folder) -> None:
    files, rotation = LogFiles(), Rotation(max_bytes=7)
    folder.path.mkdir()
    (folder.path / "link.log").symlink_to(folder.path / "app.log")

    first = files.acquire(folder.path / "app.log", rotation, folder.now)
    second = files.acquire(folder.path / "link.log", Rotation(), folder.now)

    assert first is second
    assert first.rotation is rotation
    files.release(first)
    assert files.acquire(folder.path / "app.log", Rotation(), folder.now) is first
    files.release(first)
    files.release(first)
    assert files.acquire(folder.path / "app.log", Rotation(), folder.now) is not first


def test_who_has_no_opinion_leaves_the_rotation_to_the_first_who_has(folder: Folder) -> None:
    files, asked_for = LogFiles(), Rotation(max_bytes=7)

    file = files.acquire(folder.path / "app.log", None, folder.now)
    rotated_as_usual = file.rotation == Rotation()
    files.acquire(folder.path / "app.log", asked_for, folder.now)
    files.acquire(folder.path / "app.log", Rotation(max_bytes=8), folder.now)

    assert rotated_as_usual
    assert file.rotation is asked_for


def test_a_path_that_cannot_be_opened_is_not_kept(folder: Folder) -> None:
    files = LogFiles()
    folder.path.write_bytes(b"in the way")

    with pytest.raises(OSError, match=r"app\.log|logs"):
        files.acquire(folder.path / "app.log", Rotation(), folder.now)

    folder.path.unlink()
    files.acquire(folder.path / "app.log", Rotation(), folder.now)
