"""Every source of a coding agent's sessions passes the suite, with what its agent really posts."""

from __future__ import annotations

import json
from typing import Any

from orgloop.connectors.coding_agent import (
    claude_code,
    codex,
    opencode,
    pi,
    pi_rust,
)
from orgloop.connectors.coding_agent.any_agent import registration
from orgloop.connectors.coding_agent.config import CodingAgentConfig
from orgloop.interfaces import ISource
from orgloop.plugin import PluginContext
from orgloop.reports import WebhookRequest
from orgloop.sdk.signatures import sign_standard
from orgloop.testing.lending import NOW_MS
from orgloop.testing.source import SourceSuite

STOP = b'{"session_id": "s1", "cwd": "/r", "hook_event_name": "Stop", "delivery_id": "d1"}'


def posted(*bodies: dict[str, Any]) -> tuple[WebhookRequest, ...]:
    return tuple(
        WebhookRequest("/webhook/x", {}, json.dumps(body).encode(), NOW_MS) for body in bodies
    )


class TestCodingAgent(SourceSuite):
    requests = posted(
        {"session_id": "s1"},
        {"session_id": "s1", "hook_type": "start", "delivery_id": "d"},
        {"session_id": 7, "exit_status": 137, "duration_seconds": 2.5, "meta": {"a": [1]}},
    )

    def make(self, context: PluginContext) -> ISource:
        return registration.source(CodingAgentConfig(), context)


class TestSignedCodingAgent(SourceSuite):
    requests = (WebhookRequest("/s", sign_standard(STOP, "secret", "m1", NOW_MS), STOP, NOW_MS),)

    def make(self, context: PluginContext) -> ISource:
        return registration.source(CodingAgentConfig(secret="secret", path="/s"), context)


class TestClaudeCode(SourceSuite):
    requests = posted(
        *(
            {"session_id": "s1", "transcript_path": "/t", "cwd": "/r", "hook_event_name": name}
            for name in ("SessionStart", "Stop", "SubagentStop", "Notification", "SessionEnd")
        )
    )

    def make(self, context: PluginContext) -> ISource:
        return claude_code.registration.source(CodingAgentConfig(stop_on="session_end"), context)


class TestCodex(SourceSuite):
    requests = posted(
        {
            "type": "agent-turn-complete",
            "thread-id": "b5f6c1c2",
            "turn-id": "12345",
            "cwd": "/r",
            "input-messages": ["Rename it."],
            "last-assistant-message": "Renamed.",
            "delivery_id": "d1",
        }
    )

    def make(self, context: PluginContext) -> ISource:
        return codex.registration.source(CodingAgentConfig(), context)


class TestOpenCode(SourceSuite):
    requests = posted(
        {"type": "session.idle", "properties": {"sessionID": "ses_1"}, "directory": "/r"},
        {"type": "session.error", "properties": {"sessionID": "ses_1", "error": {"name": "X"}}},
    )

    def make(self, context: PluginContext) -> ISource:
        return opencode.registration.source(CodingAgentConfig(), context)


class TestPi(SourceSuite):
    requests = posted({"type": "agent_end", "session_id": "u1", "cwd": "/r", "stop_reason": "stop"})

    def make(self, context: PluginContext) -> ISource:
        return pi.registration.source(CodingAgentConfig(), context)


class TestPiRust(SourceSuite):
    requests = posted({"type": "session_shutdown", "session_id": "u1", "reason": "quit"})

    def make(self, context: PluginContext) -> ISource:
        return pi_rust.registration.source(CodingAgentConfig(), context)
