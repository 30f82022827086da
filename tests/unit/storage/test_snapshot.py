from __future__ import annotations

from pathlib import Path

import pytest

from orgloop.storage.snapshot import read_snapshot, write_snapshot


def test_the_last_snapshot_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_snapshot(path, {"a": 1})
    write_snapshot(path, {"b": ["ü"]})
    assert read_snapshot(path) == {"b": ["ü"]}
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [None, b"", b"{", b"[1]", b"\xff"])
def test_what_is_no_snapshot_is_none(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "state.json"
    if content is not None:
        path.write_bytes(content)
    assert read_snapshot(path) is None
