"""Find out which messages are new, and whose labels have changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote

import orjson
from attrs import asdict, evolve, field, frozen

from orgloop.event import EventDraft, JSONObject
from orgloop.sdk.checkpoints import reading_checkpoint
from orgloop.sdk.programs import ProgramFailed

PLATFORM = "gmail"
_TOLD = ("from", "to", "subject", "date", "snippet", "body")
_MOST_KNOWN = 5000  # messages whose labels are remembered


@frozen(kw_only=True)
class Known:
    """What is remembered of a message from one poll to the next."""

    id: str
    labels: tuple[str, ...]
    changes: int = 0
    """How often its labels have changed: part of what names a change."""


@frozen
class Memory:
    """What a poll leaves to the next one."""

    known: Mapping[str, Known] = field(factory=dict)
    """Messages by their ids, those listed last at the end."""
    unread: Sequence[str] = ()
    """Pages at which polls have stopped before they had come to a message that was known."""

    @classmethod
    def of(cls, checkpoint: str | None) -> Memory:
        """Return what `checkpoint` wrote; raise `PluginError` for anything else."""
        if checkpoint is None:
            return cls()
        with reading_checkpoint(
            "gog", "reset it (orgloop checkpoint reset), and what the query finds then is reported"
        ):
            document = orjson.loads(checkpoint)
            # Earlier versions left no pages, and wrote nothing but a list of messages.
            if isinstance(document, list):
                document = {"known": document, "unread": []}
            read = (entry | {"labels": tuple(entry["labels"])} for entry in document["known"])
            known = {entry["id"]: Known(**entry) for entry in read}
            return cls(known, [str(page) for page in document["unread"]])

    def checkpoint(self) -> str:
        """Write what is remembered."""
        known = [asdict(one) for one in self.known.values()]
        return orjson.dumps({"known": known, "unread": list(self.unread)}).decode()


def messages_of(answer: Any) -> list[JSONObject]:
    """Return the messages of an answer, newest first; raise `ProgramFailed` if it has none."""
    found = answer.get("messages") if isinstance(answer, dict) else None
    if isinstance(answer, dict) and found is None:
        return []  # nothing was found
    if not isinstance(found, list):
        raise ProgramFailed("gog wrote JSON that is no list of messages")
    for place, one in enumerate(found, start=1):
        if not isinstance(one, dict) or not isinstance(one.get("id"), str) or not one["id"]:
            raise ProgramFailed(f"entry {place} of what gog wrote is no message with an id")
    return found


def changes(
    before: Mapping[str, Known], messages: Iterable[JSONObject], account: str | None
) -> tuple[list[EventDraft], dict[str, Known]]:
    """Return what happened since ``before``, oldest first, and what is known now."""
    drafts: list[EventDraft] = []
    now = dict(before)
    for message in reversed(list(messages)):
        old = now.pop(message["id"], None)
        labels = _labels(message)
        if old is None:
            new = Known(id=message["id"], labels=labels)
            drafts.append(_received(message, account))
        elif labels != old.labels:
            new = evolve(old, labels=labels, changes=old.changes + 1)
            drafts.append(_relabelled(message, account, old, new))
        else:
            new = old
        now[new.id] = new  # behind those that were not listed
    return drafts, dict(list(now.items())[-_MOST_KNOWN:])


def _labels(message: JSONObject) -> tuple[str, ...]:
    labels = message.get("labels")
    return tuple(sorted({str(one) for one in labels})) if isinstance(labels, list) else ()


def _received(message: JSONObject, account: str | None) -> EventDraft:
    return EventDraft(
        "message.received",
        _provenance(message, account, "message.received"),
        {"action": "received", **_content(message)},
        f"message:{message['id']}",
    )


def _relabelled(message: JSONObject, account: str | None, old: Known, new: Known) -> EventDraft:
    difference: JSONObject = {
        "action": "labels_changed",
        "labels_added": [one for one in new.labels if one not in old.labels],
        "labels_removed": [one for one in old.labels if one not in new.labels],
    }
    return EventDraft(
        "resource.changed",
        _provenance(message, account, "message.labels_changed"),
        difference | _content(message),
        f"labels:{new.id}:{new.changes}:{','.join(new.labels)}",
    )


def _content(message: JSONObject) -> JSONObject:
    content: JSONObject = {
        "message_id": message["id"],
        "thread_id": message.get("threadId"),
        "labels": list(_labels(message)),
    }
    told = {name: message.get(name) for name in _TOLD}
    return {name: one for name, one in (content | told).items() if one is not None}


def _provenance(message: JSONObject, account: str | None, kind: str) -> JSONObject:
    thread = quote(str(message.get("threadId") or message["id"]), safe="")
    user = f"?authuser={quote(account)}" if account else ""
    found: JSONObject = {
        "platform": PLATFORM,
        "platform_event": kind,
        "author_type": "unknown",
        "resource_id": message["id"],
        "url": f"https://mail.google.com/mail/{user}#all/{thread}",
    }
    address = parseaddr(str(message.get("from") or ""))[1]
    return found | {"author": address} if address else found
