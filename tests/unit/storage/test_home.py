from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from orgloop.errors import StorageUnavailable
from orgloop.storage.atomic import write_atomically
from orgloop.storage.home import Home
from orgloop.storage.names import file_name, name_of


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_directories_are_their_owners_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / "home")
    home.create()
    home.create()
    made = [path for path in home.root.rglob("*") if path.is_dir()]
    assert {str(path.relative_to(home.root)) for path in made} == {
        "spool",
        "logs",
        "data",
        "data/checkpoints",
        "data/wal",
        "data/queue",
    }
    assert {_mode(path) for path in [home.root, *made]} == {0o700}


def test_a_directory_of_the_persons_own_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    Home(tmp_path).create()
    assert _mode(tmp_path) == 0o755


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageUnavailable, match="ORGLOOP_HOME"):
        Home(tmp_path / "file" / "home").create()


def test_a_file_where_a_directory_belongs_is_named(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    home.logs.rmdir()
    home.logs.touch()
    with pytest.raises(StorageUnavailable, match="logs is no directory"):
        home.create()


def test_a_home_that_is_a_link_to_nothing_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").symlink_to(tmp_path / "gone")
    with pytest.raises(StorageUnavailable, match=r"home is a link to .*gone, which is not there"):
        Home(tmp_path / "home").create()


def test_the_control_token_is_made_once(tmp_path: Path) -> None:
    home = Home(tmp_path)
    token = home.control_token()
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    assert home.control_token_file.read_text() == token + "\n"
    assert _mode(home.control_token_file) == 0o600
    assert home.control_token() == token


@pytest.mark.parametrize("content", [b"", b"secret\n", b"\xff\xfe", b"A" * 64])
def test_a_damaged_control_token_is_replaced(tmp_path: Path, content: bytes) -> None:
    home = Home(tmp_path)
    home.control_token_file.write_bytes(content)
    token = home.control_token()
    assert re.fullmatch(r"[0-9a-f]{64}", token)
    assert home.control_token_file.read_text() == token + "\n"


def test_a_control_token_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    home = Home(tmp_path)
    token = home.control_token()
    home.control_token_file.chmod(0o644)
    assert home.control_token() == token
    assert _mode(home.control_token_file) == 0o600


def test_the_runtime_keeps_its_id(tmp_path: Path) -> None:
    assert Home(tmp_path).runtime_id() == Home(tmp_path).runtime_id()


def test_names_are_told_apart_in_paths(tmp_path: Path) -> None:
    home = Home(tmp_path)
    names = ["a", "a.b", "a/b", "a%2Eb", "..", ".", "日" * 66, "日" * 65 + "月", "~", "%7E"]
    paths = [home.queue(name) for name in names]
    assert len(set(paths)) == len(names)
    assert {path.parent for path in paths} == {home.queues}
    assert all(len(os.fsencode(path.name)) <= 200 for path in paths)
    assert home.queue("my.org/x").name == "my%2Eorg%2Fx.db"


@pytest.mark.parametrize("name", ["a", "a.b/c", "ü ~%2E", "..", "x" * 180])
def test_a_file_name_can_be_read_back(name: str) -> None:
    assert name_of(file_name(name)) == name


def test_a_name_too_long_for_a_file_cannot_be_read_back() -> None:
    assert name_of(file_name("日" * 66)) is None


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert _mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_stays_and_nothing_else_does(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.mkdir()
    (path / "in the way").touch()
    with pytest.raises(StorageUnavailable, match=str(path)):
        write_atomically(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_a_pipe_in_place_of_a_file_is_told_of_and_not_waited_for(tmp_path: Path) -> None:
    home = Home(tmp_path)
    os.mkfifo(home.control_token_file)

    with pytest.raises(StorageUnavailable, match=r"control\.token cannot be read: .* regular file"):
        home.control_token()
