from __future__ import annotations

import os
from pathlib import Path

import pytest

from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.storage.snapshot import read_snapshot, write_snapshot


def test_the_last_snapshot_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    last = {"written_at": "2026-01-31T08:00:00Z", "projects": [{"name": "ü"}]}
    write_snapshot(path, {"a": 1})
    write_snapshot(path, last)
    assert read_snapshot(path) == last
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert read_snapshot(tmp_path / "state.json") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[1]",
        b"\xff",
        b"{}",
        b'{"written_at": "2026-01-31T08:00:00Z", "projects": 5}',
        b'{"written_at": "2026-01-31T08:00:00Z", "projects": [{"name": {}}]}',
        b'{"written_at": {}, "projects": []}',
    ],
)
def test_what_is_no_snapshot_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(content)
    with pytest.raises(StorageDamaged, match=r"state\.json is damaged"):
        read_snapshot(path)


def test_a_pipe_is_told_of_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "state.json")

    with pytest.raises(StorageUnavailable, match="it is no regular file"):
        read_snapshot(tmp_path / "state.json")
