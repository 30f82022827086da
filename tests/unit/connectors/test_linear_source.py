import pytest

from orgloop.connectors.linear.api import LinearError, LinearRefuses, RateLimited, TooComplex
from orgloop.connectors.linear.polling.scope import NoSuchScope
from orgloop.durations import Duration
from orgloop.errors import PluginError, RequestFailed
from orgloop.testing.httpserver import Answer
from orgloop.times import to_iso
from support.linear_world import LinearWorld, hooked, kinds, webhook_source

MINUTE = 60_000


@pytest.fixture
def world() -> LinearWorld:
    return LinearWorld()


def test_an_issue_is_reported_as_it_was_made(world):
    space = world.workspace
    space.create_issue("It breaks", by=space.bob, labels=["ui", "bug"], assignee=space.ada)
    space.update_issue(space.issues[0], state="Done", title="It broke")

    created, changed = world.poll()

    assert created.type == "resource.changed"
    assert created.key == f"issue:{space.issues[0]['id']}:created"
    assert created.timestamp == space.issues[0]["createdAt"]
    assert created.provenance == {
        "platform": "linear",
        "platform_event": "issue.created",
        "author": "Bob",
        "author_type": "team_member",
        "resource_id": space.issues[0]["id"],
        "issue_id": "ENG-1",
        "issue_assignee": "Ada",
        "issue_creator": "Bob",
        "state": "Todo",
        "team": "ENG",
        "url": "https://linear.app/acme/issue/ENG-1",
    }
    assert created.payload == {
        "action": "created",
        "issue_id": "ENG-1",
        "issue_title": "It breaks",
        "issue_description": None,
        "state": "Todo",
        "assignee": "Ada",
        "delegate": None,
        "priority": 0,
        "labels": ["bug", "ui"],
    }
    assert changed.payload["issue_title"] == "It broke"


def test_each_change_between_two_polls_is_reported_with_what_it_led_from_and_to(world):
    space = world.workspace
    issue = space.create_issue("It breaks")
    world.poll()
    space.tick()
    space.update_issue(issue, state="In Progress", by=space.bob)
    space.tick()
    space.update_issue(issue, state="Done", assignee=space.bob, by=space.agent)

    first, state, assignee = world.poll()

    assert first.payload == {
        "action": "state_changed",
        "issue_id": "ENG-1",
        "issue_title": "It breaks",
        "previous_state": "Todo",
        "previous_state_id": space.states["Todo"]["id"],
        "new_state": "In Progress",
        "new_state_id": space.states["In Progress"]["id"],
        "new_state_type": "started",
    }
    assert first.provenance["state"] == "In Progress"
    assert first.provenance["issue_assignee"] is None
    assert first.provenance["author"] == "Bob"
    assert (state.payload["previous_state"], state.payload["new_state"]) == ("In Progress", "Done")
    assert state.provenance["author_type"] == "bot"
    assert kinds([assignee]) == ["issue.assignee_changed"]
    assert assignee.payload["previous_assignee"] is None
    assert assignee.payload["new_assignee"] == "Bob"


def test_priority_labels_and_delegate_are_watched(world):
    space = world.workspace
    issue = space.create_issue("It breaks", labels=["bug"])
    world.poll()
    space.tick()
    space.update_issue(issue, priority=1, labels=["ui", "docs"], delegate=space.agent)

    priority, labels, delegate = world.poll()

    assert priority.payload | {"previous_priority": 0, "new_priority": 1} == priority.payload
    assert labels.payload["added_labels"] == ["docs", "ui"]
    assert labels.payload["removed_labels"] == ["bug"]
    assert labels.payload["labels"] == ["docs", "ui"]
    assert delegate.payload["new_delegate"] == "Helper"


def test_a_comment_is_reported_with_where_its_issue_stands(world):
    space = world.workspace
    issue = space.create_issue("It breaks", assignee=space.agent)
    world.poll()
    comment = space.comment(issue, "Does it still?", by=space.bob)

    [draft] = world.poll()

    assert draft.key == f"comment:{comment['id']}"
    assert draft.payload["comment_body"] == "Does it still?"
    assert draft.provenance["author"] == "Bob"
    assert draft.provenance["resource_id"] == comment["id"]
    assert draft.provenance["issue_assignee"] == "Helper"
    assert draft.provenance["state"] == "Todo"
    assert draft.provenance["url"] == comment["url"]


