"""What a github source may be told."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import fields_dict

from orgloop.connectors.github.access import api_of
from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.events import KINDS
from orgloop.errors import InvalidValue
from orgloop.options import described
from orgloop.testing.fakes import FakeHTTPClient
from orgloop.testing.lending import lend


def converted(name: str, value: object) -> object:
    convert = described(fields_dict(GitHubConfig)[name]).convert
    assert convert is not None
    return convert(value)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("acme/shop", ("acme/shop",)),
        ("acme/shop, acme/store", ("acme/shop", "acme/store")),
        (["acme/*", "ann/dot.files_2", "acme/*"], ("acme/*", "ann/dot.files_2")),
    ],
)
def test_repositories_are_named_alone_in_a_list_or_all_of_an_owner(written, read):
    assert converted("repo", written) == read


@pytest.mark.parametrize("repo", ["shop", "acme/", "*/shop", "acme/sh*", "a/b/c", "", [], [7], 7])
def test_what_is_no_repository_is_refused(repo):
    with pytest.raises(InvalidValue):
        converted("repo", repo)


def test_no_kinds_are_all_kinds_and_a_slip_is_pointed_at():
    assert converted("events", []) == KINDS
    assert converted("events", ["issue_comment"]) == ("issue_comment",)
    with pytest.raises(InvalidValue, match=r"nearest is pull_request\.review_submitted$"):
        converted("events", ["pull_request.reviewed_submitted"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("token", ""),
        ("token", "a\nb"),
        ("api_url", "github.example.com"),
        ("api_url", "https://github.example.com/?a"),
        ("authors", {"a": 1}),
    ],
)
def test_what_cannot_be_used_is_refused(name, value):
    with pytest.raises(InvalidValue):
        converted(name, value)


@pytest.mark.parametrize(
    ("api_url", "graphql", "page"),
    [
        (
            "https://api.github.com/",
            "https://api.github.com/graphql",
            "https://github.com/acme/shop",
        ),
        (
            "https://git.example.com/api/v3",
            "https://git.example.com/api/graphql",
            "https://git.example.com/acme/shop",
        ),
        (
            "https://api.acme.ghe.com",
            "https://api.acme.ghe.com/graphql",
            "https://acme.ghe.com/acme/shop",
        ),
    ],
)
def test_everything_is_found_from_the_address_of_the_api(api_url, graphql, page):
    config = GitHubConfig(repo=("acme/shop",), token="t", api_url=converted("api_url", api_url))
    api = api_of(config, lend(Path("/"), http=FakeHTTPClient()))

    assert (api.graphql_url, api.page_of("acme/shop")) == (graphql, page)


def test_a_token_is_in_no_repr():
    config = GitHubConfig(repo=("acme/shop",), token="ghp_secret")

    assert "ghp_secret" not in repr(config)
    assert "ghp_secret" not in repr(api_of(config, lend(Path("/"))))
