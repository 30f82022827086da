"""An entry of an issue's history.

Linear gathers what one person changes about an issue within a short time into one entry, which
grows: a state that is set twice in a row is, in the end, one change from the first state to the
last. So an entry says what it came to so far, and it may be seen more than once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from attrs import evolve, frozen

from orgloop.connectors.linear.events.changes import ASPECTS, Change, LabelSet, Value, same
from orgloop.connectors.linear.events.issue import Author, Issue, Named
from orgloop.connectors.linear.events.reading import named, number, read_author, read_labels, text
from orgloop.times import to_epoch_ms


@frozen(kw_only=True)
class Entry:
    """What an entry says so far."""

    id: str
    updated_ms: int
    author: Author
    changes: Mapping[str, Change]
    """By aspect; those that came to nothing are left out."""
    from_title: str | None

    def undone_from(self, issue: Issue) -> Issue:
        """Return the issue as it was before the entry."""
        for change in self.changes.values():
            issue = change.undone_from(issue)
        return issue if self.from_title is None else evolve(issue, title=self.from_title)

    def done_to(self, issue: Issue) -> Issue:
        """Return the issue as the entry left it, where it says so."""
        for change in self.changes.values():
            issue = change.done_to(issue)
        return issue


def read_entry(node: Mapping[str, Any]) -> Entry:
    """Read an entry as the GraphQL API answers it."""
    found = (_change(aspect, node) for aspect in ASPECTS)
    return Entry(
        id=text(node, "id"),
        updated_ms=to_epoch_ms(text(node, "updatedAt")),
        author=read_author(node.get("actor"), node.get("botActor")),
        changes={change.aspect: change for change in found if change is not None},
        from_title=node.get("fromTitle") if node.get("toTitle") is not None else None,
    )


def in_time(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries, which Linear lists newest first, in the order in which they happened."""
    oldest_first = list(entries)[::-1]
    oldest_first.sort(key=lambda entry: entry.updated_ms)  # stable, also within a millisecond
    return oldest_first


def _change(aspect: str, node: Mapping[str, Any]) -> Change | None:
    before, after = _values(aspect, node)
    return None if same(before, after) else Change(aspect, before, after)


def _values(aspect: str, node: Mapping[str, Any]) -> tuple[Value, Value]:
    if aspect == "labels":
        added = read_labels(node.get("addedLabels"))
        return LabelSet(), LabelSet(added, read_labels(node.get("removedLabels")))
    name = aspect.capitalize()
    before, after = node.get(f"from{name}"), node.get(f"to{name}")
    if aspect == "priority":
        return _both(number(before), number(after))
    if aspect == "state":
        return _both(named(before), named(after))
    return named(before), named(after)


def _both(before: Named | int | None, after: Named | int | None) -> tuple[Value, Value]:
    """Return two values of something that an issue always has; one alone is no change of it."""
    return (None, None) if before is None or after is None else (before, after)
