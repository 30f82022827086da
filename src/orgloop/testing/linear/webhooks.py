"""What Linear posts about a change; see https://linear.app/developers/webhooks."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import orjson

from orgloop.reports import WebhookRequest
from orgloop.times import to_iso

Node = dict[str, Any]

_IDS = {"state": "stateId", "assignee": "assigneeId", "delegate": "delegateId"}


def webhook_request(
    payload: Mapping[str, Any], secret: str, now_ms: int, path: str = "/webhook/linear"
) -> WebhookRequest:
    """Return the request with which Linear delivers ``payload`` at a moment."""
    body = orjson.dumps({**payload, "webhookTimestamp": now_ms})
    headers = {
        "content-type": "application/json; charset=utf-8",
        "linear-event": str(payload.get("type")),
        "linear-signature": hmac.new(secret.encode(), body, sha256).hexdigest(),
    }
    return WebhookRequest(path, headers, body, now_ms)


def of_issue(action: str, issue: Node, by: Node, now_ms: int) -> Node:
    """Return what is posted about an issue that was made or changed."""
    data = {name: value for name, value in issue.items() if name not in ("history", "botActor")}
    for name in ("assignee", "delegate", "creator", "project"):
        data[f"{name}Id"] = issue[name]["id"] if issue[name] else None
        if data[name] is None:
            del data[name]
    data |= {"stateId": issue["state"]["id"], "teamId": issue["team"]["id"]}
    data["labelIds"] = [label["id"] for label in issue["labels"]]
    for name in ("assignee", "delegate", "creator"):
        if name in data:
            data[name] = _person(data[name])
    return _envelope("Issue", action, data, issue["url"], by, now_ms)


def of_comment(comment: Node, by: Node, now_ms: int) -> Node:
    """Return what is posted about a new comment: little of its issue."""
    issue = comment["issue"]
    data = {
        name: comment[name] for name in ("id", "body", "createdAt") if comment[name] is not None
    }
    data |= {"updatedAt": comment["createdAt"], "issueId": issue["id"], "userId": by["id"]}
    data["issue"] = {name: issue[name] for name in ("id", "identifier", "title", "url", "team")}
    data["issue"]["teamId"] = issue["team"]["id"]
    data["user"] = _person(comment["user"])
    return _envelope("Comment", "create", data, comment["url"], by, now_ms)


def updated_from(before: Mapping[str, Any]) -> Node:
    """Return what fields were, as a webhook says it: references by their ids."""
    told: Node = {}
    for name, value in before.items():
        if name == "labels":
            told["labelIds"] = [label["id"] for label in value]
        elif name in _IDS:
            told[_IDS[name]] = value["id"] if value else None
        else:
            told[name] = value
    return told


def _envelope(kind: str, action: str, data: Node, url: str, by: Node, now_ms: int) -> Node:
    actor = {**_person(by), "type": "oauthClient" if by["app"] else "user"}
    return {
        "action": action,
        "actor": actor,
        "createdAt": to_iso(now_ms),
        "data": data,
        "url": url,
        "type": kind,
        "organizationId": "a6e1b1f0-0000-4000-8000-000000000001",
        "webhookId": "a6e1b1f0-0000-4000-8000-000000000002",
    }


def _person(person: Node) -> Node:
    return {name: person[name] for name in ("id", "name", "email", "url")}
