"""Put the strings of a document to everything that is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from attrs import define, field

from orgloop.sdk.injection import delimiters, overrides
from orgloop.sdk.injection.delimiters import imitates_a_delimiter
from orgloop.sdk.injection.disguises import Reading, read
from orgloop.sdk.injection.encodings import decoded
from orgloop.sdk.injection.languages import overrides_in_another_language
from orgloop.sdk.injection.linear import searching
from orgloop.sdk.injection.overrides import overrides_in_letters, overrides_in_words

_MOST_LAYERS = 3  # an encoded text inside an encoded text
_LONG = 1000
"""Characters from which on a text is looked at alone."""
_EFFORT = 2000
"""Characters that could be looked at in the time that it takes to begin with a text."""
_MOST_NARROWING = 3_000_000
"""Characters looked at in search of the string that is suspicious, some 50 ms."""

_is_expressed = searching("|".join((*overrides.EXPRESSIONS, *delimiters.EXPRESSIONS)))

_APART = "\n \n"
"""Between strings that are looked at together: nothing that is encoded goes on behind it."""

Kinds = Callable[[str], Iterable[str]]
"""Yield what is suspicious in a text."""

More = Callable[[Reading], Iterator[str]]
"""Yield what else is suspicious in a text."""


def findings_in(document: Any, kinds: Kinds, *, most_characters: int) -> Iterator[str]:
    """Yield what is suspicious in the strings of a JSON document: dot path and kind.

    Most documents hold nothing. So all strings are looked at together first: ``kinds`` must find at
    least as much in strings put together as in each alone. Of what is longer than
    ``most_characters`` the rest is reported as not looked at.
    """
    look = _Look(kinds)
    texts = _texts_of(document)
    if sum(map(len, texts)) <= most_characters and not look.finds_something(texts):
        return
    strings, cut_off = strings_of(document, most_characters)
    for path, kind in look.at(strings):
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


@define
class _Look:
    """One look at many strings: at long ones alone and once, at short ones together."""

    _kinds: Kinds
    _alone: dict[str, tuple[str, ...]] = field(factory=dict)
    """What is suspicious in each long text."""
    _is_short_fine: bool = False
    """Whether nothing is suspicious in all short texts together."""
    _left: int = _MOST_NARROWING

    def finds_something(self, texts: Sequence[str]) -> bool:
        """Whether there is something suspicious in texts, or in several of them together."""
        self._is_short_fine = not self._holds(text for text in texts if len(text) < _LONG)
        found = [self._found_in(text) for text in texts if len(text) >= _LONG]
        return not self._is_short_fine or any(found)

    def at(self, strings: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Yield path and kind of what is suspicious, in long texts first."""
        for path, text in strings:
            if len(text) >= _LONG:
                yield from ((path, kind) for kind in self._found_in(text))
        if not self._is_short_fine:
            yield from self._narrowed([(path, text) for path, text in strings if len(text) < _LONG])

    def _narrowed(self, strings: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        """Look into halves that hold something."""
        if len(strings) == 1:
            ((path, text),) = strings
            self._left -= len(text) + _EFFORT
            yield from ((path, kind) for kind in dict.fromkeys(self._kinds(text)))
        elif self._holds(text for _, text in strings):
            if self._left < 0:
                yield strings[0][0], "suspicious together with what stands behind it"
                return
            half = len(strings) // 2
            yield from self._narrowed(strings[:half])
            yield from self._narrowed(strings[half:])

    def _holds(self, texts: Iterable[str]) -> bool:
        together = _APART.join(texts)
        self._left -= len(together) + _EFFORT
        return any(True for _ in self._kinds(together))

    def _found_in(self, long: str) -> tuple[str, ...]:
        if long not in self._alone:
            self._alone[long] = tuple(dict.fromkeys(self._kinds(long)))
        return self._alone[long]


def kinds_in(
    text: str, more: More | None = None, *, suspects_encoded: bool = False
) -> Iterator[str]:
    """Yield what is suspicious in a text, and in what is encoded in it. The text is not repeated.

    ``more`` is asked about every reading of the text as well. With ``suspects_encoded`` plain words
    that are encoded are suspicious whatever they say.
    """
    reading = read(text)
    if reading.hides_something:
        yield "hidden characters"
    yield from _in_reading(reading, more)
    layer = reading.shown
    for _ in range(_MOST_LAYERS):
        found = list(decoded(layer))
        if not found:
            return
        inner = _APART.join(one.text for one in found)
        layer = inner.encode()
        kinds = list(_in_reading(read(inner), more))
        yield from (f"{kind}, encoded" for kind in kinds)
        if suspects_encoded and not kinds and any(one.is_secret for one in found):
            yield "an encoded text"


def _in_reading(reading: Reading, more: More | None) -> Iterator[str]:
    is_usual = _holds_an_expression(reading)
    if (
        (is_usual and overrides_in_words(reading))
        or overrides_in_letters(reading)
        or overrides_in_another_language(reading)
    ):
        yield "overrides instructions"
    if is_usual and imitates_a_delimiter(reading):
        yield "imitates a delimiter"
    if more is not None:
        yield from more(reading)


def _holds_an_expression(reading: Reading) -> bool:
    """Whether a closer look is worth while, found out in one go."""
    if _is_expressed(reading.plain):
        return True
    return reading.latin is not reading.plain and _is_expressed(reading.latin)
