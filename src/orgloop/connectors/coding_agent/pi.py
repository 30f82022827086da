"""``pi``: hear of the sessions of Pi; see `orgloop.connectors.coding_agent`."""

from orgloop.connectors.coding_agent.registering import registration_of

registration = registration_of("pi")
