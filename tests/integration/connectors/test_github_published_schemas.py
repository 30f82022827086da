"""What we ask GitHub for, and what its stand-in answers, exists in GitHub's published schemas."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, parse, validate

from orgloop.connectors.github.check import check
from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.reconciling import make_source
from orgloop.testing.github import FakeGitHub
from orgloop.testing.github.hooks import FakeHooks
from orgloop.testing.github.schema import github_schema
from orgloop.testing.httpserver import ReceivedRequest
from orgloop.testing.lending import lend
from support.github_polling import Polls, now
from support.npm import file_of, unpacked


def everything_asked(**answers: Any) -> list[ReceivedRequest]:
    """Return every request of a source that has much to ask."""
    github = FakeGitHub(largest_page=2, **answers)
    shop = github.repository()
    polls = Polls(github, {"repo": ("acme/*", "acme/shop")})
    polls.poll()
    issue, pull = shop.open_issue(), shop.open_pull()
    for _ in range(60):
        shop.review(pull, lines=("a",))
        shop.comment(pull)
    shop.review(pull, lines=tuple("abcdefghijklmnopqrstuvwxyz"))
    comment = shop.comment(issue)
    for _ in range(40):
        shop.suite(shop.pulls[pull]["head"]["sha"])
    shop.run("failure")
    shop.advance(60)
    polls.poll()
    shop.advance(4000)
    shop.edit_comment(comment, "silently", touches=False)
    polls.poll()
    context = lend(Path("/"), http=github.client())
    now(check(GitHubConfig(repo=("acme/*", "acme/shop"), token=github.token), context))
    return github.requests


def asked_of_hooks() -> list[ReceivedRequest]:
    """Return every request about webhooks, of a source that has much to fetch."""
    hooks = FakeHooks()
    for number in range(120):
        hooks.tried(f"d-{number}", 502)
    told = {"token": "t", "repo_owner": "acme", "repo_name": "shop", "events": ("star",)}
    now(make_source(GitHubWebhookConfig(**told), lend(Path("/"), http=hooks)).poll(None))
    return hooks.requests


@pytest.fixture(scope="module")
def asked() -> list[ReceivedRequest]:
    return [
        *asked_of_hooks(),
        *everything_asked(),
        *everything_asked(has_graphql=False),
        *everything_asked(is_app=True, issues_disabled=True),
    ]


@pytest.fixture(scope="module")
def graphql(tmp_path_factory: pytest.TempPathFactory) -> GraphQLSchema:
    package = unpacked("@octokit/graphql-schema", tmp_path_factory.mktemp("graphql-schema"))
    text = (package / "schema.graphql").read_text(encoding="utf-8")
    return build_schema(text, assume_valid=True)  # GitHub breaks some rules of its own


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    directory = tmp_path_factory.mktemp("openapi")
    return orjson.loads(file_of("@octokit/openapi", "generated/api.github.com.json", directory))


def test_every_query_is_one_that_github_understands(graphql, asked):
    queries = {request.json()["query"] for request in asked if request.path == "/graphql"}

    assert len(queries) > 1
    assert [error for query in queries for error in validate(graphql, parse(query))] == []


def test_the_stand_in_says_nothing_that_github_does_not(graphql):
    strange = []
    for kind in github_schema().type_map.values():
        theirs = graphql.type_map.get(THEIR_NAMES.get(kind.name, kind.name))
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                known = theirs.fields.get(name) if theirs is not None else None
                if known is None or not field.args.keys() <= known.args.keys():
                    strange.append(f"{kind.name}.{name}")

    assert strange == []


THEIR_NAMES = {
    "Number": "PullRequest",
    "Numbers": "PullRequestConnection",
    "CheckRuns": "CheckRunConnection",
    "CheckSuites": "CheckSuiteConnection",
    "PullRequestCommits": "PullRequestCommitConnection",
    "IssueComments": "IssueCommentConnection",
    "ReviewComments": "PullRequestReviewCommentConnection",
    "Reviews": "PullRequestReviewConnection",
}


def test_every_path_and_parameter_is_one_that_github_has(rest, asked):
    paths = [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), path) for path in rest["paths"]]
    urls = {urlsplit(request.path) for request in asked if request.path != "/graphql"}
    sent: dict[str, set[str]] = {}
    for url in urls:
        names = (name for name, _ in parse_qsl(url.query))
        sent.setdefault(re.sub(r"/\d+", "/1", url.path), set()).update(names)

    strange = []
    for where, names in sent.items():
        found = [path for pattern, path in paths if pattern.fullmatch(where)]
        known = set().union(*(parameters(rest, path) for path in found))
        strange += [(where, names - known)] if names - known or not found else []

    assert len(sent) > 15
    assert strange == []


def parameters(rest: dict[str, Any], path: str) -> set[str]:
    """Return the names of the parameters of the query that a path takes."""
    named = rest["paths"][path].get("get", {}).get("parameters", [])
    resolved = [
        rest["components"]["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        for one in named
    ]
    return {one["name"] for one in resolved if one["in"] == "query"}
