"""Read a text as a model reads it: without what hides letters or stands in for them."""

# ruff: noqa: RUF001 -- letters that look alike are what this module is about

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape
from unicodedata import normalize

from attrs import frozen

from orgloop.sdk.injection.linear import searching

# What shows nothing, or only changes how its neighbour looks.
_INVISIBLE_ONES = (
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]+"
)
_INVISIBLE = re.compile(_INVISIBLE_ONES)
_holds_invisible = searching(_INVISIBLE_ONES)
_TAGS = re.compile("[\U000e0020-\U000e007e]{2,}")
_FLAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007f]{3,7}")  # those of England and the like
# Text turned round, tag characters, numbers of variation selectors, and words of Latin letters with
# gaps that show nothing. Emoji and right-to-left scripts need joiners and marks, and bots put a
# zero-width space behind an @ so that nobody is told.
_is_hiding = searching(
    "[\u202a-\u202e\u2066-\u2069\U000e0001-\U000e007f]"
    "|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4}"
    "|[A-Za-z][\u200b-\u200d\u2060-\u2064\ufeff]+[A-Za-z]"
)
_MARKS = re.compile("[\u0300-\u036f]+")
_MARKUP = re.compile(r"<[^<>]{1,80}>")
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
_LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_ROTATED = bytes.maketrans(_LETTERS, _LETTERS[13:] + _LETTERS[:13]).translate(_SIGNS)
_NO_LETTERS = bytes(set(range(128)) - set(_LETTERS + b"013457@$!|"))


@frozen
class Reading:
    """One text, read in several ways."""

    shown: str
    """As it is displayed: entities resolved, nothing invisible in it."""
    plain: str
    """That in lower case."""
    latin: str
    """That with Latin letters for those that look alike, without marks and without markup."""
    squeezed: str
    """The letters of that alone, numbers and signs read as letters; ``i`` and ``l`` are one."""


def read(text: str) -> Reading:
    """Return the ways in which a text can be read."""
    shown = unescape(text) if "&" in text else text
    if not shown.isascii():
        shown = _displayed(normalize("NFKC", shown))
    plain = shown.casefold()
    latin = _MARKUP.sub(" ", plain) if "<" in plain else plain
    if not latin.isascii():
        latin = _NOT_ASCII.sub(lambda run: _latin(run[0]), latin)
    return Reading(shown, plain, latin, squeeze(latin))


def _displayed(text: str) -> str:
    """Return a text without what does not show, and behind it what its tag characters spell."""
    if not _holds_invisible(text):
        return text
    spelt = "".join(chr(ord(one) - 0xE0000) for run in _TAGS.findall(text) for one in run)
    return _INVISIBLE.sub("", text) + spelt


@lru_cache(maxsize=1024)  # dashes, quotes, letters with marks: the same few again and again
def _latin(run: str) -> str:
    return _MARKS.sub("", normalize("NFKD", run)).translate(_ALIKE)


def squeeze(latin: str) -> str:
    """Return the letters of a text in lower case; see `Reading.squeezed`."""
    return latin.encode("ascii", "ignore").translate(_SIGNS, _NO_LETTERS).decode("ascii")


def squeeze_rotated(latin: str) -> str:
    """Return the same with every letter thirteen places further on (ROT13)."""
    return latin.encode("ascii", "ignore").translate(_ROTATED, _NO_LETTERS).decode("ascii")


def hides_something(text: str) -> bool:
    """Whether characters in a text hide part of it from people, or show another text than it is."""
    return not text.isascii() and _is_hiding(_FLAGS.sub("", text))
