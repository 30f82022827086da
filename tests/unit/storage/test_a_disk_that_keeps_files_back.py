"""Files that the disk keeps from being read are not taken for damaged ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgloop.doctor.databases import check_databases
from orgloop.errors import StorageUnavailable
from orgloop.storage.backup import back_up
from orgloop.storage.home import Home
from orgloop.storage.inspection import inspect
from orgloop.storage.statistics import statistics
from support.filled import Past


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose queue cannot be opened, as on a file system that is mounted read-only."""
    made = Home(tmp_path / "home")
    past = Past(
        project="p", source="s", route="r", actor="a", count=3, state="waiting", degraded=None
    )
    past.write(made)
    queue = made.queue("p")
    queue.with_name(f"{queue.name}-wal").unlink(missing_ok=True)
    queue.with_name(f"{queue.name}-wal").mkdir()
    return made


def test_whoever_looks_at_them_hears_of_the_disk(home: Home) -> None:
    with pytest.raises(StorageUnavailable, match="cannot be used now"):
        inspect(home, {})


def test_they_are_neither_measured_nor_copied(home: Home, tmp_path: Path) -> None:
    for ask in (statistics, lambda home: back_up(home, tmp_path / "copy")):
        with pytest.raises(StorageUnavailable, match=r"queue/p\.db cannot be used now"):
            ask(home)
    assert not (tmp_path / "copy").exists()


def test_the_doctor_does_not_advise_to_repair_them(home: Home) -> None:
    [found] = check_databases(home)
    assert found.name == "data/queue/p.db"
    assert found.message.startswith("it cannot be looked at")
    assert "repair" not in found.fix
