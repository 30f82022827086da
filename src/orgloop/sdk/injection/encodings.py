"""Find text that is hidden in another text by an encoding."""

from __future__ import annotations

import re
from base64 import b32decode, b64decode
from binascii import Error as NotEncoded
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from attrs import frozen

from orgloop.sdk.injection.linear import finding

_base64_runs = finding(r"[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*")
_base32_runs = finding(r"[A-Z2-7]{32,}")
_hex_runs = finding(r"(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ :,-]{0,2}){12,}")
# A path or a name in lower case decodes to no words: those have a capital in every few characters.
_NO_WORDS = re.compile("[A-Z0-9]")
_NO_HEX = re.compile(r"0x|[^0-9A-Fa-f]+")
_percent_runs = finding(r"(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9._~+-]){6,}")
_ESCAPES = re.compile(r"(?:\\u[0-9A-Fa-f]{4}){2,}")
_STRUCTURED = ("{", "[", "<")  # tokens, source maps, drawings
_LETTERS = re.compile(r"[A-Za-z\s]")


@frozen
class Decoded:
    """A text that was encoded."""

    text: str
    is_secret: bool
    """Whether it is plain words, which nobody encodes so that people may read them."""


def decoded(text: str) -> Iterator[Decoded]:
    """Yield what is hidden in a text by an encoding, if it is text itself."""
    for run in filter(_NO_WORDS.search, _base64_runs(text)):
        yield from _first_text(run, _base64, offsets=4)
    for run in _base32_runs(text):
        yield from _first_text(run, _base32, offsets=1)
    for run in _hex_runs(text):
        yield from _first_text(_NO_HEX.sub("", run), _hex, offsets=2)
    if "%" in text:
        for run in _percent_runs(text):
            if run.count("%") > 1:
                yield Decoded(unquote(run).replace("+", " "), is_secret=False)
    if "\\u" in text:
        yield from _unescaped(text)


def _unescaped(text: str) -> Iterator[Decoded]:
    found = _ESCAPES.sub(lambda run: _characters(run[0]), text)
    if found != text:
        yield Decoded(found, is_secret=False)


def _characters(run: str) -> str:
    units = (int(one, 16).to_bytes(2, "little") for one in run.split("\\u")[1:])
    return b"".join(units).decode("utf-16-le", "replace")  # two of them may be one character


def _first_text(run: str, decode: Callable[[str], bytes], *, offsets: int) -> Iterator[Decoded]:
    """Yield what a run decodes to, leaving out characters at its beginning that do not belong."""
    for offset in range(offsets):
        text = _text_of(decode(run[offset:]))
        if text is not None:
            yield Decoded(text, is_secret=_is_prose(text))
            return


def _base64(run: str) -> bytes:
    run = "".join(run.split()).replace("-", "+").replace("_", "/")
    return _decode(b64decode, run, 4)


def _base32(run: str) -> bytes:
    return _decode(b32decode, run, 8)


def _decode(decode: Callable[[str], bytes], run: str, quantum: int) -> bytes:
    try:
        return decode(run + "=" * (-len(run) % quantum))
    except NotEncoded:  # what is left over makes no byte
        return decode(run[: len(run) // quantum * quantum])


def _hex(run: str) -> bytes:
    return bytes.fromhex(run[: len(run) // 2 * 2])


def _text_of(found: bytes) -> str | None:
    if b"\0" in found[:8]:
        return _printable(found[: len(found) // 2 * 2].decode("utf-16-le", "replace"))
    return _printable(found.decode("utf-8", "replace")) if len(found) > 8 else None


def _printable(text: str) -> str | None:
    shown = sum(map(str.isprintable, text)) + text.count("\n") - text.count("\ufffd")
    return text if text and shown > 0.9 * len(text) else None


def _is_prose(text: str) -> bool:
    stripped = text.strip()
    if len(stripped.split()) < 3 or stripped.startswith(_STRUCTURED):
        return False
    return stripped.isascii() and len(_LETTERS.findall(stripped)) > 0.7 * len(stripped)
