"""What the home is to a process that becomes another user."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orgloop.daemon.privileges import Heir

ANOTHER = Heir(uid=65534, gid=65533)

privileged = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def owner(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_uid, status.st_gid


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    (home / "logs").mkdir(parents=True)
    (home / "logs" / "orgloop.log").touch()
    (home / "orgloop.lock").touch()
    return home


@privileged
def test_all_of_the_home_is_the_other_users(home: Path) -> None:
    ANOTHER.take(home)

    found = [home, *home.rglob("*")]
    assert len(found) == 4
    assert {owner(path) for path in found} == {(65534, 65533)}


@privileged
def test_nothing_elsewhere_is_given_away(home: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "secret").touch()
    (home / "linked").symlink_to(elsewhere)
    os.link(elsewhere / "secret", home / "same")

    ANOTHER.take(home)

    assert owner(elsewhere) == owner(elsewhere / "secret") == (os.geteuid(), os.getegid())


@privileged
def test_what_is_a_third_users_stays_so(home: Path) -> None:
    os.chown(home / "orgloop.lock", 12345, 12345)

    ANOTHER.take(home)

    assert owner(home / "orgloop.lock") == (12345, 12345)


def test_a_process_that_stays_who_it_is_changes_nothing(home: Path) -> None:
    before = [owner(path) for path in home.rglob("*")]

    Heir().take(home)

    assert [owner(path) for path in home.rglob("*")] == before
