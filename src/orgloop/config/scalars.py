"""Decide what a word without quotes means: the core schema of YAML 1.2.

So ``on``, ``yes`` and ``12:30`` are text, as they are to the JavaScript parsers that older projects
were written for. A number that JSON cannot carry is refused rather than bent.
"""

from __future__ import annotations

import math
import re

from orgloop.config.nodes import ScalarValue

_WORDS: dict[str, ScalarValue] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+|0b[01]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_MAX_DIGITS = 20  # more never fit into 64 bits, and reading very many takes quadratic time


class NotJSON(ValueError):
    """A number that JSON cannot carry."""


def meaning(text: str) -> ScalarValue:
    """Return what a plain scalar means; raise `NotJSON` for a number nobody could pass on."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text, 10)
    if _BASED.fullmatch(text):
        return _integer(text, 0)
    if _FLOAT.fullmatch(text):
        return _finite(float(text))
    if _NOT_FINITE.fullmatch(text):
        raise NotJSON
    return text


def _integer(text: str, base: int) -> int:
    digits = text.lstrip("+-0")
    if base == 10 and len(digits) > _MAX_DIGITS:
        raise NotJSON
    value = int(text, base)
    if not -(2**63) <= value < 2**64:
        raise NotJSON
    return value


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise NotJSON
    return value
