"""One implementation under several names: an agent's own name knows which agent it is."""

from __future__ import annotations

from functools import partial

from orgloop.connectors.coding_agent.agents import NAMES
from orgloop.connectors.coding_agent.check import check_surroundings
from orgloop.connectors.coding_agent.config import CodingAgentConfig
from orgloop.connectors.coding_agent.samples import samples
from orgloop.connectors.coding_agent.source import CodingAgentSource
from orgloop.plugin import Registration, Setup

_ANY = "Hears of the sessions of any coding agent whose hooks can call a program."
_ONE = (
    "Hears of the sessions of {name} on this machine. Needs no account: `orgloop hook install "
    "{agent}` has it call `orgloop hook`."
)


def registration_of(connector: str) -> Registration:
    """Return the plugin of one agent, or of any (``coding-agent``)."""
    name = NAMES.get(connector)
    return Registration(
        id=connector,
        source=partial(CodingAgentSource, agent=connector if name else None),
        config=CodingAgentConfig,
        setup=Setup(summary=_ONE.format(name=name, agent=connector) if name else _ANY),
        local_check=partial(check_surroundings, agent=connector if name else None),
        samples=partial(samples, agent=connector if name else None),
    )
