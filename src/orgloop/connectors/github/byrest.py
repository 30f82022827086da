"""Everything about the issues and pull requests that have changed, asked for one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.details import Details, Subjects
from orgloop.connectors.github.errors import GitHubError
from orgloop.connectors.github.events import Object
from orgloop.connectors.github.listing import read
from orgloop.connectors.github.position import Position

_GONE = (403, 404, 410, 422)
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


async def details_by_rest(
    api: GitHubAPI, position: Position, subjects: Subjects, *, with_suites: bool
) -> Details:
    """Ask for each pull request and commit. Comments are not among what is found."""
    found, commits = Details(lacks_comments=True), set(subjects.commits)
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


async def reviews_of(api: GitHubAPI, repository: str, number: int) -> Sequence[Object]:
    """Return every review of a pull request."""
    return (await read(api, f"/repos/{repository}/pulls/{number}/reviews")).items


async def suites_of_commit(api: GitHubAPI, repository: str, oid: str) -> list[Object]:
    """Return every check suite of a commit."""
    path = f"/repos/{repository}/commits/{oid}/check-suites"
    return list((await read(api, path, key="check_suites")).items)
