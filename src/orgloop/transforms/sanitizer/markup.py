"""Take HTML out of text, so that nothing is left that begins a tag."""

from __future__ import annotations

import re
from functools import cache
from operator import is_not
from typing import Any

# A tag runs to the next angle bracket, and of brackets in a row only the first is tried: `re` needs
# time in proportion to the text.
_TAG = re.compile(r"</?[a-z][^<>]*>|<[!?][^<>]*>", re.IGNORECASE)
_OPENING = re.compile(r"<(?<!<<)<*+([a-z/!?])", re.IGNORECASE)
# What is between the tags of scripts and styles is no text. Here `re` would look for the end of the
# whole text at each beginning.
_HIDDEN_BEGINS = re.compile("<(?:!--|script|style)", re.IGNORECASE)
_HIDDEN = (
    r"<!--(?s:.*?)-->"
    r"|<script\b[^>]*>(?s:.*?)</script\s*>|<style\b[^>]*>(?s:.*?)</style\s*>"
)
# Tags may be made of what is left of others; deeper than this nobody nests them by accident.
_MOST_PASSES = 4
_MAY_HOLD_TEXT = (str, dict, list)


def without_markup(text: str) -> str:
    """Return a text without tags, comments, scripts and styles; entities stay as they are.

    A lone ``<`` that could begin a tag is taken out as well; ``a < b`` and ``x<5`` are text.
    """
    if "<" not in text:
        return text
    for _ in range(_MOST_PASSES):
        stripped = _TAG.sub("", _without_hidden(text))
        if stripped == text:
            break
        text = stripped
    return _OPENING.sub(r"\1", text)


def _without_hidden(text: str) -> str:
    if _HIDDEN_BEGINS.search(text) is None:
        return text
    shown: str = _hidden().sub("", text)
    return shown


@cache
def _hidden() -> Any:
    import re2  # linear in the text, and not needed by projects without this

    options = re2.Options()
    options.case_sensitive = False
    return re2.compile(_HIDDEN, options)


def strip_strings(value: Any) -> Any:
    """Return a JSON value with every string in it stripped; what is not touched is not copied."""
    if isinstance(value, str):
        return without_markup(value) if "<" in value else value
    if isinstance(value, dict):
        changed = {
            name: after
            for name, one in value.items()
            if isinstance(one, _MAY_HOLD_TEXT) and (after := strip_strings(one)) is not one
        }
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [strip_strings(one) if isinstance(one, _MAY_HOLD_TEXT) else one for one in value]
        return items if any(map(is_not, items, value)) else value
    return value
