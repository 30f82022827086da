"""Remember what ids and issues are called, for webhooks that say less than one wants to know.

A webhook names what an issue came to by id and name, what it was before by id alone, and of the
issue that is commented on hardly anything. Most of it was said in a webhook before. What nobody has
said since the source started is given by its id, or not at all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeVar

from attrs import define, evolve, field

from orgloop.connectors.linear.events.issue import Issue, Named

T = TypeVar("T")

_MOST_NAMES = 10_000
_MOST_ISSUES = 5_000


@define(eq=False)
class Acquaintances:
    """What was heard lately; what is oldest is forgotten first."""

    has_missed: bool = field(default=False, init=False)
    """Whether a name was asked for that nobody has said yet."""
    _names: OrderedDict[str, Named] = field(factory=OrderedDict, init=False, repr=False)
    _issues: OrderedDict[str, Issue] = field(factory=OrderedDict, init=False, repr=False)

    def meet(self, issue: Issue) -> None:
        """Remember an issue, and everything it names."""
        for one in (issue.state, issue.assignee, issue.delegate, *issue.labels):
            if one is not None:
                self.learn(one)
        _keep(self._issues, issue.id, evolve(issue, description=None), _MOST_ISSUES)

    def learn(self, one: Named) -> None:
        """Remember what something is called."""
        _keep(self._names, one.id, one, _MOST_NAMES)

    def known(self, id: str) -> Named:
        """Return what goes by an id: with its name, if it was ever heard."""
        found = self._names.get(id)
        self.has_missed = self.has_missed or found is None
        return found or Named(id, id)

    def all_known(self, ids: Iterable[str]) -> tuple[Named, ...]:
        """Return `known` for each of several ids."""
        return tuple(map(self.known, ids))

    def completed(self, issue: Issue) -> Issue:
        """Return an issue with what its comment does not say of it."""
        met = self._issues.get(issue.id)
        if met is None or issue.state is not None:
            return issue
        title = issue.title or met.title
        return evolve(met, title=title, identifier=issue.identifier, url=issue.url)


def _keep(mapping: OrderedDict[str, T], key: str, value: T, most: int) -> None:
    mapping[key] = value
    mapping.move_to_end(key)
    while len(mapping) > most:
        mapping.popitem(last=False)
