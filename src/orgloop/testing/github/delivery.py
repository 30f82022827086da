"""What GitHub's webhook says of one change."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import define

from orgloop.testing.github.documents import Thing, user


@define
class Delivery:
    """One request of GitHub's."""

    event: str
    """The header ``X-GitHub-Event``."""
    payload: Thing
    id: str
    """The header ``X-GitHub-Delivery``."""

    @classmethod
    def of(
        cls, number: int, event: str, action: str, actor: str, things: Mapping[str, Thing]
    ) -> Delivery:
        """Return what is said of ``things`` as they are now, whatever becomes of them."""
        payload = {
            "action": action,
            **{name: dict(thing) for name, thing in things.items()},
            "sender": user(actor),
        }
        return cls(event, payload, f"00000000-0000-0000-0000-{number:012}")