def test_what_somebody_did_who_is_gone_is_told_all_the_same(world):
    space = world.workspace
    issue = space.create_issue("It breaks")
    space.tick()
    space.update_issue(issue, state="Done")
    comment = space.comment(issue, "Look")
    issue["creator"] = issue["history"][0]["actor"] = comment["user"] = None

    drafts = world.poll()

    assert kinds(drafts) == ["issue.created", "issue.state_changed", "comment.created"]
    assert {draft.provenance["author"] for draft in drafts} == {"linear"}
    assert {draft.provenance["author_type"] for draft in drafts} == {"system"}
    assert {draft.provenance["issue_creator"] for draft in drafts} == {None}


def test_both_connectors_say_the_same_of_the_same_thing(world):
    space = world.workspace
    issue = space.create_issue("It breaks", by=space.bob, labels=["bug"])
    space.tick()
    space.update_issue(issue, state="In Progress", title="It broke", labels=["ui"])
    space.tick()
    space.comment(issue, "Look", by=space.agent)
    space.tick()
    space.update_issue(issue, assignee=space.ada, priority=2, state="Done", by=space.agent)
    space.tick()
    space.update_issue(issue, assignee=None, delegate=space.agent, labels=[])

    polled = world.poll()
    posted = hooked(space)

    # Only a comment's issue is known as it stands when it is asked for, not when it was written.
    for draft in polled:
        if draft.provenance["platform_event"] == "comment.created":
            draft.provenance.update(state="In Progress", issue_assignee=None)
    assert [draft.payload for draft in polled] == [draft.payload for draft in posted]
    assert [draft.provenance for draft in polled] == [draft.provenance for draft in posted]
    assert [draft.timestamp for draft in polled] == [draft.timestamp for draft in posted]


def test_what_is_older_than_the_lookback_is_not_reported(world):
    space = world.workspace
    issue = space.create_issue("It breaks")
    space.comment(issue, "Long ago")
    space.tick(5 * MINUTE + 1)
    space.update_issue(issue, state="Done")

    assert kinds(world.poll()) == ["issue.state_changed"]


def test_a_lookback_of_nothing_begins_now():
    world = LinearWorld(options={"initial_lookback": Duration(0)})
    issue = world.workspace.create_issue("It breaks")
    world.workspace.tick()

    assert world.poll() == []
    world.workspace.update_issue(issue, priority=3)
    assert kinds(world.poll()) == ["issue.priority_changed"]


def test_what_happens_in_one_millisecond_is_neither_lost_nor_repeated(world):
    space = world.workspace
    issues = [space.create_issue(f"Number {n}") for n in range(3)]
    assert len(world.poll()) == 3
    for issue in issues:
        space.update_issue(issue, state="Done")
        space.comment(issue, "Done")
    assert len(world.poll()) == 6
    space.update_issue(issues[0], state="Todo")
    assert len(world.poll()) == 1
    assert world.poll() == []


def test_what_linear_shows_late_is_still_found(world):
    space = world.workspace
    late = space.create_issue("Slow")
    space.issues.remove(late)
    space.tick(MINUTE)
    space.create_issue("Quick")
    world.poll()
    space.issues.append(late)

    assert kinds(world.poll()) == ["issue.created"]


def test_an_entry_that_grows_is_reported_step_by_step():
    world = LinearWorld()
    space = world.workspace
    space.groups_ms = MINUTE
    issue = space.create_issue("It breaks")
    world.poll()
    ways = []
    for state in ("In Progress", "Done", "Todo", "Done"):
        space.tick()
        space.update_issue(issue, state=state)
        ways += [(d.payload["previous_state"], d.payload["new_state"]) for d in world.poll()]

    assert ways == [
        ("Todo", "In Progress"),
        ("In Progress", "Done"),
        ("Done", "Todo"),
        ("Todo", "Done"),
    ]
    assert len({draft.key for draft in world.reported}) == 5


