"""Put the strings of a document to everything the guard knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from orgloop.config.guard import GuardSettings
from orgloop.flow.guard.addresses import leads_outside
from orgloop.flow.guard.delimiters import imitates_a_delimiter
from orgloop.flow.guard.disguises import Reading, hides_something, read
from orgloop.flow.guard.encodings import Decoded, decoded
from orgloop.flow.guard.languages import overrides_in_another_language
from orgloop.flow.guard.overrides import overrides_instructions

_MOST_CHARACTERS = 100_000  # of one delivery: more than an issue or comment of GitHub's can hold
_MOST_FINDINGS = 10
_MOST_LAYERS = 3  # an encoded text inside an encoded text
_MOST_DECODED = 100_000  # characters of all that is encoded in one text


def findings(document: Any, settings: GuardSettings) -> list[str]:
    """Return what is suspicious in the strings of a JSON document, each with its dot path.

    The text itself is not repeated. Of very long texts the rest is reported as not looked at.
    """
    found: dict[str, None] = {}
    left = _MOST_CHARACTERS
    for path, text in _strings(document):
        for kind in _in_text(text[:left], settings):
            found[f"{path}: {kind}"] = None
        left -= len(text)
        if left < 0:
            found[f"{path}: too long to be looked at in full"] = None
        if left < 0 or len(found) >= _MOST_FINDINGS:
            break
    return list(found)[:_MOST_FINDINGS]


def _strings(document: Any) -> Iterator[tuple[str, str]]:
    """Yield every string of a document, keys included, in order."""
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


def _in_text(text: str, settings: GuardSettings) -> Iterator[str]:
    if hides_something(text):
        yield "hidden characters"
    reading = read(text)
    yield from _in_reading(reading, settings)
    for one in _layers(reading.shown):
        kinds = list(_in_reading(read(one.text), settings))
        yield from (f"{kind}, encoded" for kind in kinds)
        if one.is_secret and not kinds:
            yield "an encoded text"


def _in_reading(reading: Reading, settings: GuardSettings) -> Iterator[str]:
    if overrides_instructions(reading) or overrides_in_another_language(reading):
        yield "overrides instructions"
    if imitates_a_delimiter(reading):
        yield "imitates a delimiter"
    domains = settings.allowed_domains
    if domains is not None and leads_outside(reading.plain, domains):
        yield "an address outside the list"


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
