"""Finding the project that is meant."""

from __future__ import annotations

from pathlib import Path

from orgloop.daemon.locating import project_file


def test_a_directory_means_the_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "orgloop.yml").touch()

    assert project_file(str(tmp_path), Path("/")) == tmp_path / "orgloop.yml"


def test_a_file_means_itself(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").touch()

    assert project_file("other.yaml", tmp_path) == tmp_path / "other.yaml"


def test_without_a_name_the_directories_above_are_searched(tmp_path: Path) -> None:
    (tmp_path / "orgloop.yaml").touch()
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)

    assert project_file(None, deep) == tmp_path / "orgloop.yaml"


def test_what_is_not_there_is_named_as_it_would_be_called(tmp_path: Path) -> None:
    assert project_file(None, tmp_path) == tmp_path / "orgloop.yaml"
    assert project_file(str(tmp_path), tmp_path) == tmp_path / "orgloop.yaml"
    assert project_file("absent", tmp_path) == tmp_path / "absent"
