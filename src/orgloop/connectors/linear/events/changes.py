"""One change of one thing about an issue."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen

from orgloop.connectors.linear.events.issue import Issue, Named
from orgloop.event import JSONObject

ASPECTS = ("state", "assignee", "priority", "labels", "delegate")
"""What is watched about an issue; the kinds of event are ``issue.<aspect>_changed``."""


@frozen
class LabelSet:
    """Labels that were added and removed between two moments."""

    added: tuple[Named, ...] = ()
    removed: tuple[Named, ...] = ()

    def since(self, earlier: LabelSet) -> LabelSet:
        """Return what happened after ``earlier``, which began at the same moment."""
        added = _without(self.added, earlier.added) + _without(earlier.removed, self.removed)
        removed = _without(self.removed, earlier.removed) + _without(earlier.added, self.added)
        return LabelSet(added, removed)


Value = Named | int | LabelSet | None
"""A state, a user, a priority, labels, or nobody."""


@frozen
class Change:
    """One aspect of an issue went from one value to another.

    For ``labels`` both values are `LabelSet`, counted from the same moment.
    """

    aspect: str
    before: Value
    after: Value

    @property
    def labels(self) -> LabelSet:
        """What a change of labels added and removed."""
        assert isinstance(self.before, LabelSet)
        assert isinstance(self.after, LabelSet)
        return self.after.since(self.before)

    def done_to(self, issue: Issue) -> Issue:
        """Return the issue as the change left it."""
        return _with(issue, self, self.after)

    def undone_from(self, issue: Issue) -> Issue:
        """Return the issue as it was before the change."""
        return _with(issue, self, self.before)

    def told(self, issue: Issue) -> JSONObject:
        """Return what the payload says of the change that made ``issue`` what it is."""
        if self.aspect == "labels":
            return {
                "added_labels": [label.name for label in self.labels.added],
                "removed_labels": [label.name for label in self.labels.removed],
                "labels": [label.name for label in issue.labels],
            }
        told = {**_told("previous", self.aspect, self.before)}
        told |= _told("new", self.aspect, self.after)
        if self.aspect == "state" and isinstance(self.after, Named):
            told["new_state_type"] = self.after.type
        return told


def name_of(value: Value) -> str:
    """Return what a value is called in keys."""
    match value:
        case None:
            return "none"
        case Named():
            return value.id
        case LabelSet():
            added = sorted(f"+{label.id}" for label in value.added)
            return ",".join(added + sorted(f"-{label.id}" for label in value.removed))
        case _:
            return str(value)


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same, whatever they are called by now."""
    return name_of(one) == name_of(other)


def _with(issue: Issue, change: Change, value: Any) -> Issue:
    if change.aspect != "labels":
        return evolve(issue, **{change.aspect: value})
    moved = change.labels
    if value is change.before:
        return issue.with_labels(added=moved.removed, removed=moved.added)
    return issue.with_labels(added=moved.added, removed=moved.removed)


def _told(when: str, aspect: str, value: Value) -> JSONObject:
    if aspect == "priority":
        return {f"{when}_priority": value}
    if not isinstance(value, Named):
        return {f"{when}_{aspect}": None, f"{when}_{aspect}_id": None}
    return {f"{when}_{aspect}": value.name, f"{when}_{aspect}_id": value.id}


def _without(labels: tuple[Named, ...], others: tuple[Named, ...]) -> tuple[Named, ...]:
    known = {label.id for label in others}
    return tuple(label for label in labels if label.id not in known)
