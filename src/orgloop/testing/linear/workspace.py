"""What Linear knows: a workspace with a team, people, issues, their history, and comments.

Time stands still unless a test moves it, so that things can happen in the same millisecond. Nodes
are dictionaries with the names of Linear's own schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any
from uuid import UUID

from attrs import define, field

from orgloop.testing.lending import NOW_MS
from orgloop.testing.linear import webhooks
from orgloop.times import to_iso

Node = dict[str, Any]

STATES = {"Backlog": "backlog", "Todo": "unstarted", "In Progress": "started", "Done": "completed"}
_REFERENCES = {"state": "State", "assignee": "Assignee", "delegate": "Delegate"}
"""What refers to something else, and how its history calls it."""


@define(eq=False)
class Workspace:
    """One workspace of Linear's."""

    now_ms: int = NOW_MS
    """What Linear's clock says."""
    groups_ms: int = 0
    """For how long one person's changes of an issue are gathered into one entry of its history."""
    team: Node = field(init=False)
    project: Node = field(init=False)
    ada: Node = field(init=False)
    """A person, who has the API key, and who does everything that a test names nobody for."""
    bob: Node = field(init=False)
    agent: Node = field(init=False)
    """An application that issues can be delegated to."""
    states: dict[str, Node] = field(init=False)
    labels: dict[str, Node] = field(init=False)
    people: list[Node] = field(factory=list, init=False)
    issues: list[Node] = field(factory=list, init=False)
    comments: list[Node] = field(factory=list, init=False)
    webhooks: list[Node] = field(factory=list, init=False)
    """What Linear posts about every change, oldest first."""
    _ids: Any = field(factory=lambda: count(1), init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.team = {"id": self._id(), "key": "ENG", "name": "Engineering"}
        self.project = {"id": self._id(), "name": "Rewrite", "slugId": "a1b2c3"}
        self.ada, self.bob = self.add_person("Ada"), self.add_person("Bob")
        self.agent = self.add_person("Helper", app=True)
        self.states = {
            name: {"id": self._id(), "name": name, "type": kind} for name, kind in STATES.items()
        }
        self.labels = {name: {"id": self._id(), "name": name} for name in ("bug", "docs", "ui")}

    def tick(self, milliseconds: int = 1) -> None:
        """Let time pass."""
        self.now_ms += milliseconds

    def add_person(self, name: str, *, app: bool = False) -> Node:
        """Return somebody new; with ``app``, an application that acts as a user."""
        address = f"{name.lower()}@example.com"
        url = f"https://linear.app/acme/profiles/{name.lower()}"
        person = {"id": self._id(), "name": name, "email": address, "app": app, "url": url}
        self.people.append(person)
        return person

    def create_issue(
        self,
        title: str,
        *,
        by: Node | None = None,
        state: str = "Todo",
        labels: Sequence[str] = (),
        **given: Any,
    ) -> Node:
        """Make an issue and return it; ``given`` are fields of it, such as ``assignee``."""
        number = len(self.issues) + 1
        issue = {
            "id": self._id(),
            "identifier": f"ENG-{number}",
            "title": title,
            "url": f"https://linear.app/acme/issue/ENG-{number}",
            "description": None,
            "priority": 0,
            "team": self.team,
            "project": None,
            "state": self.states[state],
            "assignee": None,
            "delegate": None,
            "creator": by or self.ada,
            "externalUserCreator": None,
            "botActor": None,
            "labels": [self.labels[name] for name in labels],
            "createdAt": to_iso(self.now_ms),
            "updatedAt": to_iso(self.now_ms),
            "history": [],
            **given,
        }
        self.issues.append(issue)
        self.webhooks.append(webhooks.of_issue("create", issue, by or self.ada, self.now_ms))
        return issue

    def update_issue(self, issue: Node, *, by: Node | None = None, **changes: Any) -> None:
        """Change fields of an issue at one go: ``title``, ``priority``, ``assignee``, and so on.

        ``state`` and ``labels`` are given by name. What stays as it was makes no history.
        """
        if "state" in changes:
            changes["state"] = self.states[changes["state"]]
        if "labels" in changes:
            changes["labels"] = [self.labels[name] for name in changes["labels"]]
        before = {name: issue[name] for name, value in changes.items() if issue[name] != value}
        if not before:
            return
        updated_from = {**webhooks.updated_from(before), "updatedAt": issue["updatedAt"]}
        issue |= changes | {"updatedAt": to_iso(self.now_ms)}
        self._record(issue, before, by or self.ada)
        payload = webhooks.of_issue("update", issue, by or self.ada, self.now_ms)
        self.webhooks.append({**payload, "updatedFrom": updated_from})

    def comment(self, issue: Node, body: str, *, by: Node | None = None) -> Node:
        """Write a comment and return it."""
        id = self._id()
        comment = {
            "id": id,
            "body": body,
            "url": f"{issue['url']}#comment-{id[:8]}",
            "createdAt": to_iso(self.now_ms),
            "parent": None,
            "user": by or self.ada,
            "botActor": None,
            "externalUser": None,
            "issue": issue,
        }
        self.comments.append(comment)
        self.webhooks.append(webhooks.of_comment(comment, by or self.ada, self.now_ms))
        return comment

    # --- history

    def _record(self, issue: Node, before: Mapping[str, Any], by: Node) -> None:
        entry = self._entry(issue, by)
        entry["updatedAt"] = to_iso(self.now_ms)
        for name, value in before.items():
            if name == "labels":
                _record_labels(entry, value, issue["labels"])
            elif name in ("state", "assignee", "delegate", "priority", "title"):
                _record_change(entry, _REFERENCES.get(name, name.capitalize()), value, issue[name])

    def _entry(self, issue: Node, by: Node) -> Node:
        """Return the entry that gathers what ``by`` does now: a new one, or one that grows."""
        last = issue["history"][-1] if issue["history"] else None
        if last and last["actor"] is by and self.now_ms - last["beganMs"] < self.groups_ms:
            grown: Node = last
            return grown
        entry: Node = {"id": self._id(), "actor": by, "botActor": None, "beganMs": self.now_ms}
        entry |= {"addedLabels": [], "removedLabels": [], "createdAt": to_iso(self.now_ms)}
        issue["history"].append(entry)
        return entry

    def _id(self) -> str:
        return str(UUID(int=next(self._ids) << 64, version=4))


def _record_change(entry: Node, name: str, before: Any, after: Any) -> None:
    if f"from{name}" in entry:
        before = entry[f"from{name}"]
    entry |= {f"from{name}": before, f"to{name}": after}


def _record_labels(entry: Node, before: Sequence[Node], after: Sequence[Node]) -> None:
    for label in after:
        if label not in before:
            _move(label, entry["removedLabels"], entry["addedLabels"])
    for label in before:
        if label not in after:
            _move(label, entry["addedLabels"], entry["removedLabels"])


def _move(label: Node, undone: list[Node], done: list[Node]) -> None:
    """Note that something was done to a label, or that what was done before is undone."""
    undone.remove(label) if label in undone else done.append(label)
