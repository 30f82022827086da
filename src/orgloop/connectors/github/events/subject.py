"""What every event about an issue or pull request says of it."""

from __future__ import annotations

from typing import Any

from orgloop.connectors.github.events.people import Object, login_of
from orgloop.errors import InvalidValue
from orgloop.event import EventDraft, JSONObject
from orgloop.times import to_epoch_ms


def is_pull_request(item: Object) -> bool:
    """Whether an object is a pull request: itself, or as the issue that each one also is."""
    return "pull_request" in item or "head" in item


def merged_at_of(item: Object) -> Any:
    """Return when a pull request was merged, `None` if it was not."""
    return item.get("merged_at") or (item.get("pull_request") or {}).get("merged_at")


def labels_of(item: Object) -> list[str]:
    """Return the names of an item's labels."""
    return [str(label.get("name")) for label in item.get("labels") or ()]


def place(repository: str, item: Object) -> str:
    """Return the short name people use: ``owner/name#12``."""
    return f"{repository}#{item['number']}"


def about(repository: str, item: Object) -> JSONObject:
    """Return the provenance that all events about one issue or pull request share."""
    owner, _, name = repository.partition("/")
    common: JSONObject = {
        "repo": repository,
        "repo_owner": owner,
        "repo_name": name,
        "labels": labels_of(item),
    }
    author, number = login_of(item.get("user")), item["number"]
    if not is_pull_request(item):
        state = item.get("state")
        return {**common, "issue_number": number, "issue_author": author, "issue_state": state}
    return {
        **common,
        "pr_number": number,
        "pr_author": author,
        "pr_state": item.get("state"),
        "pr_merged": merged_at_of(item) is not None,
    }


def draft(
    kind: str,
    provenance: JSONObject,
    payload: JSONObject,
    *,
    resource_id: str,
    url: object,
    at: object,
    key: str | None = None,
) -> EventDraft:
    """Put an event together; its key is its ``resource_id`` unless another one is given."""
    where = {"platform": "github", "platform_event": kind, "resource_id": resource_id, "url": url}
    return EventDraft(
        "resource.changed",
        {**where, **provenance},
        payload,
        key=key or resource_id,
        timestamp=_time(at),
    )


def _time(at: object) -> str | None:
    """Return a time that is one; without it, what happened is still reported."""
    if not isinstance(at, str):
        return None
    try:
        to_epoch_ms(at)
    except InvalidValue:
        return None
    return at
