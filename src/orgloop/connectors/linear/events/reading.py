"""Read Linear's objects, as its GraphQL API answers them and as its webhooks carry them.

The two write an issue with the same names; where they differ (labels are a connection in one and a
list in the other) both are taken. Everything a webhook leaves out is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgloop.connectors.linear.events.drafts import Comment
from orgloop.connectors.linear.events.issue import SYSTEM, Author, Issue, Named, in_order
from orgloop.errors import InvalidPayload

Node = Mapping[str, Any]


def read_issue(node: Node) -> Issue:
    """Read an issue; raise `InvalidPayload` for what cannot be one."""
    return Issue(
        id=text(node, "id"),
        identifier=text(node, "identifier"),
        title=str(node.get("title") or ""),
        url=str(node.get("url") or ""),
        description=_optional(node.get("description")),
        team=_optional(_object(node.get("team")).get("key")),
        state=named(node.get("state")),
        assignee=named(node.get("assignee")),
        delegate=named(node.get("delegate")),
        creator=_name(node.get("creator")) or _name(node.get("externalUserCreator")) or None,
        priority=number(node.get("priority")) or 0,
        labels=read_labels(node.get("labels")),
    )


def read_comment(node: Node, url: object = None) -> Comment:
    """Read a comment; raise `InvalidPayload` for what cannot be one."""
    parent = named(node.get("parent"))
    return Comment(
        id=text(node, "id"),
        body=str(node.get("body") or ""),
        url=_optional(node.get("url") or url),
        parent_id=parent.id if parent else _optional(node.get("parentId")),
    )


def read_author(user: object, bot: object, external: object = None) -> Author:
    """Say who did something by the three fields in which the GraphQL API tells it."""
    if name := _name(user):
        return Author(name, "bot" if _object(user).get("app") is True else "team_member")
    if name := _name(external):
        return Author(name, "external")
    if kind := _object(bot).get("type"):
        return Author(str(kind), "bot")
    return SYSTEM


def read_actor(actor: object) -> Author:
    """Say who did something by a webhook's ``actor``: a user, an application, an integration."""
    kind = str(_object(actor).get("type") or "").lower()
    name = _name(actor) or str(_object(actor).get("service") or "")
    if not name:
        return SYSTEM
    if kind in ("", "user"):
        return Author(name, "team_member")
    return Author(name, "external" if kind.startswith("external") else "bot")


def read_labels(written: object) -> tuple[Named, ...]:
    """Read labels, in the order in which events list them."""
    nodes = written.get("nodes") if isinstance(written, Mapping) else written
    found = [named(node) for node in nodes] if isinstance(nodes, list) else []
    return in_order(label for label in found if label is not None)


def named(node: object) -> Named | None:
    """Read a state, user or label; `None` if there is none. One without an id has its name."""
    found = _object(node)
    known = [one for one in (found.get("id"), found.get("name")) if isinstance(one, str) and one]
    return Named(known[0], known[-1], str(found.get("type") or "")) if known else None


def number(value: object) -> int | None:
    """Read a priority: Linear writes it as a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if abs(value) < 1e9 else None


def text(node: Node, name: str) -> str:
    """Return what an object must have; raise `InvalidPayload` if it has not."""
    found = node.get(name)
    if not isinstance(found, str) or not found:
        raise InvalidPayload(f"what should be Linear's data has no {name}")
    return found


def _object(value: object) -> Node:
    return value if isinstance(value, Mapping) else {}


def _name(value: object) -> str:
    return str(_object(value).get("name") or "")


def _optional(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
