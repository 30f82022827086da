"""A path that a person names may lead nowhere: it is said what is wrong with it."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import NoReturn

import pytest

from orgloop.cli.failing import trouble
from orgloop.cli.services.person import Person
from orgloop.config.files import find_project, project_file
from orgloop.config.problems import ProjectInvalid
from orgloop.errors import InvalidValue
from orgloop.paths import absolute

HALF = os.fsdecode(b"caf\xe9")


def _nobody(number: int) -> NoReturn:
    raise KeyError(number)


def test_a_path_is_one_from_the_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/me")
    assert absolute("~/.orgloop") == "/home/me/.orgloop"
    assert absolute("here") == str(tmp_path / "here")
    assert absolute("/there/../here") == "/here"


def test_a_number_without_a_name_has_the_root_as_its_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", _nobody)
    assert absolute("~/.orgloop") == "/.orgloop"
    assert absolute("~") == "/"


def test_the_home_of_a_user_that_does_not_exist_is_none() -> None:
    with pytest.raises(InvalidValue, match="there is no user 'nobody-of-that-name'"):
        absolute("~nobody-of-that-name/.orgloop")


def test_a_path_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="no text in UTF-8"):
        absolute(f"/srv/{HALF}")
    place = tmp_path / HALF
    place.mkdir()
    (place / "orgloop.yaml").touch()
    with pytest.raises(ProjectInvalid, match="no text in UTF-8"):
        project_file(place)


def test_a_path_from_a_directory_that_is_gone_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(InvalidValue, match="does not exist any more"):
        absolute("home")
    with pytest.raises(ProjectInvalid, match="does not exist any more"):
        find_project(Path())


def test_a_project_that_may_not_be_looked_at_is_no_missing_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(path: Path) -> NoReturn:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refuse)  # root may look at everything
    with pytest.raises(ProjectInvalid, match="Permission denied"):
        find_project(tmp_path)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (PermissionError(13, "Permission denied", "/q"), "/q: Permission denied"),
        (PermissionError(13, "Permission denied", b"/q"), "/q: Permission denied"),
        (FileNotFoundError(2, "No such file"), "the current directory does not exist any more"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("odd"), "odd"),
    ],
)
def test_what_the_system_refuses_is_said_without_numbers(error: OSError, said: str) -> None:
    assert trouble(error) == said


def test_who_has_no_name_has_no_home_of_a_persons_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", _nobody)
    assert Person.of({}).home == Path("/")
