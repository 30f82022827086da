"""Read a text as a model reads it: without what hides letters or stands in for them."""

# ruff: noqa: RUF001 -- letters that look alike are what this module is about

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from unicodedata import category, normalize

from attrs import evolve, frozen

from orgloop.sdk.injection.linear import searching

# What shows nothing, or only changes how its neighbour looks.
_INVISIBLE_ONES = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
_INVISIBLE = re.compile(_INVISIBLE_ONES)
_holds_invisible = searching(_INVISIBLE_ONES)
_TAG = re.compile("[\U000e0020-\U000e007e]")
_TAGS = re.compile("[\U000e0020-\U000e007e]{2,}")
_FLAG = "\U0001f3f4"
_FLAGS = re.compile(_FLAG + "[\U000e0020-\U000e007f]{3,7}")  # those of England and the like
# Text turned round, tag characters, numbers of variation selectors, and words of Latin letters with
# gaps that show nothing. Emoji and right-to-left scripts need joiners and marks, and bots put a
# zero-width space behind an @ so that nobody is told.
_is_hiding = searching(
    "[\u202a-\u202e\u2066-\u2069\U000e0001-\U000e007f]"
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4}"
    "|[A-Za-z][\u200b-\u200d\u2060-\u2064\ufeff]+[A-Za-z]"
)
_MARKS = re.compile("[\u0300-\u036f]+")
_MARKUP = re.compile(rb"<[^<>]{1,160}>")
_NOT_ASCII = re.compile("[^\x00-\x7f]+")
# Lower-case letters of other scripts that look like Latin ones, small capitals, and Latin letters
# that are not made of a letter and a mark.
_ALIKE = {
    ord(letter): latin
    for latin, letters in {
        "a": "аαᴀɑ", "b": "вʙ", "c": "сᴄϲ", "d": "ԁᴅđ", "e": "еεᴇ", "f": "ꜰ", "g": "ɢɡ",
        "h": "нһʜ", "i": "іιɪı", "j": "јᴊ", "k": "кκᴋ", "l": "ʟłӏ", "m": "мᴍ", "n": "ɴηո",
        "o": "оοᴏøօ", "p": "рρᴘ", "q": "ԛ", "r": "гʀ", "s": "ѕꜱ", "t": "тτᴛ", "u": "υᴜս",
        "v": "νᴠѵ", "w": "ԝᴡω", "x": "хχ", "y": "уγʏ", "z": "ᴢ",
        "'": "\u2018\u2019\u02bc",
    }.items()
    for letter in letters
}  # fmt: skip
_SIGNS = bytes.maketrans(b"013457@$!|i", b"oleastaslll")
_NO_LETTERS = bytes(set(range(256)) - set(b"abcdefghijklmnopqrstuvwxyz013457@$!|"))
_ASCII = bytes(range(128))
_FEW = 16
"""Different characters that are replaced one by one, which is quicker than to read all of them."""
_SHORT = 16  # runs of characters that are worth remembering: words, dashes, quotes


@frozen
class Reading:
    """One text, read in several ways. All in UTF-8: expressions are looked for in bytes."""

    shown: bytes
    """As it is displayed: entities resolved, nothing invisible in it."""
    plain: bytes
    """That in lower case."""
    latin: bytes
    """That with Latin letters for those that look alike, without marks and without markup."""
    squeezed: bytes
    """The letters of that alone, numbers and signs read as letters; ``i`` and ``l`` are one. Behind
    them, those with the markup: what stands between angle brackets may be what is said."""
    hides_something: bool
    """Whether characters hide part of it from people, or show another text than it is."""


def read(text: str) -> Reading:
    """Return the ways in which a text can be read."""
    meant = unescape(text) if "&" in text else text
    encoded = meant.encode()
    if meant.isascii():
        plain = encoded.lower()
        return _reading(encoded, plain, plain)
    strangers = encoded.translate(None, _ASCII)
    forms = _forms_of(strangers)
    reading = _read_whole(meant) if forms is None else _read_by_forms(encoded, forms)
    is_hiding = _holds_invisible(strangers) and _is_hiding(_without_flags(text))
    return evolve(reading, hides_something=True) if is_hiding else reading


def squeeze(latin: bytes) -> bytes:
    """Return the letters of a text in lower case; see `Reading.squeezed`."""
    return latin.translate(_SIGNS, _NO_LETTERS)


def _reading(shown: bytes, plain: bytes, in_latin_letters: bytes) -> Reading:
    latin = _without_markup(in_latin_letters)
    squeezed = squeeze(latin)
    if latin is not in_latin_letters:
        squeezed += b" " + squeeze(in_latin_letters)
    return Reading(shown, plain, latin, squeezed, hides_something=False)


def _without_markup(plain: bytes) -> bytes:
    return _MARKUP.sub(b" ", plain) if b"<" in plain else plain


def _read_whole(text: str) -> Reading:
    shown = _displayed(normalize("NFKC", text))
    plain = shown.casefold()
    latin = plain if plain.isascii() else _NOT_ASCII.sub(_in_latin_letters, plain)
    return _reading(shown.encode(), plain.encode(), latin.encode())


def _displayed(text: str) -> str:
    """Return a text without what does not show, and behind it what its tag characters spell."""
    if not _holds_invisible(text):
        return text
    spelt = "".join(chr(ord(one) - 0xE0000) for run in _TAGS.findall(text) for one in run)
    return _INVISIBLE.sub("", text) + spelt


def _in_latin_letters(match: re.Match[str]) -> str:
    run = match[0]
    return _latin_of_short(run) if len(run) <= _SHORT else _latin(run)


def _latin(run: str) -> str:
    return _MARKS.sub("", normalize("NFKD", run)).translate(_ALIKE)


_latin_of_short = lru_cache(maxsize=1024)(_latin)  # the same few again and again


@frozen
class _Form:
    """How one character is read, whatever stands beside it; see `Reading`."""

    letter: bytes
    shown: bytes
    plain: bytes
    latin: bytes


def _forms_of(strangers: bytes) -> list[_Form] | None:
    """Return how each of these characters is read.

    `None` where there are many, or where one is read together with its neighbours.
    """
    letters = frozenset(strangers.decode())
    if len(letters) > _FEW:
        return None
    forms = [form for letter in letters if (form := _form(letter)) is not None]
    return forms if len(forms) == len(letters) else None


@lru_cache(maxsize=4096)
def _form(letter: str) -> _Form | None:
    shown = _INVISIBLE.sub("", normalize("NFKC", letter))
    if _TAG.match(letter) or any(map(_may_join, shown)):
        return None
    plain = shown.casefold()
    return _Form(letter.encode(), shown.encode(), plain.encode(), _latin(plain).encode())


def _may_join(letter: str) -> bool:
    """Whether a character may become one with that before it: marks, and parts of syllables."""
    return category(letter).startswith("M") or "\u1100" <= letter <= "\u11ff"


def _read_by_forms(text: bytes, forms: Iterable[_Form]) -> Reading:
    shown = plain = text
    for form in forms:
        if form.shown != form.letter:
            shown = shown.replace(form.letter, form.shown)
        if form.plain != form.letter:
            plain = plain.replace(form.letter, form.plain)
    plain = latin = plain.lower()  # what is left in capitals is ASCII
    for form in forms:
        if form.latin != form.plain:
            latin = latin.replace(form.plain, form.latin)
    return _reading(shown, plain, latin)


def _without_flags(text: str) -> str:
    return _FLAGS.sub("", text) if _FLAG in text else text
