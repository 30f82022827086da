"""Several words with commas between them."""

from __future__ import annotations

import pytest

from orgloop.commas import words


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a", ("a",)),
        ("a,b", ("a", "b")),
        (" two words , b,\ta", ("two words", "b", "a")),
        ("b,a,b", ("b", "a")),
        ("", ()),
        (" , ", ()),
    ],
)
def test_words_have_commas_between_them_and_blanks_around_them(
    text: str, meant: tuple[str, ...]
) -> None:
    assert words(text) == meant
