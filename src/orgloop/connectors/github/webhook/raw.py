"""Events of kinds that OrgLoop does not know: the whole payload, and what can be said of it."""

from __future__ import annotations

from orgloop.connectors.github.events.people import Object, author_type, login_of
from orgloop.connectors.github.events.subject import about, place
from orgloop.event import EventDraft, JSONObject

# Where the page of what an event is about stands in its payload, nearest first.
_PAGES = ("comment", "review", "alert", "issue", "pull_request", "repository")


def raw_event(full_name: str, guid: str | None, body: JSONObject) -> EventDraft:
    """Return a ``resource.changed`` with the payload as it is.

    ``full_name`` is GitHub's (``pull_request.synchronize``, ``push``). It says who did it, where,
    and to which issue or pull request, as the events of known kinds do.
    """
    provenance: JSONObject = {
        "platform": "github",
        "platform_event": full_name,
        **_where(full_name, guid, body),
        **_who(body),
    }
    if (page := _page(full_name.partition(".")[0], body)) is not None:
        provenance["url"] = page
    return EventDraft("resource.changed", provenance, body)


def _where(full_name: str, guid: str | None, body: JSONObject) -> JSONObject:
    repository = (_object(body, "repository") or {}).get("full_name")
    if not isinstance(repository, str):
        return {}
    item = _item(body)
    thing = repository if item is None else place(repository, item)
    return {**_context(repository, item), "resource_id": f"{thing}:{full_name}:{guid or ''}"}


def _context(repository: str, item: Object | None) -> JSONObject:
    if item is not None:
        return about(repository, item)
    owner, _, name = repository.partition("/")
    return {"repo": repository, "repo_owner": owner, "repo_name": name}


def _item(body: JSONObject) -> Object | None:
    """Return the issue or pull request that an event is about, if it is there whole."""
    for name in ("pull_request", "issue"):
        item = _object(body, name)
        if item is not None and isinstance(item.get("number"), int) and _is_whole(item):
            return item
    return None


def _is_whole(item: Object) -> bool:
    labels = item.get("labels") or []
    user, merged = item.get("user"), item.get("pull_request")
    return (
        isinstance(labels, list)
        and all(isinstance(label, dict) for label in labels)
        and isinstance(user, dict | None)
        and isinstance(merged, dict | None)
    )


def _who(body: JSONObject) -> JSONObject:
    sender = _object(body, "sender")
    if sender is None:
        return {}
    return {"author": login_of(sender), "author_type": author_type(sender)}


def _page(name: str, body: JSONObject) -> str | None:
    for part in (name, *_PAGES):
        page = (_object(body, part) or {}).get("html_url")
        if isinstance(page, str):
            return page
    return None


def _object(body: JSONObject, name: str) -> Object | None:
    found = body.get(name)
    return found if isinstance(found, dict) else None