def test_labels_of_an_entry_that_grows_are_each_reported_once():
    world = LinearWorld()
    space = world.workspace
    space.groups_ms = MINUTE
    issue = space.create_issue("It breaks")
    world.poll()
    moves = []
    for labels in (["bug"], ["bug", "ui"], ["ui"]):
        space.tick()
        space.update_issue(issue, labels=labels)
        [draft] = world.poll()
        moves.append((draft.payload["added_labels"], draft.payload["removed_labels"]))

    assert moves == [(["bug"], []), (["ui"], []), ([], ["bug"])]


def test_a_long_history_is_read_to_its_beginning(world):
    space = world.workspace
    issue = space.create_issue("It breaks")
    for n in range(130):
        space.tick()
        space.update_issue(issue, priority=1 + n % 4)

    assert len(world.poll()) == 131


def test_a_backlog_is_read_in_pieces_and_nothing_of_it_is_lost(world):
    space = world.workspace
    for n in range(450):
        space.create_issue(f"Number {n}")
        space.tick(n % 2)

    found = [len(world.poll()) for _ in range(4)]

    assert sum(found) == 450
    assert found[0] == 200
    assert len({draft.key for draft in world.reported}) == 450


def test_a_slow_linear_is_read_in_smaller_pieces(world):
    for n in range(100):
        world.workspace.create_issue(f"Number {n}")
        world.workspace.tick()
    answer = world.server.otherwise

    def slowly(request):
        world.clock.advance(12)
        return answer(request)

    world.server.otherwise = slowly

    assert [len(world.poll()) for _ in range(3)] == [60, 40, 0]


def test_a_bulk_change_in_one_millisecond_is_read_whole(world):
    for n in range(250):
        world.workspace.create_issue(f"Number {n}")

    assert len(world.poll()) + len(world.poll()) == 250


def test_an_idle_team_costs_two_requests(world):
    world.poll()
    before = len(world.server.requests)
    world.poll()

    assert len(world.server.requests) - before == 2


def test_no_query_costs_half_of_what_linear_allows(world):
    world.workspace.create_issue("It breaks")
    world.poll()

    assert max(world.server.points) < 5_000


def test_a_page_that_linear_finds_too_complex_is_made_smaller(world):
    world.server.most_points = 2_000
    for n in range(30):
        world.workspace.create_issue(f"Number {n}")

    assert len(world.poll()) == 30


def test_a_query_that_cannot_be_smaller_is_a_failed_poll(world):
    world.server.most_points = 50

    with pytest.raises(TooComplex):
        world.poll()


def test_only_what_is_wanted_is_asked_for():
    world = LinearWorld(options={"events": ("comment.created",)})
    issue = world.workspace.create_issue("It breaks")
    world.workspace.comment(issue, "Look")

    assert kinds(world.poll()) == ["comment.created"]
    assert not any(b"OrgLoopIssues" in request.body for request in world.server.requests)


@pytest.mark.parametrize("project", ["rewrite", "A1B2C3", "the-rewrite-a1b2c3"])
def test_a_project_narrows_what_is_reported(project):
    world = LinearWorld(options={"project": project})
    space = world.workspace
    space.create_issue("Elsewhere")
    space.comment(space.create_issue("Here", project=space.project), "Look")

    assert kinds(world.poll()) == ["issue.created", "comment.created"]


@pytest.mark.parametrize("options", [{"team": "OPS"}, {"project": "Nothing"}])
def test_a_team_or_project_that_does_not_exist_is_a_failed_poll(options):
    world = LinearWorld(options=options)

    with pytest.raises(NoSuchScope, match=r"Linear shows Ada no (team 'OPS'|project 'Nothing')"):
        world.poll()


def test_a_team_may_be_named_in_several_ways():
    workspace = LinearWorld().workspace
    for name in ("eng", "engineering", workspace.team["id"]):
        world = LinearWorld(options={"team": name})
        world.workspace.create_issue("It breaks")
        assert len(world.poll()) == 1


# --- what goes wrong


def test_an_expired_key_is_named_and_where_to_get_another(world):
    world.server.api_key = None

    with pytest.raises(LinearRefuses, match=r"linear\.app/settings/account/security") as refused:
        world.poll()
    assert "lin_api" not in str(refused.value)


