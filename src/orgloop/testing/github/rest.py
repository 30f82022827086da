"""The part of GitHub's REST API that tells of a `RepositoryModel`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from orgloop.testing.github.documents import Thing
from orgloop.testing.github.model import RepositoryModel
from orgloop.times import to_epoch_ms

_ROUTES: list[tuple[re.Pattern[str], Callable[..., Any]]] = []
Query = Mapping[str, str]


def find(model: RepositoryModel, path: str, query: Query) -> Any:
    """Return what stands at a path, below ``/repos/<owner>/<name>``; `None` if nothing does.

    A list is a whole listing, in order, before it is cut into pages; a pair names the key under
    which a listing stands.
    """
    for pattern, answer in _ROUTES:
        match = pattern.fullmatch(path)
        if match is not None:
            return answer(model, query, *match.groups())
    return None


def _route(pattern: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(answer: Callable[..., Any]) -> Callable[..., Any]:
        _ROUTES.append((re.compile(pattern), answer))
        return answer

    return add


@_route("")
def _repository(model: RepositoryModel, query: Query) -> Any:
    return model.document


@_route("/issues")
def _issues(model: RepositoryModel, query: Query) -> Any:
    wanted = query.get("state", "open")
    items = [item for item in model.items.values() if wanted in ("all", item["state"])]
    return _sorted(items, query)


@_route("/pulls")
def _pulls(model: RepositoryModel, query: Query) -> Any:
    wanted = query.get("state", "open")
    pulls = (model.pull(number) for number in model.pulls)
    return _sorted((pull for pull in pulls if wanted in ("all", pull["state"])), query)


@_route("/issues/events")
def _events(model: RepositoryModel, query: Query) -> Any:
    return [{**event, "issue": model.items[event["number"]]} for event in reversed(model.events)]


@_route("/issues/comments")
def _comments(model: RepositoryModel, query: Query) -> Any:
    return _sorted(model.comments.values(), query)


@_route("/pulls/comments")
def _review_comments(model: RepositoryModel, query: Query) -> Any:
    return _sorted(model.review_comments.values(), query)


@_route(r"/issues/(\d+)")
def _issue(model: RepositoryModel, query: Query, number: str) -> Any:
    return model.items.get(int(number))


@_route(r"/issues/(\d+)/comments")
def _comments_of(model: RepositoryModel, query: Query, number: str) -> Any:
    return _since(_of(model.comments, "issue_url", number), query)


@_route(r"/pulls/(\d+)")
def _pull(model: RepositoryModel, query: Query, number: str) -> Any:
    return model.pull(int(number)) if int(number) in model.pulls else None


@_route(r"/pulls/(\d+)/reviews")
def _reviews_of(model: RepositoryModel, query: Query, number: str) -> Any:
    # REST does not say when a review was edited.
    return [
        {key: value for key, value in review.items() if key != "updated_at"}
        for review in _of(model.reviews, "pull_request_url", number)
    ]


@_route(r"/pulls/(\d+)/comments")
def _review_comments_of(model: RepositoryModel, query: Query, number: str) -> Any:
    return _since(_of(model.review_comments, "pull_request_url", number), query)


@_route("/actions/runs")
def _runs(model: RepositoryModel, query: Query) -> Any:
    return "workflow_runs", sorted(model.runs.values(), key=lambda run: -run["id"])


@_route(r"/commits/(\w+)/check-suites")
def _suites_of(model: RepositoryModel, query: Query, commit: str) -> Any:
    suites = [suite for suite in model.suites.values() if suite["head_sha"] == commit]
    return "check_suites", suites


def _of(things: Mapping[int, Thing], belongs_to: str, number: str) -> list[Thing]:
    return [one for one in things.values() if one[belongs_to].rpartition("/")[2] == number]


def _since(things: Iterable[Thing], query: Query) -> list[Thing]:
    since = to_epoch_ms(query["since"]) if "since" in query else 0
    return [one for one in things if to_epoch_ms(one["updated_at"]) >= since]


def _sorted(things: Iterable[Thing], query: Query) -> list[Thing]:
    """Sort as GitHub does: the newest first unless asked otherwise."""
    when = "updated_at" if query.get("sort") == "updated" else "created_at"
    descends = query.get("direction", "desc") == "desc"
    return sorted(_since(things, query), key=lambda one: str(one[when]), reverse=descends)
