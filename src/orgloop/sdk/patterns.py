"""Regular expressions as projects write them, on engines that cannot be made to hang.

They are written as in JavaScript. Python's ``re`` backtracks without limit while it holds the
interpreter lock; here an expression runs on RE2, in time linear in the text. What RE2 refuses
(look-around, back-references) runs on ``regex`` with a time limit, and so does what RE2 could take
too long over: its worst case is the length of the text times that of the expression.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, Protocol

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime

from orgloop.errors import InvalidValue, OrgLoopError

FLAGS = frozenset("gimsuy")
_TIMEOUT_SECONDS = 0.1
# Of RE2, for a byte of the text and an instruction of the expression, where it has to follow all of
# them at once; measured.
_SECONDS_PER_STEP = 1e-8


_ADVICE = "write it without look-around, back-references or nested repetition"


class PatternTimeout(OrgLoopError):
    """An expression took too long over a text."""


class Test(Protocol):
    """Say whether an expression is found in a text; may raise `PatternTimeout`."""

    def __call__(self, text: str, /, seconds: float = _TIMEOUT_SECONDS) -> bool:
        """``seconds`` is how long it may take."""


@frozen
class Pattern:
    """A compiled expression."""

    source: str
    test: Test


@define
class Allowance:
    """The time that all expressions of a transform may take together over one event.

    The reactor waits for them, and each alone may be within its limit.
    """

    _clock: IReactorTime
    _until: float = field(default=0.0, init=False)

    def begin(self) -> None:
        """Begin with an event."""
        self._until = self._clock.seconds() + _TIMEOUT_SECONDS

    def test(self, pattern: Pattern, text: str) -> bool:
        """Say whether an expression is found; raise `PatternTimeout` if there is no time left."""
        left = self._until - self._clock.seconds()
        if left <= 0:
            raise PatternTimeout(
                f"the expressions took longer than {_TIMEOUT_SECONDS * 1000:.0f} ms together over "
                f"one event, the last of them {pattern.source}: {_ADVICE}"
            )
        return pattern.test(text, left)


def compile_pattern(body: str, flags: str = "") -> Pattern:
    """Compile a JavaScript expression; raise `InvalidValue` if it is none.

    Flags are ``i``, ``m`` and ``s`` as everywhere, ``y`` (the match begins where the text begins),
    ``g`` and ``u`` (no effect on whether a text matches).
    """
    written = _Written(body, _translated(body), flags)
    return Pattern(written.source, _linear(written) or written.time_limited)


@frozen(slots=False)
class _Written:
    """An expression as it is written."""

    _body: str
    translated: str
    """The body in the syntax that both engines read."""
    flags: str

    @property
    def source(self) -> str:
        return f"/{self._body}/{self.flags}"

    @cached_property
    def time_limited(self) -> Test:
        """The expression on ``regex``; raises `InvalidValue` if it is none."""
        return _time_limited(self)


def _linear(written: _Written) -> Test | None:
    """Compile on RE2; return `None` if it refuses the expression."""
    import re2

    flags, body = written.flags, written.translated
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.case_sensitive = "i" not in flags
    options.dot_nl = "s" in flags
    try:
        compiled = re2.compile(f"(?m:{body})" if "m" in flags else body, options)
    except re2.error:
        return None
    find = compiled.match if "y" in flags else compiled.search
    worst = compiled.programsize * _SECONDS_PER_STEP

    def test(text: str, /, seconds: float = _TIMEOUT_SECONDS) -> bool:
        encoded = text.encode()
        if len(encoded) * worst > seconds:
            return written.time_limited(text, seconds)
        return find(encoded) is not None

    return test


def _time_limited(written: _Written) -> Test:
    import regex  # costs more to import than RE2, and is rarely needed

    flags, body = written.flags, written.translated
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
            f"{written.source} is not a regular expression: {error}; "
            "put a backslash before a character that is meant as it is"
        ) from error
    find = compiled.match if "y" in flags else compiled.search

    def test(text: str, /, seconds: float = _TIMEOUT_SECONDS) -> bool:
        try:
            return find(text, timeout=seconds) is not None
        except TimeoutError:
            raise PatternTimeout(
                f"{written.source} took longer than {_TIMEOUT_SECONDS * 1000:.0f} ms: {_ADVICE}"
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
