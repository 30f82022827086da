"""Find text that is hidden in another text by an encoding."""

from __future__ import annotations

import re
from base64 import b32decode, b64decode
from binascii import Error as NotEncoded
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from attrs import frozen

from orgloop.sdk.injection.linear import finding, locating

_BASE64 = "[A-Za-z0-9+/_-]"
_HEX = r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ :,-]{0,2}){12,}"
# A path or a name in lower case decodes to no words: those have a capital or a digit somewhere. A
# run in base32 is one in base64 as well.
_WITH_A_CAPITAL = "|".join(f"{_BASE64}{{{n}}}[A-Z0-9]{_BASE64}{{{15 - n}}}" for n in range(16))
_first_encoded = locating(rf"{_WITH_A_CAPITAL}|{_BASE64}{{16}}\r?\n{_BASE64}{{4}}|{_HEX}")
_base64_runs = finding(rf"{_BASE64}{{16,}}(?:\r?\n{_BASE64}{{4,}})*")
_BASE32 = re.compile(rb"[A-Z2-7]{32,}")
_hex_runs = finding(_HEX)
_percent_runs = finding(r"(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9._~+-]){6,}")
_WORDS = re.compile(b"[A-Z0-9]")
_OF_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_DIGESTS = b"0123456789abcdef-"  # of nothing else consist digests and UUIDs, and no words in base64
_NO_HEX = re.compile(rb"0x|[^0-9A-Fa-f]+")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_ESCAPES = re.compile(r"(?:\\u[0-9A-Fa-f]{4}){2,}")
_STRUCTURED = ("{", "[", "<")  # tokens, source maps, drawings
_LETTERS = re.compile(r"[A-Za-z\s]")
_LEAST_BYTES = 9
_MOST_STRANGE = 0.1
"""Of a text: characters that are not shown, or that were no UTF-8."""
# Each of these bytes makes a strange character in any case.
_STRANGE = bytes({*range(32), 127, 0xC0, 0xC1, *range(0xF5, 0x100)} - {ord("\n")})


@frozen
class Decoded:
    """A text that was encoded."""

    text: str
    is_packed: bool = True
    """Whether nothing of it can be read before it is decoded."""

    @property
    def is_secret(self) -> bool:
        """Whether it is plain words, which nobody encodes so that people may read them."""
        return self.is_packed and _is_prose(self.text)


def decoded(text: bytes) -> Iterator[Decoded]:
    """Yield what is hidden in a text in UTF-8 by an encoding, if it is text itself.

    It is never longer than what it was decoded from.
    """
    first = _first_encoded(text)
    if first is not None:
        yield from _unpacked(text[len(text[:first].rstrip(_OF_BASE64)) :])
    if b"%" in text:
        for run in _percent_runs(text):
            if run.count(b"%") > 1:
                yield Decoded(unquote(run).replace("+", " "), is_packed=False)
    if b"\\u" in text:
        yield from _unescaped(text.decode())


def _unpacked(text: bytes) -> Iterator[Decoded]:
    for run in _base64_runs(text):
        if _WORDS.search(run) and run.translate(None, _DIGESTS):
            yield from _first_text(run, _base64, offsets=4)
            for part in _BASE32.findall(run):
                yield from _first_text(part, _base32, offsets=1)
    for run in _hex_runs(text):
        yield from _first_text(_NO_HEX.sub(b"", run), _hex, offsets=2)


def _unescaped(text: str) -> Iterator[Decoded]:
    found = _ESCAPES.sub(lambda run: _characters(run[0]), text)
    if found != text:
        yield Decoded(found, is_packed=False)


def _characters(run: str) -> str:
    units = (int(one, 16).to_bytes(2, "little") for one in run.split("\\u")[1:])
    return b"".join(units).decode("utf-16-le", "replace")  # two of them may be one character


def _first_text(run: bytes, decode: Callable[[bytes], bytes], *, offsets: int) -> Iterator[Decoded]:
    """Yield what a run decodes to, leaving out characters at its beginning that do not belong."""
    for offset in range(offsets):
        text = _text_of(decode(run[offset:]))
        if text is not None:
            yield Decoded(text)
            return


def _base64(run: bytes) -> bytes:
    return _decode(b64decode, run.translate(_URL_SAFE, b"\r\n"), 4)


def _base32(run: bytes) -> bytes:
    return _decode(b32decode, run, 8)


def _decode(decode: Callable[[bytes], bytes], run: bytes, quantum: int) -> bytes:
    try:
        return decode(run + b"=" * (-len(run) % quantum))
    except NotEncoded:  # what is left over makes no byte
        return decode(run[: len(run) // quantum * quantum])


def _hex(run: bytes) -> bytes:
    return bytes.fromhex(run[: len(run) // 2 * 2].decode())


def _text_of(found: bytes) -> str | None:
    if b"\0" in found[:8]:
        return _printable(found[: len(found) // 2 * 2].decode("utf-16-le", "replace"))
    strange = len(found) - len(found.translate(None, _STRANGE))
    if len(found) < _LEAST_BYTES or strange >= _MOST_STRANGE * len(found):
        return None
    return _printable(found.decode("utf-8", "replace"))


def _printable(text: str) -> str | None:
    if text.isprintable() and "\ufffd" not in text:
        return text or None
    shown = sum(map(str.isprintable, text)) + text.count("\n") - text.count("\ufffd")
    return text if shown > (1 - _MOST_STRANGE) * len(text) else None


def _is_prose(text: str) -> bool:
    stripped = text.strip()
    if len(stripped.split()) < 3 or stripped.startswith(_STRUCTURED):
        return False
    return stripped.isascii() and len(_LETTERS.findall(stripped)) > 0.7 * len(stripped)
