"""The doctor tells of files that no runtime could take out of the spool."""

from __future__ import annotations

from pathlib import Path

from orgloop.doctor.spool import check_set_aside
from orgloop.storage.home import Home
from orgloop.storage.spool import Spool


def test_what_was_set_aside_is_told_of_until_it_is_deleted(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert check_set_aside(home) == []
    home.create()
    assert check_set_aside(home) == []
    spool = Spool(home.spool)
    file = home.spool / "1.json"
    file.write_text("{")
    spool.set_aside(file)

    [check] = check_set_aside(home)
    (spool.aside / "1.json").unlink()

    assert check.status == "degraded"
    assert str(spool.aside) in check.fix
    assert check_set_aside(home) == []
