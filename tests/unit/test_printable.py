"""Text from outside cannot command a terminal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgloop.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain é 😀", "plain é 😀"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("two\r\nlines\t", r"two\r\nlines\t"),
        ("c1 \x9b", r"c1 \x9b"),
        ("bidi \u202e", r"bidi \u202e"),
        ("\udc80", r"\udc80"),
        ("\u2028", r"\u2028"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_what_comes_out_is_one_line_without_controls(text: str) -> None:
    shown = printable(text)

    assert len(shown.splitlines()) <= 1
    assert not any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in shown)
