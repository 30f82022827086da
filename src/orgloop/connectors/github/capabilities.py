"""What was found out, by trying, about a GitHub and a token."""

from __future__ import annotations

from attrs import define, field


@define(eq=False)
class Capabilities:
    """What need not be tried again while the source runs."""

    has_graphql: bool = True
    refused: set[str] = field(factory=set)
    """Paths that the token may not read, or that are not there."""
