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

# What the text of a block may hold (https://docs.slack.dev/reference/block-kit/blocks): of most
# kinds, and of those that are told apart.
_MAX_BLOCK_TEXT = 3000
_MAX_TEXTS = {"header": 150, "markdown": 12_000, "button": 75}

_CONTROL = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_NOTIFIES = re.compile(r"<(?=[!@])")


def escaped(text: str) -> str:
    """Return ``text`` as Slack shows it, character by character."""
    return text.translate(_CONTROL)


def filled(template: str, scope: Mapping[str, Any]) -> str:
    """Fill a text; its own markup stays, inserted values are escaped.

    What is inserted behind a ``<`` is an address, in which nothing notifies and no ``|`` begins
    another text.
    """

    def inserted(match: re.Match[str]) -> str:
        value = escaped(as_text(lookup(scope, match[1])))
        if template[: match.start()].endswith("<"):
            return value.lstrip("!@#").replace("|", "%7C")
        return value

    return PLACEHOLDER.sub(inserted, template)[:MAX_TEXT]


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


def fitting(part: Any, key: str = "", most: int = _MAX_BLOCK_TEXT) -> Any:
    """Return blocks whose texts are neither empty nor too long: else Slack refuses them all."""
    if isinstance(part, str):
        return part[:most] or " " if key == "text" else part
    if isinstance(part, Mapping):
        most = _MAX_TEXTS.get(str(part.get("type")), most)
        return {name: fitting(one, str(name), most) for name, one in part.items()}
    if isinstance(part, (list, tuple)):
        return [fitting(one, key, most) for one in part]
    return part


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
