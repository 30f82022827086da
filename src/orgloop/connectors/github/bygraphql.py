"""Everything about the issues and pull requests that have changed, in one GraphQL query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.byrest import details_by_rest, reviews_of, suites_of_commit
from orgloop.connectors.github.details import Details, Subjects
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


async def details_by_graphql(
    api: GitHubAPI, position: Position, subjects: Subjects, *, with_suites: bool
) -> Details:
    """Ask for all at once; raise `NoGraphQL` where there is none.

    What GitHub cannot put into an answer, not even for a few at a time, is asked for one by one.
    """
    reader = _Reader(api, position, with_suites)
    for part in subjects.parts(_AT_ONCE):
        await reader.read(part)
    return reader.found


@frozen
class _Reader:
    """Take GraphQL answers apart; what does not fit into their pages is read over REST."""

    _api: GitHubAPI
    _position: Position
    _with_suites: bool
    found: Details = field(factory=Details, init=False)

    async def read(self, part: Subjects) -> None:
        """Ask for these, in smaller parts if that is too much."""
        try:
            nodes = await self._nodes(part)
        except NoGraphQL:
            raise  # not for fewer at a time either
        except (GitHubError, RequestFailed) as error:
            status = getattr(error, "status", None)
            if status not in (None, *_TOO_HEAVY):
                raise
            if len(part) > _LEAST_AT_ONCE:
                for half in part.parts((len(part) + 1) // 2):
                    await self.read(half)
            elif status is None:
                raise
            else:
                await self._read_one_by_one(part)
            return
        for alias, node in sorted(nodes.items()):
            await self._take(alias, node)

    async def _nodes(self, part: Subjects) -> Mapping[str, Node | None]:
        owner, _, name = self._position.name.partition("/")
        query = details_query(part.issues, part.pulls, part.commits)
        data = await self._api.graphql(query, {"owner": owner, "name": name})
        nodes: Mapping[str, Node | None] = data["repository"]
        if not part.aliases() <= nodes.keys():
            raise NoGraphQL("the GraphQL API answers something else than what is asked")
        return {alias: nodes[alias] for alias in part.aliases()}

    async def _read_one_by_one(self, part: Subjects) -> None:
        self.found.add(
            await details_by_rest(self._api, self._position, part, with_suites=self._with_suites)
        )

    async def _take(self, alias: str, node: Node | None) -> None:
        if not node:
            return  # deleted or transferred since
        if alias.startswith("c"):
            await self._suites(node)
            return
        number = int(alias[1:])
        await self._comments(number, node.get("comments") or {})
        if alias.startswith("p"):
            self.found.pulls[number] = pull_fields_of(node)
            await self._reviews(number, node.get("reviews") or {})
            for last in nodes_of(node.get("commits")):
                await self._suites(last.get("commit") or {})

    async def _comments(self, number: int, connection: Node) -> None:
        found = [comment_of(node) for node in nodes_of(connection)]
        since = self._position.comments.since
        if _is_cut(connection, found, "updated_at", since):
            path = f"/repos/{self._position.name}/issues/{number}/comments"
            found = list((await read(self._api, path, {"since": to_iso(since)})).items)
        self.found.comments += [(number, comment) for comment in found]

    async def _reviews(self, number: int, connection: Node) -> None:
        nodes = nodes_of(connection)
        reviews = [review_of(node) for node in nodes]
        is_cut = _is_cut(connection, reviews, "submitted_at", self._position.reviews.since)
        if is_cut:
            reviews += await reviews_of(self._api, self._position.name, number)
        self.found.reviews += [(number, review) for review in reviews]
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
        self.found.review_comments += [(number, comment) for comment in found]

    async def _suites(self, commit: Node) -> None:
        found = list(suites_of(commit))
        if found and int((commit.get("checkSuites") or {}).get("totalCount") or 0) > len(found):
            found = await suites_of_commit(self._api, self._position.name, str(commit.get("oid")))
        self.found.suites += found


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
