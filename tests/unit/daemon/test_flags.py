"""The flags of a start."""

from __future__ import annotations

from pathlib import Path

import pytest

from orgloop.daemon.flags import Flags
from orgloop.errors import InvalidValue


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (Flags(port="65536"), "--port"),
        (Flags(port="-1"), "--port"),
        (Flags(port="٣"), "--port"),
        (Flags(grace="soon"), "--grace"),
        (Flags(log_level="loud"), "--log-level"),
        (Flags(log_format="xml"), "--log-format"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(flags: Flags, named: str) -> None:
    with pytest.raises(InvalidValue, match=named):
        flags.check()


def test_flags_beat_variables() -> None:
    environ = {"ORGLOOP_PORT": "1", "ORGLOOP_HOST": "localhost", "PATH": "/bin"}

    assert Flags(port="2").over(environ) == {**environ, "ORGLOOP_PORT": "2"}


def test_the_home_is_the_flags_else_the_variables(tmp_path: Path) -> None:
    environ = {"ORGLOOP_HOME": str(tmp_path / "variable")}

    assert Flags(home=str(tmp_path)).home_directory(environ).root == tmp_path
    assert Flags().home_directory(environ).root == tmp_path / "variable"
    assert Flags().home_directory({}).root == Path.home() / ".orgloop"


def test_the_project_is_the_flags_else_the_variables_else_the_one_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "orgloop.yaml").touch()
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")

    assert Flags(project="/p").project_file({"ORGLOOP_CONFIG": "/q"}) == Path("/p")
    assert Flags().project_file({"ORGLOOP_CONFIG": "/q"}) == Path("/q")
    assert Flags().project_file({}) == tmp_path / "orgloop.yaml"


def test_what_is_remembered_makes_the_same_start_of_another_project() -> None:
    flags = Flags(project="p", home="h", port="0", log_level="warn", grace="5s")

    assert flags.remembered() == ("--port", "0", "--grace", "5s", "--log-level", "warn")
    assert flags.as_arguments()[:4] == ("--project", "p", "--home", "h")
