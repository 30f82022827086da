"""Make events of what the Events API sends.

An outer object says whose event it is and names it (``event_id``); the inner one, ``event``, is
what happened (https://docs.slack.dev/apis/events-api).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from orgloop.dotpath import lookup
from orgloop.errors import InvalidPayload
from orgloop.event import EventDraft, EventType, JSONObject
from orgloop.times import to_iso

# Kinds of messages in which somebody says something; the others tell what became of a channel.
_SAID = frozenset({"bot_message", "file_share", "me_message", "thread_broadcast"})
_SLACKBOT = "USLACKBOT"  # no app, and so without a bot_id
_TS = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")


def draft_of(outer: JSONObject) -> EventDraft:
    """Return the draft of an ``event_callback``; raise `InvalidPayload` for what is none."""
    event, event_id = outer.get("event"), outer.get("event_id")
    if not isinstance(event, dict) or not _text(event.get("type")):
        raise InvalidPayload("event: an object with a type")
    if not _text(event_id):
        raise InvalidPayload("event_id: the name that Slack gives the event")
    team = _text(outer.get("team_id")) or _text(event.get("team"))
    provenance = {
        "platform": "slack",
        "platform_event": name_of(event),
        **dict(_told(event, team)),
    }
    payload = {**event, "team_id": team, "reply_thread_ts": _thread(event)}
    return EventDraft(
        _type_of(event),
        provenance,
        {name: value for name, value in payload.items() if value is not None},
        key=f"event:{event_id}",
        timestamp=_moment(event.get("event_ts")) or _moment(outer.get("event_time")),
    )


def name_of(event: Mapping[str, Any]) -> str:
    """Return what `platform_event` calls an event: its type, and its subtype if it has one."""
    subtype = _text(event.get("subtype"))
    return f"{event['type']}.{subtype}" if subtype else str(event["type"])


def _type_of(event: Mapping[str, Any]) -> EventType:
    is_message = event["type"] in ("message", "app_mention")
    is_said = not event.get("subtype") or event["subtype"] in _SAID
    return "message.received" if is_message and is_said else "resource.changed"


def _told(event: Mapping[str, Any], team: str | None) -> Iterator[tuple[str, str]]:
    author = _author(event)
    yield "author_type", _author_type(event, team)
    for name, value in (
        ("author", author),
        ("channel", _channel(event)),
        ("thread_ts", _text(event.get("thread_ts"))),
        ("team_id", team),
        ("resource_id", _resource(event)),
        ("url", _url(event, team)),
    ):
        if value is not None:
            yield name, value


def _author(event: Mapping[str, Any]) -> str | None:
    for path in ("user", "message.user", "user.id", "bot_id", "message.bot_id", "user_id"):
        if found := _text(lookup(event, path)):
            return found
    return None


def _author_type(event: Mapping[str, Any], team: str | None) -> str:
    """Return what is known of who did it: apps are bots, people of other workspaces external."""
    author = _author(event)
    if (
        author == _SLACKBOT
        or event.get("subtype") == "bot_message"
        or any(_text(lookup(event, path)) for path in ("bot_id", "message.bot_id"))
    ):
        return "bot"
    if author is None:
        return "system"
    home = _text(event.get("user_team")) or _text(event.get("source_team"))
    if home is None:
        home = _text(event.get("team"))
    if home is None or team is None:
        return "unknown"
    return "team_member" if home == team else "external"


def _channel(event: Mapping[str, Any]) -> str | None:
    for path in ("channel", "item.channel", "channel.id", "channel_id"):
        if found := _text(lookup(event, path)):
            return found
    return None


def _resource(event: Mapping[str, Any]) -> str | None:
    """Return what it is about: a message, else a file, a channel or a person."""
    channel = _channel(event)
    for path in ("message.ts", "deleted_ts", "item.ts", "ts"):
        stamp = _text(lookup(event, path))
        if channel and stamp:
            return f"{channel}:{stamp}"
    for path in ("file_id", "file.id"):
        if found := _text(lookup(event, path)):
            return found
    return channel or _author(event)


def _url(event: Mapping[str, Any], team: str | None) -> str | None:
    channel = _channel(event)
    return f"https://app.slack.com/client/{team}/{channel}" if channel and team else None


def _thread(event: Mapping[str, Any]) -> str | None:
    """Return the thread an answer belongs into: the one it is in, else the one it would begin."""
    if event["type"] not in ("message", "app_mention"):
        return None
    for path in ("thread_ts", "message.thread_ts", "message.ts", "ts"):
        if found := _text(lookup(event, path)):
            return found
    return None


def _moment(stamp: object) -> str | None:
    """Return the time of a stamp (seconds and a fraction, as text or number); `None` if none."""
    if isinstance(stamp, bool) or not isinstance(stamp, str | int | float):
        return None
    text = str(stamp)
    if not _TS.fullmatch(text):
        return None
    return to_iso(int(float(text) * 1000))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
