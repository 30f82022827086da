"""Who did something on GitHub, and what kind of author that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Object = Mapping[str, Any]
"""A JSON object as GitHub's REST API and webhooks write it."""

_GHOST = "ghost"  # how GitHub shows the author of what a deleted account left
_TEAM = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})


def login_of(user: Object | None) -> str:
    """Return a user's login; of an account that is gone, ``ghost``."""
    return str((user or {}).get("login") or _GHOST)


def is_bot(user: Object | None) -> bool:
    """Whether an account is an App's or a bot's."""
    return (user or {}).get("type") == "Bot" or login_of(user).endswith("[bot]")


def author_type(user: Object | None, association: object = None) -> str:
    """Return ``bot``, ``team_member``, ``external`` or ``unknown``.

    ``association`` is GitHub's ``author_association`` of what the author wrote. Of an account that
    is gone nothing is known: REST and webhooks show one that stands for all of them, GraphQL none.
    """
    if is_bot(user):
        return "bot"
    if not association or login_of(user) == _GHOST:
        return "unknown"
    return "team_member" if association in _TEAM else "external"


def authored(thing: Object) -> dict[str, Any]:
    """Return who wrote ``thing`` (an issue, a comment, a review), as provenance has it."""
    user = thing.get("user")
    return {
        "author": login_of(user),
        "author_type": author_type(user, thing.get("author_association")),
    }


def acted(actor: Object | None, on: Object) -> dict[str, Any]:
    """Return who did something to an issue or pull request, as provenance has it.

    What is not one's own may be labelled, assigned or closed by members of the team alone.
    """
    if login_of(actor) == login_of(on.get("user")):
        return authored(on)
    kind = author_type(actor, "MEMBER")
    return {"author": login_of(actor), "author_type": kind}
