"""The options of ``slack``, as an actor and as a source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from orgloop.errors import InvalidValue
from orgloop.options import ignored_option, option
from orgloop.sdk.requesthead import check_header
from orgloop.sdk.urls import parse_url
from orgloop.sdk.webhookoptions import path_option, secret_option

PUBLIC_API = "https://slack.com/api"
_EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)?")


def _url(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue("a URL is text")
    parse_url(value)
    return value.strip().rstrip("/")


def _webhook_url(value: object) -> str | None:
    return None if value in (None, "") else _url(value)


def _token(value: object) -> str | None:
    if value in (None, ""):
        return None
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue("token is text, as in xoxb-…")
    check_header("Authorization", f"Bearer {value.strip()}")
    return value.strip()


def _blocks(value: object) -> Sequence[Any] | None:
    if value is None:
        return None
    if not isinstance(value, Sequence) or not all(isinstance(one, Mapping) for one in value):
        raise InvalidValue("blocks is a list of mappings, as Slack's Block Kit has them")
    return tuple(value)


def _events(value: object) -> tuple[str, ...]:
    named = [value] if isinstance(value, str) else value
    if named is None:
        return ()
    if not isinstance(named, Sequence) or not all(isinstance(one, str) for one in named):
        raise InvalidValue("events is a list of names")
    for name in named:
        if not _EVENT.fullmatch(name):
            raise InvalidValue(f"{name!r} is no event: write message, app_mention, reaction_added")
    return tuple(named)


@frozen(kw_only=True)
class SlackActorConfig:
    """What a slack actor may be told."""

    webhook_url: str | None = option(
        "The URL of an incoming webhook: messages go to the channel it was made for.",
        default=None,
        secret=True,
        convert=_webhook_url,
        schema={"type": ["string", "null"]},
    )
    token: str | None = option(
        "In its place the token of a bot (`xoxb-…`): messages go through `chat.postMessage`.",
        default=None,
        aliases=("bot_token",),
        secret=True,
        convert=_token,
        schema={"type": ["string", "null"]},
    )
    channel: str | None = option(
        "With a `token`: the channel of routes that name none, best by its id (`C…`).",
        default=None,
    )
    text: str | None = option(
        "The message, a template over the event and `launch_prompt`, in Slack's `mrkdwn`. What is "
        "inserted is escaped. By default what happened, where, and who did it.",
        default=None,
    )
    blocks: Sequence[Any] | None = option(
        "Blocks of Block Kit. Every string in them is a template; what is inserted into a `text` "
        "is escaped. Where they are shown, the message's `text` stands in notifications.",
        default=None,
        convert=_blocks,
        schema={"type": ["array", "null"], "items": {"type": "object"}},
    )
    username: str | None = option(
        "The name it goes by, where the app may choose (`chat:write.customize`).", default=None
    )
    icon_emoji: str | None = option("The picture it goes by, as in `:robot_face:`.", default=None)
    api_url: str = option(
        "Where the Web API is.",
        default=PUBLIC_API,
        convert=_url,
        schema={"type": "string"},
    )
    track_delivery: Any = ignored_option("Every delivery is tracked until it is settled.")

    def __attrs_post_init__(self) -> None:
        if (self.webhook_url is None) == (self.token is None):
            raise InvalidValue(
                "give either webhook_url (an incoming webhook) or token (a bot), and not both"
            )


@frozen(kw_only=True)
class SlackSourceConfig:
    """What a slack source may be told."""

    signing_secret: str | None = secret_option(
        "The app's signing secret: requests must then carry a valid `X-Slack-Signature` that is "
        "not older than five minutes."
    )
    path: str | None = path_option()
    events: tuple[str, ...] = option(
        "What to report: names of events (`message`, `app_mention`, `reaction_added`), or of one "
        "kind of messages (`message.channel_join`). Everything that is sent by default.",
        default=(),
        convert=_events,
        schema={"type": ["array", "string"], "items": {"type": "string"}},
    )
    buffer_dir: Any = ignored_option("Events are durable before Slack is answered.")
    max_buffer_size: Any = ignored_option("Nothing is buffered: events are kept on disk.")
