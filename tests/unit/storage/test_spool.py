"""Files that wait in the spool: whole or not there, in order, and nobody else's."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from orgloop.event import Cause
from orgloop.storage import spoolfile
from orgloop.storage.spool import Spool, UnreadableSpoolFile

DOCUMENT = {"source": "cc", "cause": None, "body": {"session_id": "s"}}


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "home" / "spool")


def kept(spool: Spool, **changes: object) -> Path:
    return Path(spoolfile.spool(str(spool.directory), {**DOCUMENT, **changes}))


def test_what_is_spooled_is_read_as_it_was(spool: Spool) -> None:
    file = kept(spool, cause="trc_a;evt_b")

    read = spool.read(file)

    assert read.source == "cc"
    assert json.loads(read.body) == {"session_id": "s"}
    assert read.cause == Cause("trc_a", "evt_b")
    assert file.stat().st_mode & 0o777 == 0o600
    assert spool.directory.stat().st_mode & 0o777 == 0o700


def test_files_wait_in_the_order_in_which_they_came(spool: Spool) -> None:
    files = [kept(spool) for _ in range(20)]

    assert spool.waiting() == files
    spool.remove(files[0])
    spool.remove(files[0])
    assert spool.waiting() == files[1:]


def test_nothing_waits_where_there_is_no_spool(spool: Spool) -> None:
    assert spool.waiting() == []
    spool.tidy(0)


def test_a_spool_that_is_full_takes_nothing_more(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spoolfile, "MOST_FILES", 2)
    files = [kept(spool), kept(spool)]

    with pytest.raises(spoolfile.SpoolFull):
        kept(spool)

    assert spool.waiting() == files
    monkeypatch.setattr(spoolfile, "MOST_FILES", 100)
    monkeypatch.setattr(spoolfile, "MOST_BYTES", 10)
    with pytest.raises(spoolfile.SpoolFull):
        kept(spool)


def test_what_could_not_be_written_leaves_nothing(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(OSError, match="No space"):
        kept(spool)

    assert os.listdir(spool.directory) == []


def test_a_hook_that_is_ended_while_it_waits_for_the_disk_has_spooled_it(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[list[Path]] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: waiting.append(spool.waiting()))

    file = kept(spool)

    assert waiting[0] == [file]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"source": "", "body": {}}',
        b'{"source": "cc"}',
        b'{"source": "cc", "body": []}',
        b'{"source": 1, "body": {}}',
        b'{"source": "cc", "body": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b"\xff",
    ],
)
def test_what_no_hook_has_written_is_told_apart(spool: Spool, content: bytes) -> None:
    file = kept(spool)
    file.write_bytes(content)

    with pytest.raises(UnreadableSpoolFile):
        spool.read(file)


def test_neither_a_link_nor_a_pipe_is_followed(spool: Spool) -> None:
    target = kept(spool)
    link, pipe = spool.directory / "1.json", spool.directory / "2.json"
    link.symlink_to(target)
    os.mkfifo(pipe)
    (spool.directory / "3.json").mkdir()

    for name in ("1.json", "2.json", "3.json"):
        with pytest.raises(UnreadableSpoolFile):
            spool.read(spool.directory / name)


def test_a_cause_that_is_none_is_left_out(spool: Spool) -> None:
    assert spool.read(kept(spool, cause="x;y")).cause is None
    assert spool.read(kept(spool, cause=7)).cause is None


def test_what_is_set_aside_waits_no_longer_and_is_kept(spool: Spool) -> None:
    file = kept(spool)

    spool.set_aside(file)

    assert spool.waiting() == []
    assert [one.name for one in spool.aside.iterdir()] == [file.name]


def test_what_a_killed_hook_left_is_cleared_away_once_it_is_old(spool: Spool) -> None:
    kept(spool)
    half = spool.directory / f".1{spoolfile.TEMPORARY_SUFFIX}"
    half.write_text("{")
    written_ms = half.stat().st_mtime_ns // 1_000_000

    spool.tidy(written_ms + 1000)
    assert half.exists()
    spool.tidy(written_ms + 61_000)
    assert not half.exists()
    assert len(spool.waiting()) == 1
