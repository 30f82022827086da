"""The options of ``openclaw``."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from orgloop.errors import InvalidValue
from orgloop.options import ignored_option, option
from orgloop.sdk.requesthead import check_header
from orgloop.sdk.urls import base_url

DEFAULT_BASE_URL = "http://127.0.0.1:18789"
"""Where an OpenClaw gateway listens unless it is told otherwise."""


def _token(value: object) -> str | None:
    if value in (None, ""):
        return None
    if not isinstance(value, str) or not value.strip():
        raise InvalidValue(
            'auth_token_env is the token itself, usually "${OPENCLAW_WEBHOOK_TOKEN}"'
        )
    check_header("Authorization", f"Bearer {value.strip()}")
    return value.strip()


@frozen(kw_only=True)
class OpenClawConfig:
    """What an openclaw actor may be told."""

    base_url: str = option(
        "Where the gateway is.",
        default=DEFAULT_BASE_URL,
        convert=lambda value: base_url(value, "base_url", DEFAULT_BASE_URL),
        schema={"type": "string"},
    )
    auth_token_env: str | None = option(
        "The token of the gateway's webhooks (`hooks.token`), usually "
        '`"${OPENCLAW_WEBHOOK_TOKEN}"`.',
        default=None,
        secret=True,
        convert=_token,
        schema={"type": ["string", "null"]},
    )
    agent_id: str | None = option(
        "Which agent is woken; without it the gateway's default agent.", default=None
    )
    default_channel: str | None = option("The channel of routes that name none.", default=None)
    default_to: str | None = option("The recipient of routes that name none.", default=None)
    lane: str | None = option("The lane of routes that name none.", default=None)
    track_delivery: Any = ignored_option("Every delivery is tracked until it is settled.")
