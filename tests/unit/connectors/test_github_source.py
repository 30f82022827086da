"""The github source: what it reports, what it asks for that, and what it does when GitHub will not.

The stand-in for GitHub answers at once; time passes as a test says.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.task import Clock
from twisted.logger import capturedLogs

from orgloop.connectors.github.config import GitHubConfig
from orgloop.connectors.github.errors import GitHubError
from orgloop.connectors.github.source import GitHubSource
from orgloop.durations import Duration
from orgloop.errors import PluginError, RequestFailed
from orgloop.testing.github import FakeGitHub, RepositoryModel
from orgloop.testing.github.hooks import FakeHooks, answer
from orgloop.testing.lending import lend
from orgloop.testing.socketless import SocketlessHTTPClient
from support.github_polling import BEGIN_NOW, Polls, kinds, now


@pytest.fixture
def github() -> FakeGitHub:
    return FakeGitHub()


@pytest.fixture
def shop(github: FakeGitHub) -> RepositoryModel:
    return github.repository()


def begun(github: FakeGitHub, **options: Any) -> Polls:
    """Return polls of a repository that has been polled once."""
    polls = Polls(github, options)
    github.repository().advance(10)
    polls.poll()
    github.repository().advance(60)
    return polls


# --- what it costs


def test_an_idle_repository_costs_nothing_after_the_first_poll(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    for _ in range(120):
        shop.comment(shop.open_pull())
    shop.run("failure")
    polls = begun(github)
    github.spent = 0

    assert [polls.poll() for _ in range(3)] == [[], [], []]
    assert github.spent == 0


def test_a_hundred_open_pull_requests_take_less_than_five_requests(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    pulls = [shop.open_pull() for _ in range(100)]
    polls = Polls(github, keeps_source=True)
    polls.poll()
    asked = []
    for changed in (pulls[:1], pulls[:30], pulls):
        for pull in changed:
            shop.comment(pull)
            shop.review(pull, lines=("a line",))
        shop.merge(changed[0]) if changed is not pulls else shop.close(pulls[9])
        shop.run("failure")
        shop.advance(60)
        github.requests.clear()
        told = polls.poll()
        asked.append(len(github.requests))
        assert len(told) == 3 * len(changed) + 2
        shop.advance(600)

    assert max(asked) < 5


def test_a_budget_of_requests_is_kept_to(github: FakeGitHub, shop: RepositoryModel) -> None:
    polls = Polls(github, {"rate_budget": 7}, keeps_source=True)
    polls.poll()
    shop.open_issue()
    shop.advance(60)

    with pytest.raises(Exception, match="rate_budget of 7 requests an hour"):
        polls.poll()
    polls.clock.advance(3600)

    assert kinds(polls.poll()) == ["issues.opened"]


# --- the same second


def test_a_review_of_the_second_in_which_was_polled_is_not_lost(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    pull = shop.open_pull()
    polls = begun(github)
    shop.review(pull, body="first")
    polls.while_waiting = lambda: shop.review(pull, body="second")

    told = [draft.payload["review_body"] for draft in polls.poll() + polls.poll()]

    assert told == ["first", "second"]


def test_the_last_second_is_looked_at_again_where_the_date_is_of_no_use(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    github.skew_seconds, github.has_etags = 3600, False
    pull = shop.open_pull()
    polls = begun(github)
    shop.review(pull, body="first")
    told = polls.poll()
    shop.review(pull, body="second")

    told += polls.poll()

    assert [draft.payload["review_body"] for draft in told] == ["first", "second"]


def test_what_has_just_happened_costs_nothing_in_the_next_poll(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    polls = begun(github)
    shop.open_issue()
    assert kinds(polls.poll()) == ["issues.opened"]
    polls.poll()
    github.spent = 0

    assert polls.poll() == []
    assert github.spent == 0


def test_a_placeholder_that_is_filled_in_within_the_second_is_told_again(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    issue = shop.open_issue()
    polls = begun(github)
    comment = shop.comment(issue, "…")
    first = polls.poll()
    shop.edit_comment(comment, "The answer.")
    shop.advance(30)

    second = polls.poll()

    assert kinds(first + second) == ["issue_comment", "issue_comment.edited"]
    assert first[0].key != second[0].key


# --- what is reported


def test_a_comment_edited_before_it_was_seen_is_new(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    issue = shop.open_issue()
    polls = begun(github)
    comment = shop.comment(issue, "…")
    shop.advance(20)
    shop.edit_comment(comment, "The answer.")
    shop.advance(20)

    (draft,) = polls.poll()

    assert draft.provenance["platform_event"] == "issue_comment"
    assert draft.payload["comment_body"] == "The answer."


def test_an_old_comment_that_is_edited_is_an_edit(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    comment = shop.comment(shop.open_issue(), "old")
    polls = begun(github)
    shop.advance(86_400 * 30)
    shop.edit_comment(comment, "edited", touches=False)
    shop.advance(10)

    assert kinds(polls.poll()) == ["issue_comment.edited"]


def test_a_silent_edit_is_found_although_something_else_happens_all_the_time(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    comment = shop.comment(shop.open_issue())
    shop.advance(600)
    shop.open_issue()
    polls = begun(github)
    shop.edit_comment(comment, "silently", touches=False)
    told, asked = [], []
    for _ in range(15):
        shop.comment(shop.open_issue())
        shop.advance(60)
        github.requests.clear()
        told += kinds(polls.poll())
        asked.append(len(github.requests))

    assert told.count("issue_comment.edited") == 1
    assert told.count("issues.opened") >= 14
    assert max(asked) < 5


def test_each_closing_is_an_event_and_a_merge_is_one(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    pull = shop.open_pull()
    polls = begun(github)
    shop.close(pull)
    shop.advance(20)
    shop.reopen(pull)
    shop.advance(20)
    shop.merge(pull, actor="cat")
    shop.advance(20)

    closed, merged = polls.poll()

    assert kinds([closed, merged]) == ["pull_request.closed", "pull_request.merged"]
    assert (closed.provenance["pr_merged"], merged.provenance["pr_merged"]) == (False, True)
    assert merged.payload["merged_by"] == "cat"


def test_a_closing_that_no_issue_event_tells_of_is_reported(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    pull = shop.open_pull()
    polls = begun(github)
    shop.close(pull)
    shop.events.clear()
    shop.advance(20)

    assert kinds(polls.poll()) == ["pull_request.closed"]
    assert polls.poll() == []


def test_bots_are_told_from_people(github: FakeGitHub, shop: RepositoryModel) -> None:
    pull = shop.open_pull(author="dependabot[bot]")
    polls = begun(github)
    shop.review(pull, author="robo[bot]")
    shop.comment(pull, author="ben")
    shop.advance(10)

    told = {draft.provenance["author"]: draft.provenance for draft in polls.poll()}

    assert {name: one["author_type"] for name, one in told.items()} == {
        "robo[bot]": "bot",
        "ben": "team_member",
    }
    assert {one["pr_author"] for one in told.values()} == {"dependabot[bot]"}


def test_what_is_made_with_its_labels_is_opened_first(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    polls = begun(github)
    issue = shop.open_issue()
    shop.label(issue, "bug")
    shop.assign(issue, "ben")
    shop.advance(10)

    assert kinds(polls.poll()) == ["issues.opened", "issues.labeled", "issues.assigned"]


def test_only_what_is_asked_for_is_reported(github: FakeGitHub, shop: RepositoryModel) -> None:
    labeled = shop.open_issue(labels=[{"name": "bug"}])
    other = shop.open_issue()
    polls = begun(github, events=("issue_comment",), authors=("Ben",), labels=("bug", "agent"))
    for issue in (labeled, other):
        shop.comment(issue, author="ben")
        shop.comment(issue, author="ann")
    shop.label(labeled, "more")
    shop.advance(10)

    told = polls.poll()

    assert [(draft.provenance["author"], draft.payload["issue_number"]) for draft in told] == [
        ("ben", labeled)
    ]


def test_an_unfinished_run_is_not_lost_behind_a_hundred_newer_ones(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    slow = shop.run(None)
    polls = begun(github)
    for _ in range(120):
        shop.run("success")
        shop.advance(60)
    assert polls.poll() == []
    shop.run("success")
    shop.end_run(slow, "timed_out")
    shop.advance(10)

    (draft,) = polls.poll()

    assert (draft.payload["run_id"], draft.payload["conclusion"]) == (slow, "timed_out")


def test_a_run_that_fails_again_is_another_event(github: FakeGitHub, shop: RepositoryModel) -> None:
    run = shop.run("failure")
    polls = begun(github)
    shop.run_again(run)
    polls.poll()
    shop.advance(60)
    shop.end_run(run)
    shop.advance(10)

    assert [draft.payload["run_attempt"] for draft in polls.poll()] == [2]


def test_a_check_suite_is_watched_until_it_ends(github: FakeGitHub, shop: RepositoryModel) -> None:
    pull = shop.open_pull()
    polls = begun(github)
    suite = shop.suite(shop.push(pull), pull=pull)
    shop.advance(60)
    assert polls.poll() == []
    shop.end_suite(suite, "failure")
    shop.advance(60)

    (draft,) = polls.poll()

    assert draft.provenance["platform_event"] == "check_suite.completed"
    assert (draft.payload["conclusion"], draft.provenance["author"]) == ("failure", "ci[bot]")


def test_a_check_suite_that_nobody_runs_costs_nothing_after_a_while(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    pull = shop.open_pull()
    polls = begun(github)
    shop.suite(shop.push(pull), pull=pull, runs=0)
    shop.advance(3600)
    polls.poll()
    shop.advance(60)
    polls.poll()
    github.spent = 0

    assert polls.poll() == []
    assert github.spent == 0


def test_more_reviews_than_fit_on_a_page_are_all_reported(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    pull = shop.open_pull()
    polls = begun(github)
    for _ in range(60):
        shop.review(pull, lines=("a", "b"))
    pending = shop.review(pull, "PENDING")
    shop.reviews[pending]["submitted_at"] = None
    shop.review(pull, lines=tuple(map(str, range(30))))
    for _ in range(40):
        shop.comment(pull)
    shop.advance(10)

    told = kinds(polls.poll())

    assert told.count("pull_request.review_submitted") == 61
    assert told.count("pull_request_review_comment") == 150
    assert told.count("issue_comment") == 40


# --- where it begins


@pytest.mark.parametrize("skew", [0, -3600, 3600])
def test_it_begins_by_the_clock_of_github(github: FakeGitHub, skew: int) -> None:
    shop = github.repository()
    shop.now_ms += skew * 1000
    shop.open_issue(title="long ago")
    shop.advance(3600)
    shop.open_issue(title="just now")
    shop.advance(60)

    told = Polls(github, {"initial_lookback": Duration(600_000)}).poll()

    assert [draft.payload["issue_title"] for draft in told] == ["just now"]


def test_it_can_begin_now(github: FakeGitHub, shop: RepositoryModel) -> None:
    shop.comment(shop.open_issue())
    polls = Polls(github, BEGIN_NOW)
    assert polls.poll() == []

    shop.open_issue()
    shop.advance(10)

    assert kinds(polls.poll()) == ["issues.opened"]


def test_a_checkpoint_of_something_else_says_what_to_do(github: FakeGitHub) -> None:
    with pytest.raises(PluginError, match="checkpoint reset"):
        Polls(github, checkpoint='{"repositories": 7}').poll()


# --- several repositories


def test_all_repositories_of_an_owner_are_polled_also_later_ones(github: FakeGitHub) -> None:
    shop, store = github.repository(), github.repository("acme/store")
    github.repository("other/thing").open_issue()
    for one in (shop, store):
        one.open_issue()
        one.advance(60)
    polls = Polls(github, {"repo": ("acme/*",)})
    assert {draft.provenance["repo"] for draft in polls.poll()} == {"acme/shop", "acme/store"}
    github.spent = 0
    assert polls.poll() == []
    assert github.spent == 0

    github.repository("acme/new").open_issue()

    assert [draft.provenance["repo"] for draft in polls.poll()] == ["acme/new"]


def test_an_owner_whose_listing_is_out_of_sight_for_a_while_keeps_its_repositories(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    http = FakeHooks(beyond=SocketlessHTTPClient(github.answer))
    told = GitHubConfig(repo=("acme/*",), token=github.token)
    source = GitHubSource(told, lend(Path("/"), http=http, clock=Clock()))
    checkpoint = now(source.poll(None)).checkpoint
    http.answers["/orgs/acme/repos"] = answer(403, {"message": "Resource protected by SAML"})
    http.answers["/users/acme/repos"] = answer(200, [])  # they are private
    shop.open_issue()
    shop.advance(60)
    result = now(source.poll(checkpoint))
    http.answers.clear()
    github.repository("acme/new").open_issue()
    github.repository("acme/new").advance(60)

    assert kinds(result.events) == ["issues.opened"]
    assert kinds(now(source.poll(result.checkpoint)).events) == ["issues.opened"]


def test_a_repository_that_cannot_be_polled_keeps_no_other_from_it(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    shop.open_issue()
    shop.advance(60)
    polls = Polls(github, {"repo": ("acme/gone", "acme/shop")})

    assert kinds(polls.poll()) == ["issues.opened"]


def test_a_repository_that_cannot_be_polled_is_told_of_once_until_it_can(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    polls = Polls(github, {"repo": ("acme/gone", "acme/shop")}, keeps_source=True)
    with capturedLogs() as told:
        polls.poll()
        polls.poll()
        assert [one["repository"] for one in told] == ["acme/gone"]
        github.repository("acme/gone")
        polls.poll()
        del github.repositories["acme/gone"]
        polls.poll()

    assert len(told) == 2


def test_a_repository_that_is_not_there_is_said_to_be_missing(github: FakeGitHub) -> None:
    with pytest.raises(Exception, match=r"/repos/acme/shop \(404, Not Found\): either it does not"):
        Polls(github).poll()


# --- what GitHub will not do


def test_a_token_that_expires_fails_the_poll_and_is_not_shown(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    polls = begun(github)
    before, expired = polls.checkpoint, github.token
    shop.open_issue()
    polls.options["token"], github.token = expired, "ghp_another"

    with pytest.raises(Exception, match="refuses the token") as refused:
        polls.poll()

    assert expired not in str(refused.value)
    assert polls.checkpoint == before
    polls.options["token"] = github.token
    assert kinds(polls.poll()) == ["issues.opened"]


def test_a_used_up_quota_is_waited_for_without_asking(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    polls = begun(github)
    polls.keeps_source = True
    shop.open_issue()
    github.remaining = 0
    with pytest.raises(Exception, match=r"used up: nothing is asked before 2026-01-31T08:31:11"):
        polls.poll()
    github.remaining = 5000
    github.requests.clear()
    polls.clock.advance(1700)

    with pytest.raises(Exception, match="used up"):
        polls.poll()

    assert github.requests == []
    polls.clock.advance(200)
    assert kinds(polls.poll()) == ["issues.opened"]


def test_a_secondary_limit_is_waited_for_as_long_as_github_asks(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    polls = begun(github)
    polls.keeps_source = True
    shop.open_issue()
    github.retry_after = 90
    with pytest.raises(Exception, match="left alone"):
        polls.poll()
    github.retry_after = None
    polls.clock.advance(89)
    with pytest.raises(Exception, match="left alone"):
        polls.poll()
    polls.clock.advance(2)

    assert kinds(polls.poll()) == ["issues.opened"]


def test_a_lost_connection_changes_nothing(github: FakeGitHub, shop: RepositoryModel) -> None:
    polls = begun(github)
    shop.comment(shop.open_issue())
    shop.advance(10)
    before = polls.checkpoint

    def lose(request: Any) -> None:
        if request.path == "/graphql":
            raise RequestFailed("the connection was lost")

    with pytest.raises(RequestFailed):
        polls.poll(lose)

    assert polls.checkpoint == before
    assert kinds(polls.poll()) == ["issues.opened", "issue_comment"]


def test_without_graphql_everything_is_asked_for_one_by_one(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    github.has_graphql = False
    pull = shop.open_pull()
    polls = begun(github)
    shop.review(pull, lines=("a",))
    shop.comment(pull)
    suite = shop.suite(shop.push(pull), pull=pull)
    shop.end_suite(suite)
    shop.advance(10)

    assert sorted(kinds(polls.poll())) == [
        "check_suite.completed",
        "issue_comment",
        "pull_request.review_submitted",
        "pull_request_review_comment",
    ]


def test_a_query_that_takes_github_too_long_is_asked_in_parts(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    pulls = [shop.open_pull() for _ in range(40)]
    polls = begun(github)
    for pull in pulls:
        shop.review(pull)
    shop.advance(10)

    def time_out(request: Any) -> None:
        if request.body.count(b"pullRequest(") > 10:
            raise RequestFailed("no answer within 30 s")

    assert len(polls.poll(time_out)) == 40


def test_a_listing_that_the_token_may_not_read_is_left_out(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    github.forbidden = {"/actions/runs"}
    polls = begun(github)
    shop.run("failure")
    shop.open_issue()
    shop.advance(10)

    assert kinds(polls.poll()) == ["issues.opened"]


def test_where_runs_alone_are_wanted_and_not_shown_the_poll_fails(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    github.forbidden = {"/actions/runs"}

    with pytest.raises(GitHubError, match="/actions/runs"):
        Polls(github, {"events": ("workflow_run.completed",)}).poll()


def test_a_repository_that_was_out_of_sight_comes_back_with_all_its_listings(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    polls = begun(github)
    polls.keeps_source = True
    polls.poll()
    github.repositories.clear()
    with pytest.raises(GitHubError, match="does not show"):
        polls.poll()
    github.repositories["acme/shop"] = shop
    shop.run("failure")
    shop.label(shop.open_issue(), "bug")
    shop.advance(10)

    assert kinds(polls.poll()) == ["workflow_run.completed", "issues.opened", "issues.labeled"]


@pytest.mark.parametrize("reason", [{"issues_disabled": True}, {"forbidden": {"/issues"}}])
def test_a_repository_without_issues_is_polled_for_pull_requests(
    github: FakeGitHub, shop: RepositoryModel, reason: dict[str, Any]
) -> None:
    for name, value in reason.items():
        setattr(github, name, value)
    polls = begun(github)
    shop.comment(shop.open_pull())
    shop.advance(10)

    assert kinds(polls.poll()) == ["pull_request.opened", "issue_comment"]


def test_where_issues_are_not_shown_a_silent_edit_on_a_pull_request_is_found(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    pull = shop.open_pull()
    comment = shop.comment(pull)
    github.forbidden = {"/issues", f"/issues/{pull}"}
    polls = begun(github)
    shop.advance(4000)
    shop.edit_comment(comment, "silently", touches=False)
    shop.advance(10)

    assert kinds(polls.poll()) == ["issue_comment.edited"]


def test_a_gateway_that_lets_only_listings_through_will_do(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    github.has_graphql = False
    github.hidden = {"", "/actions/runs", "/issues/events", "/pulls/1"}
    pull = shop.open_pull()
    shop.review(pull)
    shop.advance(10)
    shop.close(pull)
    shop.advance(10)

    assert kinds(Polls(github).poll()) == [
        "pull_request.opened",
        "pull_request.review_submitted",
        "pull_request.closed",
    ]


def test_a_graphql_api_of_something_else_is_none(github: FakeGitHub, shop: RepositoryModel) -> None:
    polls = begun(github)
    for _ in range(40):
        shop.open_pull()
    shop.advance(10)
    github.graphql_answer = {"data": {"repository": {"pullRequests": {"nodes": []}}}}
    asked: list[Any] = []

    assert len(polls.poll(asked.append)) == 40
    assert len([request for request in asked if request.path == "/graphql"]) == 1


def test_the_limit_of_graphql_is_heard_of(github: FakeGitHub, shop: RepositoryModel) -> None:
    polls = begun(github)
    polls.keeps_source = True
    shop.review(shop.open_pull())
    shop.advance(10)
    github.graphql_answer = {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit"}]}
    with pytest.raises(Exception, match="left alone"):
        polls.poll()
    github.graphql_answer = None
    polls.clock.advance(61)

    assert len(polls.poll()) == 2


def test_repositories_that_there_is_no_time_for_come_first_the_next_time(
    github: FakeGitHub,
) -> None:
    names = tuple(f"acme/r{number}" for number in range(5))
    for name in names:
        github.repository(name).open_issue()
        github.repository(name).advance(60)
    polls = Polls(github, {"repo": names}, keeps_source=True)

    first = polls.poll(lambda request: polls.clock.advance(10))
    rest = [polls.poll() for _ in range(4)]

    told = [[draft.provenance["repo"] for draft in drafts] for drafts in (first, *rest)]
    assert told == [[name] for name in names]


def test_a_comment_that_moves_up_while_pages_are_read_is_not_lost(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    github.has_graphql = False
    issue = shop.open_issue()
    polls = begun(github)
    made = []
    for _ in range(150):
        made.append(shop.comment(issue))
        shop.advance(1)

    def delete(request: Any) -> None:
        if "page=2" in request.path and made[-1] in shop.comments:
            shop.delete_comment(made[-1])

    told = {draft.payload["comment_id"] for draft in polls.poll(delete)}

    assert told >= set(made[:-1])


def test_a_repository_whose_poll_is_broken_off_goes_on_from_where_it_was(
    github: FakeGitHub, shop: RepositoryModel
) -> None:
    store = github.repository("acme/store")
    polls = Polls(github, {"repo": ("acme/shop", "acme/store")})
    polls.poll()
    for one in (shop, store):
        one.advance(60)
        one.comment(one.open_issue())
        one.advance(60)

    def lose(request: Any) -> None:
        if request.path == "/graphql" and b"store" in request.body:
            raise RequestFailed("the connection was lost")

    first, second = polls.poll(lose), polls.poll()

    assert [draft.provenance["repo"] for draft in first + second] == [
        *["acme/shop"] * 2,
        *["acme/store"] * 2,
    ]
