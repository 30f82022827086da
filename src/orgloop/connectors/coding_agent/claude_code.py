"""``claude-code``: hear of the sessions of Claude Code; see `orgloop.connectors.coding_agent`."""

from orgloop.connectors.coding_agent.registering import registration_of

registration = registration_of("claude-code")
