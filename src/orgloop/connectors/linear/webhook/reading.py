"""Tell what a webhook is about: https://linear.app/developers/webhooks describes its form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from orgloop.connectors.linear.events.changes import ASPECTS, Change, LabelSet, name_of, same
from orgloop.connectors.linear.events.drafts import comment_created, issue_changed, issue_created
from orgloop.connectors.linear.events.issue import Issue, Named, in_order
from orgloop.connectors.linear.events.reading import (
    number,
    read_actor,
    read_comment,
    read_issue,
    text,
)
from orgloop.connectors.linear.webhook.acquaintances import Acquaintances
from orgloop.errors import InvalidPayload
from orgloop.event import EventDraft, JSONObject
from orgloop.times import to_iso

_IDS = {"state": "stateId", "assignee": "assigneeId", "delegate": "delegateId"}
"""Where ``updatedFrom`` says what an aspect was, and the data what it is."""
_LATEST_MS = 10**14  # well within the years that a time may lie in
_IDENTIFIER = re.compile(r"/issue/([A-Za-z0-9]{1,20}-[0-9]{1,10})(?![A-Za-z0-9])")


def drafts_of(body: JSONObject, met: Acquaintances) -> list[EventDraft]:
    """Return the events of one webhook: none for what is of no interest here.

    Raises `InvalidPayload` for what Linear does not send.
    """
    kind, action = body.get("type"), body.get("action")
    if not isinstance(kind, str) or not isinstance(action, str):
        raise InvalidPayload("the body is no webhook of Linear's: it has no type or no action")
    if kind == "Issue" and action in ("create", "update"):
        return _of_issue(body, action, met)
    if kind == "Comment" and action == "create":
        return _of_comment(body, met)
    return []


def team_of(body: JSONObject) -> tuple[str, ...]:
    """Return what the team that a webhook is about may be called, in lower case."""
    data = body.get("data")
    if not isinstance(data, dict):
        return ()
    names: list[object] = []
    for holder in (data, _commented(data, body) or {}):
        team = holder.get("team")
        team = team if isinstance(team, Mapping) else {}
        names += [holder.get("teamId"), team.get("id"), team.get("key"), team.get("name")]
        names.append(str(holder.get("identifier")).rpartition("-")[0])
    return tuple(name.lower() for name in names if isinstance(name, str))


def _of_issue(body: JSONObject, action: str, met: Acquaintances) -> list[EventDraft]:
    data = _data(body)
    issue = read_issue({"url": body.get("url"), **data})
    if "labels" not in data and isinstance(data.get("labelIds"), list):
        issue = evolve(issue, labels=in_order(met.all_known(map(str, data["labelIds"]))))
    given: dict[str, Any] = {
        aspect: _known(data.get(id), met)
        for aspect, id in _IDS.items()
        if getattr(issue, aspect) is None
    }
    issue = evolve(issue, **given)
    if action == "create":
        met.meet(issue)
        author = read_actor(body.get("actor") or data.get("creator"))
        return [issue_created(issue, author, _moment("createdAt", data, body))]
    author, at = read_actor(body.get("actor")), _moment("updatedAt", data, body)
    updated_from = body.get("updatedFrom")
    if not isinstance(updated_from, Mapping):
        updated_from = {}
    changes = [_change(aspect, issue, updated_from, met) for aspect in ASPECTS]
    met.meet(issue)
    return [
        issue_changed(issue, change, author, _key(issue, change, at), at)
        for change in changes
        if change is not None
    ]


def _of_comment(body: JSONObject, met: Acquaintances) -> list[EventDraft]:
    data = _data(body)
    commented = _commented(data, body)
    if commented is None:
        return []  # on a project update, a document: on no issue
    issue = met.completed(read_issue(commented))
    comment = read_comment(data, body.get("url"))
    at = _moment("createdAt", data, body)
    return [comment_created(issue, comment, read_actor(_commenter(body)), at)]


def _commented(data: JSONObject, body: JSONObject) -> Mapping[str, Any] | None:
    """Return the issue that a comment is on; some webhooks say its id alone, and the URL."""
    if isinstance(data.get("issue"), Mapping):
        issue: Mapping[str, Any] = data["issue"]
        return issue
    url = str(body.get("url") or "").partition("#")[0]
    found = _IDENTIFIER.search(url)
    if found is None or not isinstance(data.get("issueId"), str):
        return None
    return {"id": data["issueId"], "identifier": found[1], "url": url}


def _commenter(body: JSONObject) -> object:
    """Return who wrote a comment: the actor, or the people that older webhooks name instead."""
    data = _data(body)
    if isinstance(body.get("actor"), Mapping):
        return body["actor"]
    if isinstance(data.get("externalUser"), Mapping):
        return {**data["externalUser"], "type": "externalUser"}
    return data.get("user")


def _change(
    aspect: str, issue: Issue, updated_from: Mapping[str, Any], met: Acquaintances
) -> Change | None:
    """Return how an aspect changed; `None` if it did not."""
    if aspect == "labels":
        return _labels(issue, updated_from, met)
    if aspect == "priority":
        before = number(updated_from.get("priority"))
        if before is None or before == issue.priority:
            return None
        return Change(aspect, before, issue.priority)
    name = _IDS[aspect]
    after: Named | None = getattr(issue, aspect)
    if name not in updated_from or (aspect == "state" and updated_from[name] is None):
        return None
    change = Change(aspect, _known(updated_from[name], met), after)
    return None if same(change.before, change.after) else change


def _labels(issue: Issue, updated_from: Mapping[str, Any], met: Acquaintances) -> Change | None:
    written = updated_from.get("labelIds")
    if not isinstance(written, list):
        return None
    before = [one for one in written if isinstance(one, str)]
    now = {label.id for label in issue.labels}
    moved = LabelSet(
        tuple(label for label in issue.labels if label.id not in before),
        met.all_known(one for one in before if one not in now),
    )
    return None if same(LabelSet(), moved) else Change("labels", LabelSet(), moved)


def _known(id: object, met: Acquaintances) -> Named | None:
    return met.known(id) if isinstance(id, str) and id else None


def _key(issue: Issue, change: Change, at: str) -> str:
    """Name a change by what stays the same however often a webhook is delivered."""
    way = f"{name_of(change.before)}>{name_of(change.after)}"
    return f"issue:{issue.id}:{change.aspect}:{at}:{way}"


def _moment(name: str, data: JSONObject, body: JSONObject) -> str:
    """Return when it happened: as the data says, else as the webhook does, else when it was sent.

    Webhooks of Linear's say the first; only what says none of the three is refused.
    """
    sent_at = body.get("webhookTimestamp")
    is_said = data.get(name) or body.get("createdAt")
    if not is_said and type(sent_at) is int and 0 < sent_at < _LATEST_MS:
        return to_iso(sent_at)
    return text(data if data.get(name) else body, name if data.get(name) else "createdAt")


def _data(body: JSONObject) -> JSONObject:
    data = body.get("data")
    if not isinstance(data, dict):
        raise InvalidPayload("the body is no webhook of Linear's: it has no data")
    return data
