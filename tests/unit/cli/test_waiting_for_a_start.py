"""Whoever waits for a start hears what the start itself has to say meanwhile."""

from __future__ import annotations

import os
from tempfile import TemporaryFile

import pytest
from attrs import define, field

from orgloop.cli import launching
from orgloop.daemon.telling.report import Failed, to_line


@define
class Person:
    """Hears something, and with the last of it comes the outcome."""

    writing: int
    last: str
    shows_progress: bool = False
    heard: list[str] = field(factory=list)

    def say(self, text: str) -> None:
        self.heard.append(text)
        if text == self.last:
            os.write(self.writing, to_line(Failed(1, ())))


def test_what_a_start_says_is_passed_on_and_what_a_plugin_says_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(launching, "_REPORT_SECONDS", 0.001)
    reading, writing = os.pipe()
    person = Person(writing, last="orgloop: two")
    with TemporaryFile() as said:
        said.write(b"a plugin's own\norgloop: one\norgloop: two\n")
        said.flush()

        outcome = launching._await(reading, said, person)  # type: ignore[arg-type]

    os.close(reading)
    os.close(writing)
    assert outcome == Failed(1, ())
    assert person.heard == ["orgloop: one", "orgloop: two"]
