"""Everything about the issues and pull requests that have changed: in one request, or in many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from attrs import define, field, frozen

from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.errors import GitHubError, NoGraphQL
from orgloop.connectors.github.events import Object
from orgloop.connectors.github.listing import read
from orgloop.connectors.github.position import Position, moment
from orgloop.connectors.github.query import details_query
from orgloop.connectors.github.shapes import (
    Node,
    comment_of,
    nodes_of,
    pull_fields_of,
    review_comment_of,
    review_of,
    suites_of,
)
from orgloop.errors import RequestFailed
from orgloop.times import to_iso

_AT_ONCE = 150
_LEAST_AT_ONCE = 10
# What GitHub answers when a query takes it longer than ten seconds.
_TOO_HEAVY = (500, 502, 503, 504)
_GONE = (403, 404, 410, 422)

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


async def details_by_graphql(api: GitHubAPI, position: Position, subjects: Subjects) -> Details:
    """Ask for all at once; raise `NoGraphQL` where there is none."""
    found = Details()
    for part in subjects.parts(_AT_ONCE):
        await _part(api, position, part, found)
    return found


async def _part(api: GitHubAPI, position: Position, part: Subjects, into: Details) -> None:
    owner, _, name = position.name.partition("/")
    query = details_query(part.issues, part.pulls, part.commits)
    try:
        data = await api.graphql(query, {"owner": owner, "name": name})
    except (GitHubError, RequestFailed) as error:
        if len(part) <= _LEAST_AT_ONCE or getattr(error, "status", None) not in (None, *_TOO_HEAVY):
            raise
        for half in part.parts((len(part) + 1) // 2):
            await _part(api, position, half, into)
        return
    if not part.aliases() <= data["repository"].keys():
        raise NoGraphQL("the GraphQL API answers something else than what is asked")
    reader = _Reader(api, position, into)
    for alias in sorted(part.aliases()):
        await reader.take(alias, data["repository"][alias])


@frozen
class _Reader:
    """Take a GraphQL answer apart; what does not fit into its pages is read over REST."""

    _api: GitHubAPI
    _position: Position
    _into: Details

    async def take(self, alias: str, node: Node | None) -> None:
        if not node:
            return  # deleted or transferred since
        if alias.startswith("c"):
            await self._suites(node)
            return
        number = int(alias[1:])
        await self._comments(number, node.get("comments") or {})
        if alias.startswith("p"):
            self._into.pulls[number] = pull_fields_of(node)
            await self._reviews(number, node.get("reviews") or {})
            for last in nodes_of(node.get("commits")):
                await self._suites(last.get("commit") or {})

    async def _comments(self, number: int, connection: Node) -> None:
        found = [comment_of(node) for node in nodes_of(connection)]
        since = self._position.comments.since
        if _is_cut(connection, found, "updated_at", since):
            path = f"/repos/{self._position.name}/issues/{number}/comments"
            found = list((await read(self._api, path, {"since": to_iso(since)})).items)
        self._into.comments += [(number, comment) for comment in found]

    async def _reviews(self, number: int, connection: Node) -> None:
        nodes = nodes_of(connection)
        reviews = [review_of(node) for node in nodes]
        is_cut = _is_cut(connection, reviews, "submitted_at", self._position.reviews.since)
        if is_cut:
            reviews += await reviews_of(self._api, self._position.name, number)
        self._into.reviews += [(number, review) for review in reviews]
        await self._review_comments(number, nodes, is_cut=is_cut)

    async def _review_comments(self, number: int, reviews: Sequence[Node], *, is_cut: bool) -> None:
        found = [
            review_comment_of(node, review)
            for review in reviews
            for node in nodes_of(review.get("comments"))
        ]
        since = self._position.review_comments.since
        if is_cut or any(_has_more_news(review, since) for review in reviews):
            path = f"/repos/{self._position.name}/pulls/{number}/comments"
            found += (await read(self._api, path, {"since": to_iso(since)})).items
        self._into.review_comments += [(number, comment) for comment in found]

    async def _suites(self, commit: Node) -> None:
        found = list(suites_of(commit))
        if found and int((commit.get("checkSuites") or {}).get("totalCount") or 0) > len(found):
            found = await suites_of_commit(self._api, self._position.name, str(commit.get("oid")))
        self._into.suites += found


def _is_cut(connection: Node, found: Sequence[Object], when: str, since: int) -> bool:
    """Whether there is more that is new than the page that was asked for."""
    if int(connection.get("totalCount") or 0) <= len(found):
        return False
    # What has no time is a review that its author has not submitted yet.
    return min((at for one in found if (at := moment(one.get(when)))), default=0) >= since


def _has_more_news(review: Node, since: int) -> bool:
    connection = review.get("comments") or {}
    is_cut = int(connection.get("totalCount") or 0) > len(nodes_of(connection))
    return is_cut and moment(review.get("submittedAt")) >= since


# --- over REST


async def details_by_rest(
    api: GitHubAPI, position: Position, subjects: Subjects, *, with_suites: bool
) -> Details:
    """Ask for each pull request and commit. Comments are not among it: listings have them all."""
    found, commits = Details(), set(subjects.commits)
    for number in subjects.pulls:
        with _unless_gone():
            pull = (await api.get(f"/repos/{position.name}/pulls/{number}")).document
            found.pulls[number] = {key: pull[key] for key in _PULL_FIELDS if key in pull}
            commits.add(str((pull.get("head") or {}).get("sha")))
        with _unless_gone():
            for review in await reviews_of(api, position.name, number):
                found.reviews.append((number, review))
    for oid in sorted(commits) if with_suites else ():
        with _unless_gone():
            found.suites += await suites_of_commit(api, position.name, oid)
    return found


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Go on where something was deleted, or pushed away, or is not for this token to see."""
    try:
        yield
    except GitHubError as error:
        if error.status not in _GONE:
            raise


_PULL_FIELDS = (
    "head",
    "base",
    "draft",
    "additions",
    "deletions",
    "changed_files",
    "merged_at",
    "merged_by",
)


async def reviews_of(api: GitHubAPI, repository: str, number: int) -> Sequence[Object]:
    """Return every review of a pull request."""
    return (await read(api, f"/repos/{repository}/pulls/{number}/reviews")).items


async def suites_of_commit(api: GitHubAPI, repository: str, oid: str) -> list[Object]:
    """Return every check suite of a commit."""
    path = f"/repos/{repository}/commits/{oid}/check-suites"
    return list((await read(api, path, key="check_suites")).items)
