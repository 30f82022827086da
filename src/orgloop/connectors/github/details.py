"""What is to be found out about the issues and pull requests that have changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from orgloop.connectors.github.events import Object

Numbered = list[tuple[int, Object]]


@frozen
class Subjects:
    """What is to be looked at."""

    issues: Sequence[int] = ()
    pulls: Sequence[int] = ()
    commits: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.issues) + len(self.pulls) + len(self.commits)

    def aliases(self) -> set[str]:
        """Return what they are called in the answer to `details_query`."""
        return {
            *(f"i{number}" for number in self.issues),
            *(f"p{number}" for number in self.pulls),
            *(f"c{oid}" for oid in self.commits),
        }

    def parts(self, size: int) -> Sequence[Subjects]:
        """Return them in parts of at most ``size``."""
        named: list[tuple[str, Any]] = [
            *(("issues", number) for number in self.issues),
            *(("pulls", number) for number in self.pulls),
            *(("commits", oid) for oid in self.commits),
        ]
        return [_subjects(named[at : at + size]) for at in range(0, len(named), size)]


def _subjects(named: Sequence[tuple[str, Any]]) -> Subjects:
    return Subjects(
        *([one for kind, one in named if kind == which] for which in ("issues", "pulls", "commits"))
    )


@define
class Details:
    """What was found, in the REST API's words; comments and reviews with the item's number."""

    pulls: dict[int, Object] = field(factory=dict)
    """What each pull request has beyond what it has as an issue."""
    comments: Numbered = field(factory=list)
    reviews: Numbered = field(factory=list)
    review_comments: Numbered = field(factory=list)
    suites: list[Object] = field(factory=list)
    """Of the last commit of each pull request, and of the commits that were asked for."""
    lacks_comments: bool = False
    """Whether comments must be looked for elsewhere: the listings of comments have them all."""

    def add(self, more: Details) -> None:
        """Take in what was found besides."""
        self.pulls |= more.pulls
        self.comments += more.comments
        self.reviews += more.reviews
        self.review_comments += more.review_comments
        self.suites += more.suites
        self.lacks_comments |= more.lacks_comments
