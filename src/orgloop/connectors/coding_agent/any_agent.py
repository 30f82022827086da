"""``coding-agent``: hear of the sessions of any coding agent whose hooks can call a program."""

from orgloop.connectors.coding_agent.registering import registration_of

registration = registration_of("coding-agent")
