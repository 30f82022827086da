"""Regular expressions as projects write them, on engines that cannot be made to hang.

They are written as in JavaScript. Python's ``re`` backtracks without limit while it holds the
interpreter lock; here an expression runs on RE2, in time linear in the text, and what RE2 refuses
(look-around, back-references) runs on ``regex`` with a time limit.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

from attrs import frozen

from orgloop.errors import InvalidValue, OrgLoopError

FLAGS = frozenset("gimsuy")
_TIMEOUT_SECONDS = 0.1


class PatternTimeout(OrgLoopError):
    """An expression took too long over a text."""


class Test(Protocol):
    """Say whether an expression is found in a text; may raise `PatternTimeout`."""

    def __call__(self, text: str, /, seconds: float = _TIMEOUT_SECONDS) -> bool:
        """``seconds`` is how long it may take, where it is not linear."""


@frozen
class Pattern:
    """A compiled expression."""

    source: str
    test: Test


def compile_pattern(body: str, flags: str = "") -> Pattern:
    """Compile a JavaScript expression; raise `InvalidValue` if it is none.

    Flags are ``i``, ``m`` and ``s`` as everywhere, ``y`` (the match begins where the text begins),
    ``g`` and ``u`` (no effect on whether a text matches).
    """
    translated = _translated(body)
    search = _linear(translated, flags)
    if search is None:
        search = _time_limited(body, translated, flags)
    return Pattern(f"/{body}/{flags}", search)


def _linear(body: str, flags: str) -> Test | None:
    """Compile on RE2; return `None` if it refuses the expression."""
    import re2

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = "i" not in flags
    options.dot_nl = "s" in flags
    try:
        compiled = re2.compile(f"(?m:{body})" if "m" in flags else body, options)
    except re2.error:
        return None
    find = compiled.match if "y" in flags else compiled.search

    def test(text: str, /, seconds: float = 0.0) -> bool:
        return find(text) is not None

    return test


def _time_limited(written: str, body: str, flags: str) -> Test:
    import regex  # costs more to import than RE2, and is rarely needed

    options = regex.VERSION0
    # Without ASCII, \d and \w would match more than in JavaScript; with it, only ASCII letters
    # are alike in upper and lower case.
    options |= regex.IGNORECASE if "i" in flags else regex.ASCII
    options |= regex.DOTALL if "s" in flags else 0
    options |= regex.MULTILINE if "m" in flags else 0
    try:
        compiled = regex.compile(body if "m" in flags else _ends_at_the_end(body), options)
    except regex.error as error:
        raise InvalidValue(
            f"/{written}/{flags} is not a regular expression: {error}; "
            "put a backslash before a character that is meant as it is"
        ) from error
    find = compiled.match if "y" in flags else compiled.search

    def test(text: str, /, seconds: float = _TIMEOUT_SECONDS) -> bool:
        try:
            return find(text, timeout=seconds) is not None
        except TimeoutError:
            raise PatternTimeout(
                f"/{written}/{flags} took longer than {_TIMEOUT_SECONDS * 1000:.0f} ms: "
                "write it without look-around, back-references or nested repetition"
            ) from None

    return test


# --- from JavaScript's syntax to the one that both engines read -----------------------------------

_ESCAPE = re.compile(
    r"""
      \\u\{(?P<point>[0-9a-fA-F]{1,6})\}
    | \\u(?P<unit>[0-9a-fA-F]{4})
    | \\c(?P<control>[A-Za-z])
    | \\k<(?P<name>\w+)>
    | (?P<slash>\\/)
    | \\.
    """,
    re.VERBOSE | re.DOTALL,
)
_CLASS = r"\[(?P<class>\^?(?:\\.|[^\]\\])*)\]"
_TOKEN = re.compile(f"{_CLASS} | {_ESCAPE.pattern}", re.VERBOSE | re.DOTALL)


def _translated(body: str) -> str:
    return _TOKEN.sub(_token, body)


def _token(match: re.Match[str]) -> str:
    members = match["class"]
    if members is None:
        return _escape(match)
    if members in ("", "^"):  # JavaScript's nothing and anything
        return r"[\s\S]" if members else r"[^\s\S]"
    return f"[{_ESCAPE.sub(_escape, members)}]"


def _escape(match: re.Match[str]) -> str:
    if match["slash"]:
        return "/"
    if match["name"]:
        return f"(?P={match['name']})"
    if match["control"]:
        return _literal(ord(match["control"]) % 32)
    code = int(match["point"] or match["unit"] or "d800", 16)
    is_character = code <= 0x10FFFF and not 0xD800 <= code < 0xE000
    return _literal(code) if is_character else match[0]


def _literal(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x80 else chr(code)


def _ends_at_the_end(body: str) -> str:
    """Make ``$`` mean the end of the text: in ``regex`` it also stands before a final newline."""
    return re.sub(
        r"\\.|\[(?:\\.|[^\]\\])*\]|\$", lambda m: r"\Z" if m[0] == "$" else m[0], body, flags=re.S
    )


# --- how expressions stand in YAML ----------------------------------------------------------------

_STRICT = re.compile(r"/((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\[])+)/([a-z]*)", re.DOTALL)
_LOOSE = re.compile(r"/(.+)/([a-z]*)", re.DOTALL)


def read_pattern(text: str, *, strict: bool = False) -> Pattern | None:
    """Read ``/body/flags``; return `None` for a text that is written otherwise.

    With ``strict`` a slash within the body needs a backslash, as in JavaScript. Raises
    `InvalidValue` if the body is not an expression.
    """
    match: Any = (_STRICT if strict else _LOOSE).fullmatch(text)
    if match is None or not _are_flags(match[2]):
        return None
    return compile_pattern(match[1], match[2])


def _are_flags(letters: str) -> bool:
    return set(letters) <= FLAGS and len(set(letters)) == len(letters)
