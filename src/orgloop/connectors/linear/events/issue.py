"""An issue, what can change about it, and the people who do that."""

from __future__ import annotations

from typing import Any

from attrs import evolve, frozen


@frozen
class Named:
    """Something that Linear knows by an id and people by a name: a state, a user, a label."""

    id: str
    name: str
    type: str = ""
    """Of a workflow state: ``triage``, ``backlog``, ``unstarted``, ``started`` and so on."""

    def to_json(self) -> list[str]:
        return [self.id, self.name, self.type]

    @classmethod
    def from_json(cls, written: Any) -> Named:
        return cls(*map(str, written))


@frozen
class Author:
    """Who did something, as ``provenance`` tells it."""

    name: str
    type: str
    """One of the values of ``provenance.author_type``."""


SYSTEM = Author("linear", "system")
"""Whoever Linear does not name: an automation of its own."""


@frozen(kw_only=True)
class Issue:
    """An issue as it stood at some moment."""

    id: str
    identifier: str
    """Such as ``ENG-42``."""
    title: str
    url: str
    description: str | None = None
    team: str | None = None
    """The team's key, such as ``ENG``."""
    state: Named | None = None
    assignee: Named | None = None
    delegate: Named | None = None
    creator: str | None = None
    priority: int = 0
    labels: tuple[Named, ...] = ()
    """In the order of their names."""

    def with_labels(self, *, added: tuple[Named, ...], removed: tuple[Named, ...]) -> Issue:
        """Return the issue with some labels more and some less."""
        gone = {label.id for label in removed}
        labels = {label.id: label for label in self.labels if label.id not in gone}
        labels |= {label.id: label for label in added}
        return evolve(self, labels=in_order(labels.values()))


def in_order(labels: Any) -> tuple[Named, ...]:
    """Return labels in the order in which events list them."""
    return tuple(sorted(labels, key=lambda label: (label.name, label.id)))
