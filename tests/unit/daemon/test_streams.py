"""Files that a daemon writes to are moved aside before they grow without end."""

from __future__ import annotations

from pathlib import Path

from orgloop.daemon.log.streams import move_aside


def test_a_small_file_stays(tmp_path: Path) -> None:
    file = tmp_path / "daemon.stderr.log"
    file.write_text("12345", "utf-8")

    move_aside(file, size=6)

    assert file.read_text("utf-8") == "12345"


def test_a_full_file_is_moved_aside_and_three_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "daemon.stderr.log"
    for content in "abcde":
        file.write_text(content, "utf-8")
        move_aside(file, size=1)

    kept = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}

    assert kept == {f"daemon.stderr.log.{n}": text for n, text in ((1, "e"), (2, "d"), (3, "c"))}


def test_a_file_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    move_aside(tmp_path / "absent")
