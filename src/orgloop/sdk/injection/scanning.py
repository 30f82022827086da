"""Put the strings of a document to everything that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from orgloop.sdk.injection.delimiters import imitates_a_delimiter
from orgloop.sdk.injection.disguises import Reading, hides_something, read
from orgloop.sdk.injection.encodings import Decoded, decoded
from orgloop.sdk.injection.languages import overrides_in_another_language
from orgloop.sdk.injection.overrides import overrides_instructions

_MOST_LAYERS = 3  # an encoded text inside an encoded text
_MOST_DECODED = 100_000  # characters of all that is encoded in one text

_APART = "\n \n"
"""Between strings that are looked at together: nothing that is encoded goes on behind it."""

More = Callable[[Reading], Iterator[str]]
"""Yield what else is suspicious in a text."""


def findings_in(
    document: Any, kinds: Callable[[str], Iterable[str]], *, most_characters: int
) -> Iterator[str]:
    """Yield what is suspicious in the strings of a JSON document: dot path and kind.

    Most documents hold nothing. So all strings are looked at together first: ``kinds`` must find at
    least as much in strings put together as in each alone. Of what is longer than
    ``most_characters`` the rest is reported as not looked at.
    """
    together = _APART.join(_texts_of(document))
    if len(together) <= most_characters and not any(True for _ in kinds(together)):
        return
    strings, cut_off = strings_of(document, most_characters)
    for path, kind in _narrowed(strings, kinds):
        yield f"{path}: {kind}"
    if cut_off is not None:
        yield f"{cut_off}: too long to be looked at in full"


def strings_of(document: Any, most_characters: int) -> tuple[list[tuple[str, str]], str | None]:
    """Return the strings of a document, each with its path, and which one is cut off at the limit.

    Keys are strings too.
    """
    strings, left = [], most_characters
    for path, text in _strings(document):
        strings.append((path, text[:left]))
        left -= len(text)
        if left < 0:
            return strings, path
    return strings, None


def _texts_of(document: Any) -> list[str]:
    """Return every string of a document, a key that comes again only once. In no order."""
    texts: list[str] = []
    keys: set[str] = set()
    pending: list[Any] = [document]
    for value in pending:  # which grows meanwhile
        kind = type(value)
        if kind is str:
            texts.append(value)
        elif kind is dict:
            keys.update(value)
            pending += value.values()
        elif kind is list or kind is tuple:
            pending += value
    return [*texts, *keys]


def _strings(document: Any) -> Iterator[tuple[str, str]]:
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, str):
            yield path, value
        elif isinstance(value, dict):
            pending += [(f"{path}.{key}" if path else key, one) for key, one in value.items()][::-1]
            yield f"{path} (a key)", "\n".join(value)
        elif isinstance(value, list | tuple):
            pending += [(f"{path}.{index}", one) for index, one in enumerate(value)][::-1]


def _narrowed(
    strings: Sequence[tuple[str, str]], kinds: Callable[[str], Iterable[str]]
) -> Iterator[tuple[str, str]]:
    """Yield path and kind of what is suspicious, looking into halves that hold something."""
    if len(strings) == 1:
        ((path, text),) = strings
        yield from ((path, kind) for kind in dict.fromkeys(kinds(text)))
    elif any(True for _ in kinds(_APART.join(text for _, text in strings))):
        half = len(strings) // 2
        yield from _narrowed(strings[:half], kinds)
        yield from _narrowed(strings[half:], kinds)


def kinds_in(
    text: str, more: More | None = None, *, suspects_encoded: bool = False
) -> Iterator[str]:
    """Yield what is suspicious in a text, and in what is encoded in it. The text is not repeated.

    ``more`` is asked about every reading of the text as well. With ``suspects_encoded`` plain words
    that are encoded are suspicious whatever they say.
    """
    if hides_something(text):
        yield "hidden characters"
    reading = read(text)
    yield from _in_reading(reading, more)
    for one in _layers(reading.shown):
        kinds = list(_in_reading(read(one.text), more))
        yield from (f"{kind}, encoded" for kind in kinds)
        if suspects_encoded and one.is_secret and not kinds:
            yield "an encoded text"


def _in_reading(reading: Reading, more: More | None) -> Iterator[str]:
    if overrides_instructions(reading) or overrides_in_another_language(reading):
        yield "overrides instructions"
    if imitates_a_delimiter(reading):
        yield "imitates a delimiter"
    if more is not None:
        yield from more(reading)


def _layers(shown: str) -> Iterator[Decoded]:
    """Yield what is encoded in a text, and in that, and so on."""
    layer, left = [shown], _MOST_DECODED
    for _ in range(_MOST_LAYERS):
        inner = [one for text in layer for one in decoded(text)]
        for one in inner:
            left -= len(one.text)
            if left < 0:
                return
            yield one
        layer = [one.text for one in inner]
