"""The options of ``coding-agent`` and its aliases."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from orgloop.options import ignored_option, option
from orgloop.sdk.webhookoptions import path_option, secret_option


@frozen(kw_only=True)
class CodingAgentConfig:
    """What a source of a coding agent's sessions may be told."""

    platform: str | None = option(
        "`provenance.platform` and `author`. Without it, the connector's name for one of an "
        "agent's own, and the source's id for `coding-agent`.",
        default=None,
    )
    harness: str | None = option(
        "Which agent it is: `claude-code`, `codex`, `opencode`, `pi` or `pi-rust`; any other "
        "counts as `other`. The platform by default.",
        default=None,
    )
    path: str | None = path_option()
    secret: str | None = secret_option(
        "What senders sign with; not empty, and base64 after `whsec_`. `orgloop hook` needs none: "
        "it hands over with the control token."
    )
    stop_on: Literal["stop", "session_end"] = option(
        "What ends a session: the end of each turn, or leaving the agent. The other one is "
        "reported as a session that goes on.",
        default="stop",
    )
    hook_type: Any = ignored_option("The body says whether a session starts or stops.")
    buffer_dir: Any = ignored_option("Events are durable before the sender is answered.")
    max_buffer_size: Any = ignored_option("Nothing is buffered: events are kept on disk.")
