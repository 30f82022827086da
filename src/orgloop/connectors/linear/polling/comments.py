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
    """Return the comments that ``memory`` does not know yet, and move their floor."""
    latest = floor = memory.comments_floor
    drafts: list[EventDraft] = []
    has_more, after = True, None
    while has_more:
        answer = await api.ask(
            queries.COMMENTS,
            filter=scope.comments_since(to_iso(floor)),
            first=queries.COMMENTS_PER_PAGE,
            after=after,
        )
        page = answer["comments"]
        for node in page["nodes"]:
            made = to_epoch_ms(text(node, "createdAt"))
            latest = max(latest, made)
            if memory.is_new(f"comment:{text(node, 'id')}", made):
                drafts.append(_draft(node))
        has_more, after = page["pageInfo"]["hasNextPage"], page["pageInfo"]["endCursor"]
    memory.comments_floor = max(floor, latest - OVERLAP_MS)
    drafts.reverse()  # Linear lists the newest first
    return drafts


def _draft(node: Mapping[str, Any]) -> EventDraft:
    author = read_author(node.get("user"), node.get("botActor"), node.get("externalUser"))
    at = text(node, "createdAt")
    return comment_created(read_issue(node["issue"]), read_comment(node), author, at)
