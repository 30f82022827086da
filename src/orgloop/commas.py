"""Several words in one text, with commas between them, as flags and parameters take them."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words between the commas: each once, in order, without the blanks around it."""
    return tuple(dict.fromkeys(word for one in text.split(",") if (word := one.strip())))
