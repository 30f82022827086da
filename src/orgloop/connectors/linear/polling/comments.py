"""Ask for new comments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgloop.connectors.linear.api import LinearAPI
from orgloop.connectors.linear.events.drafts import comment_created
from orgloop.connectors.linear.events.reading import read_author, read_comment, read_issue, text
from orgloop.connectors.linear.polling import queries
from orgloop.connectors.linear.polling.memory import OVERLAP_MS, Memory
from orgloop.connectors.linear.polling.scope import Scope
from orgloop.event import EventDraft
from orgloop.times import to_epoch_ms, to_iso


async def read_comments(api: LinearAPI, memory: Memory, scope: Scope) -> list[EventDraft]:
    """Return the comments that ``memory`` does not know yet, and move their floor.

    Nothing counts as reported before all pages were read: the rest of them may be refused.
    """
    nodes = await _written_since(memory.comments_floor, api, scope)
    drafts: list[EventDraft] = []
    latest = memory.comments_floor
    for node in reversed(nodes):  # Linear lists the newest first
        made = to_epoch_ms(text(node, "createdAt"))
        latest = max(latest, made)
        if node.get("issue") and memory.is_new(f"comment:{text(node, 'id')}", made):
            drafts.append(_draft(node))
    memory.comments_floor = max(memory.comments_floor, latest - OVERLAP_MS)
    return drafts


async def _written_since(floor: int, api: LinearAPI, scope: Scope) -> list[Mapping[str, Any]]:
    nodes: list[Mapping[str, Any]] = []
    has_more, after = True, None
    while has_more:
        answer = await api.ask(
            queries.COMMENTS,
            filter=scope.comments_since(to_iso(floor)),
            first=queries.COMMENTS_PER_PAGE,
            after=after,
        )
        page = answer["comments"]
        nodes += page["nodes"]
        has_more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    return nodes


def _draft(node: Mapping[str, Any]) -> EventDraft:
    author = read_author(node.get("user"), node.get("botActor"), node.get("externalUser"))
    at = text(node, "createdAt")
    return comment_created(read_issue(node["issue"]), read_comment(node), author, at)
