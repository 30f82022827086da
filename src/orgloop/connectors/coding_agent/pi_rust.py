"""``pi-rust``: hear of the sessions of Pi's Rust port; see `orgloop.connectors.coding_agent`."""

from orgloop.connectors.coding_agent.registering import registration_of

registration = registration_of("pi-rust")
