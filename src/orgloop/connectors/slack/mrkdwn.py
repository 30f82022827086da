"""Fill templates of Slack messages, so that nothing an event brings is taken for markup.

Three characters control a text (https://docs.slack.dev/messaging/formatting-message-text): ``<!…>``
notifies a whole channel, ``<@…>`` a person, ``<url|text>`` hides where a link leads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from orgloop.dotpath import lookup
from orgloop.templates import PLACEHOLDER, as_text, fill

MAX_TEXT = 40_000
"""Characters after which Slack cuts a text off."""

_CONTROL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_NOTIFIES = re.compile(r"<(?=[!@])")


def escaped(text: str) -> str:
    """Return ``text`` as Slack shows it, character by character."""
    return text.translate(_CONTROL)


def filled(template: str, scope: Mapping[str, Any]) -> str:
    """Fill a text; its own markup stays, inserted values are escaped."""
    text = PLACEHOLDER.sub(lambda match: escaped(as_text(lookup(scope, match[1]))), template)
    return text[:MAX_TEXT]


def filled_blocks(template: Any, scope: Mapping[str, Any], key: str = "") -> Any:
    """Fill every string of blocks; escape what is inserted into those that Slack reads as text.

    Others are addresses and names (``url``, ``image_url``, ``alt_text``), which it takes literally.
    """
    if isinstance(template, str):
        return filled(template, scope) if key == "text" else fill(template, scope)
    if isinstance(template, Mapping):
        return {name: filled_blocks(one, scope, str(name)) for name, one in template.items()}
    if isinstance(template, (list, tuple)):
        return [filled_blocks(one, scope, key) for one in template]
    return template


def without_notifications(text: Any) -> Any:
    """Return a text, or blocks, in which nobody is mentioned.

    For what a route has filled already: what is the project's and what the event's is not known.
    """
    if isinstance(text, str):
        return _NOTIFIES.sub("&lt;", text)[:MAX_TEXT]
    if isinstance(text, Mapping):
        return {name: without_notifications(one) for name, one in text.items()}
    if isinstance(text, (list, tuple)):
        return [without_notifications(one) for one in text]
    return text
