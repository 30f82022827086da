"""Put together the message of one delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgloop.connectors.slack.config import SlackActorConfig
from orgloop.connectors.slack.mrkdwn import (
    escaped,
    filled,
    filled_blocks,
    fitting,
    without_notifications,
)
from orgloop.delivery import Dispatch
from orgloop.errors import InvalidValue
from orgloop.event import Event, JSONObject
from orgloop.sdk.deliveryscope import scope_of_delivery
from orgloop.sdk.telling import kind_of, title_of
from orgloop.templates import as_text

ROUTE_OPTIONS = ("channel", "thread_ts", "text", "blocks")
"""What a route may say in its ``then.config``."""

_MAX_LINES = 20
"""Events of a batch that are told one by one."""
_WEB = ("https://", "http://")


def message_of(config: SlackActorConfig, dispatch: Dispatch) -> JSONObject:
    """Return what is posted; raise `InvalidValue` for what a route cannot say.

    With a token the delivery's id goes along as metadata, by which a message can be told from a
    repeated attempt of the same delivery.
    """
    route = dispatch.config
    scope = scope_of_delivery(dispatch)
    message: dict[str, Any] = {
        "channel": _text(route, "channel") or config.channel,
        "thread_ts": _text(route, "thread_ts"),
        "text": _body(config, route, scope, dispatch),
        "blocks": _blocks(config, route, scope),
        "username": config.username,
        "icon_emoji": config.icon_emoji,
    }
    if config.token is not None:
        if not message["channel"]:
            raise InvalidValue(
                "no channel is named: set channel on the actor, or in then.config of the route"
            )
        message["metadata"] = {
            "event_type": "orgloop_delivery",
            "event_payload": {"delivery_id": dispatch.id, "event_id": dispatch.event.id},
        }
    return {name: value for name, value in message.items() if value}


def _body(
    config: SlackActorConfig, route: Mapping[str, Any], scope: JSONObject, dispatch: Dispatch
) -> str:
    if (said := _text(route, "text")) is not None:
        return str(without_notifications(said))
    if config.text is not None:
        return filled(config.text, scope) or "(no text)"
    lines = [_line(event) for event in dispatch.events[:_MAX_LINES]]
    if (more := len(dispatch.events) - _MAX_LINES) > 0:
        lines.append(f"… and {more} more")
    return "\n".join(lines)


def _blocks(config: SlackActorConfig, route: Mapping[str, Any], scope: JSONObject) -> Any:
    said = route.get("blocks")
    if said is None:
        return None if config.blocks is None else fitting(filled_blocks(config.blocks, scope))
    if not isinstance(said, list) or not all(isinstance(one, Mapping) for one in said):
        raise InvalidValue("then.config.blocks of the route is a list of mappings")
    return fitting(without_notifications(said))


def _line(event: Event) -> str:
    """Return what happened, in one line of ``mrkdwn``."""
    told = event.provenance
    line = f"*{escaped(kind_of(event))}* from {event.source}"
    if author := told.get("author"):
        line += f" by {escaped(as_text(author))}"
    title, url = title_of(event), told.get("url")
    if isinstance(url, str) and url.startswith(_WEB):
        # An address ends at the first of these; what it says is escaped like any text.
        address = escaped(url).replace("|", "%7C").replace(" ", "%20")
        return f"{line}: <{address}|{escaped(title or 'open')}>"
    return f"{line}: {escaped(title)}" if title else line


def _text(route: Mapping[str, Any], key: str) -> str | None:
    value = route.get(key)
    return None if value is None else as_text(value).strip() or None
