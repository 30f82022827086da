"""Which form the settings of an agent have."""

from __future__ import annotations

from orgloop.connectors.coding_agent.installation.call import agent_of
from orgloop.connectors.coding_agent.installation.claude_code import EVENTS, ClaudeCodeSettings
from orgloop.connectors.coding_agent.installation.codex import CodexSettings
from orgloop.connectors.coding_agent.installation.pluginfile import PluginFile
from orgloop.connectors.coding_agent.installation.settings import Settings

INSTALLABLE = (*EVENTS, "codex", "opencode", "pi", "pi-rust")
"""The NAMES of hooks that can be installed."""


def settings_of(name: str, version: str = "") -> Settings:
    """Return the form of the settings that the hook NAME, one of `INSTALLABLE`, goes into.

    ``version`` is what the agent says of itself; without it, what every version knows is written.
    """
    agent = agent_of(name)
    if agent == "claude-code":
        return ClaudeCodeSettings(EVENTS[name], version)
    if agent == "codex":
        return CodexSettings()
    return PluginFile(agent, "opencode.js" if agent == "opencode" else "pi.ts")
