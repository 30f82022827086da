"""``codex``: hear of the sessions of Codex; see `orgloop.connectors.coding_agent`."""

from orgloop.connectors.coding_agent.registering import registration_of

registration = registration_of("codex")
