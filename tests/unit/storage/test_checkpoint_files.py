from __future__ import annotations

import json
from pathlib import Path

import pytest

from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.storage.checkpoints import FileCheckpointStore
from support.storage import InlineWorker, result_of


@pytest.fixture
def store(tmp_path: Path) -> FileCheckpointStore:
    return FileCheckpointStore(tmp_path, InlineWorker().run, lambda: 1_000)


def test_a_checkpoint_is_a_file_people_can_read(tmp_path: Path, store: FileCheckpointStore) -> None:
    result_of(store.save("my.org", "git/hub", "abc"))
    path = tmp_path / "my%2Eorg" / "git%2Fhub.json"
    document = {"checkpoint": "abc", "updated_at": "1970-01-01T00:00:01.000Z"}
    assert json.loads(path.read_bytes()) == document
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"{}", b'{"checkpoint": 1}'])
def test_one_that_cannot_be_read_is_set_aside_and_reported(
    tmp_path: Path, store: FileCheckpointStore, content: bytes
) -> None:
    result_of(store.save("p", "s", "abc"))
    path = tmp_path / "p" / "s.json"
    path.write_bytes(content)
    assert result_of(store.list("p")) == []
    with pytest.raises(StorageDamaged, match="orgloop checkpoint set"):
        result_of(store.load("p", "s"))
    assert [one.name for one in path.parent.iterdir()] == ["s.json.damaged-1000"]
    assert (tmp_path / "p" / "s.json.damaged-1000").read_bytes() == content
    assert result_of(store.load("p", "s")) is None
    assert result_of(store.list("p")) == []


def test_one_that_cannot_be_set_aside_stays_for_another_time(
    tmp_path: Path, store: FileCheckpointStore
) -> None:
    result_of(store.save("p", "s", "abc"))
    (tmp_path / "p" / "s.json").write_bytes(b"{")
    (tmp_path / "p" / "s.json.damaged-1000").mkdir()
    with pytest.raises(StorageUnavailable):
        result_of(store.load("p", "s"))


def test_a_disk_that_refuses_is_not_an_absent_checkpoint(
    tmp_path: Path, store: FileCheckpointStore
) -> None:
    (tmp_path / "p" / "s.json").mkdir(parents=True)
    with pytest.raises(StorageUnavailable):
        result_of(store.load("p", "s"))
    with pytest.raises(StorageUnavailable):
        result_of(store.save("p", "s", "abc"))