@pytest.mark.parametrize("status", [400, 429])
def test_while_the_rate_limit_is_used_up_linear_is_left_alone(world, status):
    errors = {"errors": [{"message": "no", "extensions": {"code": "RATE_LIMITED"}}]}
    world.poll()
    world.server.answer(Answer(status=status, json=errors, headers={"Retry-After": "30"}))

    with pytest.raises(RateLimited):
        world.poll()
    before = len(world.server.requests)
    world.clock.advance(29)
    with pytest.raises(RateLimited):
        world.poll()
    assert len(world.server.requests) == before
    world.clock.advance(1)
    world.poll()


def test_the_pause_follows_from_the_budget_that_is_used_up(world):
    world.poll()
    world.server.requests_left = 0

    with pytest.raises(RateLimited) as limited:
        world.poll()
    assert limited.value.seconds == 60


def test_what_was_read_before_the_limit_counts(world):
    for n in range(50):
        world.workspace.create_issue(f"Number {n}")
        world.workspace.tick()
    world.server.requests_left = 2

    first = len(world.poll())
    world.server.requests_left = None
    world.clock.advance(3600)

    assert first == 20
    assert len(world.poll()) == 30


def test_comments_are_not_lost_to_a_limit_that_comes_between_their_pages(world):
    issue = world.workspace.create_issue("It breaks")
    for n in range(120):
        world.workspace.comment(issue, f"Number {n}")
    world.server.requests_left = 3  # who we are, the issues, the first page of comments

    first = kinds(world.poll())
    world.server.requests_left = None
    world.clock.advance(3600)

    assert first == ["issue.created"]
    assert len(world.poll()) == 120


def test_a_comment_whose_issue_is_not_shown_holds_up_nothing():
    world = LinearWorld(options={"events": ("comment.created",)})
    world.poll()
    lost = {"id": "c", "createdAt": to_iso(world.workspace.now_ms), "issue": None}
    page = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": [lost]}
    world.server.answer(Answer(json={"data": {"comments": page}}))

    assert world.poll() == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(status=502, body=b"<html>"), LinearError),
        (Answer(status=200, body=b"<html>"), LinearError),
        (Answer(json={"data": None}), LinearError),
        (Answer(json=["data"]), LinearError),
        (Answer(json={"data": {}}), LinearError),
        (Answer(json={"data": {"viewer": None}, "errors": [{"message": "no"}]}), LinearError),
        (Answer(reset=True), RequestFailed),
    ],
)
def test_other_answers_fail_the_poll_and_the_next_one_goes_on(world, answer, error):
    world.workspace.create_issue("It breaks")
    world.server.answer(answer)

    with pytest.raises(error):
        world.poll()
    assert len(world.poll()) == 1


def test_a_person_may_set_the_time_to_begin_at(world):
    issue = world.workspace.create_issue("It breaks")
    world.workspace.tick(10 * MINUTE)
    world.workspace.update_issue(issue, state="Done")
    world.checkpoint = to_iso(world.workspace.now_ms - MINUTE)

    assert kinds(world.poll()) == ["issue.state_changed"]


@pytest.mark.parametrize("checkpoint", ["", "{}", "[]", "7", '{"issues": 1}'])
def test_a_checkpoint_of_something_else_is_refused(world, checkpoint):
    world.checkpoint = checkpoint

    with pytest.raises(PluginError, match="checkpoint"):
        world.poll()


def test_the_checkpoint_stays_small(world):
    space = world.workspace
    issue = space.create_issue("It breaks")
    for n in range(100):
        space.tick(MINUTE)
        space.update_issue(issue, priority=n % 5, state=("Todo", "Done")[n % 2])
        space.comment(issue, "Look")
        world.poll()

    assert len(world.checkpoint) < 30_000


def test_webhooks_of_another_team_are_not_reported(world):
    world.workspace.create_issue("It breaks")

    assert hooked(world.workspace, webhook_source(team="OPS")) == []
    assert len(hooked(world.workspace, webhook_source(team="eng"))) == 1
