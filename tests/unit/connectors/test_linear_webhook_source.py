from pathlib import Path

import orjson
import pytest
from attrs import evolve
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from orgloop.connectors.linear.webhook.source import LinearWebhookSource
from orgloop.errors import InvalidPayload
from orgloop.reports import WebhookRequest
from orgloop.sdk.signatures import sign_body
from orgloop.testing.httpserver import Answer
from orgloop.testing.lending import lend
from orgloop.testing.linear import LinearServer, Workspace, webhook_request
from orgloop.times import to_iso
from support.linear_world import SECRET, hooked, kinds, result_of, webhook_source


@pytest.fixture
def space() -> Workspace:
    return Workspace()


def signed(space: Workspace, payload: object = None) -> WebhookRequest:
    if payload is None:
        space.create_issue("It breaks")
        payload = space.webhooks[-1]
    return webhook_request(payload, SECRET, space.now_ms)


def receive(body: object, **options: object) -> list:
    request = WebhookRequest("/webhook/linear", {}, orjson.dumps(body), 0)
    return list(result_of(webhook_source(**options).receive(request)).events)


# --- who sent it


def test_what_linear_signs_within_the_minute_is_taken(space):
    request = signed(space)

    for late in (-60_000, 0, 60_000):
        assert webhook_source().verify(evolve(request, received_at=space.now_ms + late))


@pytest.mark.parametrize("late", [-60_001, 60_001, 86_400_000])
def test_a_signature_serves_for_a_minute_only(space, late):
    request = signed(space)

    assert not webhook_source().verify(evolve(request, received_at=space.now_ms + late))


def test_another_secret_or_another_body_is_noticed(space):
    request = signed(space)

    assert not webhook_source(secret="another").verify(request)
    assert not webhook_source().verify(evolve(request, body=request.body + b" "))
    assert not webhook_source().verify(evolve(request, headers={}))


@pytest.mark.parametrize(
    "sent_at", [None, "1769847300250", True, float("1e300"), {}, "2026-01-31T08:15:00Z"]
)
def test_a_body_that_does_not_say_when_it_was_sent_is_not_trusted(space, sent_at):
    body = orjson.dumps({"type": "Issue", "action": "create", "webhookTimestamp": sent_at})
    digest = sign_body(body, SECRET).removeprefix("sha256=")
    request = WebhookRequest("/", {"linear-signature": digest}, body, space.now_ms)

    assert not webhook_source().verify(request)


def test_a_signature_of_another_scheme_does_not_make_up_for_linears(space):
    request = signed(space)
    headers = {"x-hub-signature-256": sign_body(request.body, SECRET)}

    assert not webhook_source().verify(evolve(request, headers=headers))
    assert webhook_source().verify(evolve(request, headers={**request.headers, **headers}))


def test_without_a_secret_nothing_is_proven():
    assert webhook_source(secret=None).is_signed is False
    assert webhook_source().is_signed is True


# --- what it says


def test_a_webhook_delivered_again_has_the_keys_it_had(space):
    issue = space.create_issue("It breaks")
    space.tick()
    space.update_issue(issue, state="Done", assignee=space.bob, priority=1, labels=["bug"])
    space.comment(issue, "Done")
    first = hooked(space)
    space.tick(3_600_000)

    assert [draft.key for draft in hooked(space)] == [draft.key for draft in first]
    assert len({draft.key for draft in first}) == len(first) == 6


def test_one_update_is_an_event_for_each_thing_that_changed(space):
    issue = space.create_issue("It breaks", assignee=space.ada)
    space.tick()
    space.update_issue(issue, state="Done", assignee=None, delegate=space.agent, title="It broke")

    _, state, assignee, delegate = hooked(space)

    assert kinds([state, assignee, delegate]) == [
        "issue.state_changed",
        "issue.assignee_changed",
        "issue.delegate_changed",
    ]
    assert (state.payload["previous_state"], state.payload["new_state"]) == ("Todo", "Done")
    assert (assignee.payload["previous_assignee"], assignee.payload["new_assignee"]) == (
        "Ada",
        None,
    )


def test_what_was_never_named_since_the_start_is_given_by_its_id(space):
    issue = space.create_issue("It breaks")
    space.tick()
    space.update_issue(issue, state="Done")

    [draft] = hooked(space, webhook_source(), space.webhooks[-1])

    assert draft.payload["previous_state"] == space.states["Todo"]["id"]
    assert draft.payload["new_state"] == "Done"


def started(server: LinearServer, clock: Clock) -> LinearWebhookSource:
    """Return a source that may look up names, right after a start."""
    context = lend(Path("/nowhere"), http=server.client(), clock=clock)
    source = webhook_source(context, api_key="lin_api_test")
    result_of(source.start())
    return source


def test_with_a_key_names_are_looked_up(space):
    issue = space.create_issue("It breaks", labels=["bug"], assignee=space.ada)
    space.update_issue(issue, state="Done", labels=[], assignee=space.bob)

    state, assignee, labels = hooked(
        space, started(LinearServer(space), Clock()), space.webhooks[-1]
    )

    assert state.payload["previous_state"] == "Todo"
    assert assignee.payload["previous_assignee"] == "Ada"
    assert labels.payload["removed_labels"] == ["bug"]


def test_while_linear_cannot_be_asked_webhooks_are_taken_all_the_same(space):
    server, clock = LinearServer(space), Clock()
    server.answer(Answer(status=503), Answer(silent=True))
    source = started(server, clock)
    issue = space.create_issue("It breaks")
    space.update_issue(issue, state="Done")
    update = space.webhooks[-1]

    [first] = hooked(space, source, update)
    assert len(server.requests) == 1
    clock.advance(60)
    [second] = hooked(space, source, update)
    clock.advance(60)
    hooked(space, source, update)
    [fourth] = hooked(space, source, update)

    todo = space.states["Todo"]["id"]
    assert [first.payload["previous_state"], second.payload["previous_state"]] == [todo, todo]
    assert fourth.payload["previous_state"] == "Todo"


def test_a_source_that_stops_looks_up_nothing_more(space):
    server, waiting = LinearServer(space), Deferred()
    server.answer(Answer(after=waiting))
    source = started(server, Clock())

    result_of(source.stop())

    assert len(server.requests) == 1


def test_a_comment_tells_where_its_issue_stands_if_that_was_heard(space):
    issue = space.create_issue("It breaks", assignee=space.bob)
    space.comment(issue, "Look", by=space.agent)

    _, heard = hooked(space)
    [unheard] = hooked(space, webhook_source(), space.webhooks[-1])

    assert heard.provenance["state"] == "Todo"
    assert heard.provenance["issue_assignee"] == "Bob"
    assert heard.provenance["author_type"] == "bot"
    assert unheard.provenance["state"] is None
    assert unheard.payload == heard.payload


def bare_comment() -> dict:
    """Return the example of Linear's documentation, which says little of the issue."""
    return {
        "action": "create",
        "actor": {"id": "b5ea", "type": "user", "name": "Ada"},
        "createdAt": "2020-01-23T12:53:18.084Z",
        "data": {
            "id": "2174add1",
            "createdAt": "2020-01-23T12:53:18.084Z",
            "updatedAt": "2020-01-23T12:53:18.084Z",
            "archivedAt": None,
            "body": "Indeed, an improvement over the previous version.",
            "edited": False,
            "issueId": "539068e2",
            "userId": "aacdca22",
        },
        "url": "https://linear.app/issue/LIN-1778/foo-bar#comment-77217de3",
        "type": "Comment",
        "organizationId": "1b5ea5f1",
        "webhookTimestamp": 1676056940508,
    }


def test_a_comment_that_says_the_id_of_its_issue_alone_is_reported():
    [draft] = receive(bare_comment())

    assert draft.provenance["issue_id"] == draft.payload["issue_id"] == "LIN-1778"
    assert draft.provenance["url"] == "https://linear.app/issue/LIN-1778/foo-bar#comment-77217de3"
    assert draft.payload["comment_body"].startswith("Indeed")
    assert len(receive(bare_comment(), team="lin")) == 1
    assert receive(bare_comment(), team="OPS") == []


def test_what_was_heard_of_the_issue_completes_such_a_comment(space):
    issue = space.create_issue("It breaks")
    source = webhook_source()
    hooked(space, source, space.webhooks[-1])
    comment = bare_comment()
    comment["data"]["issueId"] = issue["id"]
    comment["url"] = f"{issue['url']}#comment-1"

    [draft] = hooked(space, source, comment)

    assert draft.payload["issue_title"] == "It breaks"
    assert draft.provenance["state"] == "Todo"


def test_an_issue_that_gives_what_it_came_to_by_id_is_reported(space):
    issue = space.create_issue("It breaks", assignee=space.ada)
    space.update_issue(issue, state="Done", assignee=space.bob)
    payload = space.webhooks[-1]
    del payload["data"]["state"], payload["data"]["assignee"]

    state, assignee = receive(payload)

    assert state.payload["new_state"] == space.states["Done"]["id"]
    assert assignee.payload["new_assignee_id"] == space.bob["id"]


def test_a_state_without_an_id_is_told_by_its_name(space):
    issue = space.create_issue("It breaks")
    space.update_issue(issue, state="Done")
    payload = space.webhooks[-1]
    payload["data"] |= {"state": {"name": "Done"}, "url": ""}

    [draft] = receive(payload)

    assert draft.provenance["url"] is None
    assert draft.payload["new_state"] == draft.provenance["state"] == "Done"


def test_what_does_not_say_when_it_happened_happened_when_it_was_sent(space):
    space.create_issue("It breaks")
    payload = space.webhooks[-1]
    del payload["createdAt"], payload["data"]["createdAt"]

    [draft] = receive({**payload, "webhookTimestamp": space.now_ms})

    assert draft.timestamp == to_iso(space.now_ms)
    for nonsense in (None, True, -1, 10**18, "now"):
        with pytest.raises(InvalidPayload):
            receive({**payload, "webhookTimestamp": nonsense})


@pytest.mark.parametrize(
    ("actor", "author", "author_type"),
    [
        ({"type": "user", "name": "Ada", "id": "1"}, "Ada", "team_member"),
        ({"type": "User", "name": "Ada", "id": "1"}, "Ada", "team_member"),
        ({"type": "oauthClient", "name": "Helper", "id": "1"}, "Helper", "bot"),
        ({"type": "integration", "service": "github", "id": "1"}, "github", "bot"),
        ({"type": "externalUser", "name": "Eve", "id": "1"}, "Eve", "external"),
        (None, "linear", "system"),
    ],
)
def test_the_actor_is_the_author(space, actor, author, author_type):
    issue = space.create_issue("It breaks")
    space.update_issue(issue, state="Done")

    [draft] = receive({**space.webhooks[-1], "actor": actor})

    assert draft.provenance["author"] == author
    assert draft.provenance["author_type"] == author_type


def test_only_the_kinds_that_are_wanted_are_reported(space):
    space.comment(space.create_issue("It breaks"), "Look")

    wanted = webhook_source(events=("comment.created",))

    assert kinds(hooked(space, wanted)) == ["comment.created"]


@pytest.mark.parametrize("team", ["ENG", "eng", "Engineering"])
def test_the_team_may_be_named_as_people_name_it(space, team):
    space.comment(space.create_issue("It breaks"), "Look")

    assert len(hooked(space, webhook_source(team=team))) == 2
    assert hooked(space, webhook_source(team="OPS")) == []


@pytest.mark.parametrize(
    "change",
    [
        {"type": "Project"},
        {"type": "Reaction", "data": {}},
        {"action": "remove"},
        {"action": "update", "updatedFrom": {"title": "Before"}},
        {"action": "update", "updatedFrom": None},
        {"action": "update", "updatedFrom": {"stateId": None, "labelIds": None, "priority": None}},
        {"type": "Comment", "action": "update"},
        {"type": "Comment", "data": {"id": "c", "projectUpdate": {}}},
    ],
)
def test_what_is_of_no_interest_is_answered_and_not_reported(space, change):
    space.create_issue("It breaks")

    assert receive({**space.webhooks[0], **change}) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "Issue"},
        {"type": "Issue", "action": "create"},
        {"type": "Issue", "action": "create", "data": []},
        {"type": "Issue", "action": "create", "data": {"id": "1"}},
        {"type": "Issue", "action": "update", "data": {"id": "1", "identifier": "ENG-1"}},
        {"type": "Comment", "action": "create", "data": {"issue": {}}},
        {"type": 7, "action": "create", "data": {}},
    ],
)
def test_what_linear_does_not_send_is_refused(body):
    with pytest.raises(InvalidPayload):
        receive(body)


@pytest.mark.parametrize("nonsense", [None, 7, "text", [], {}, [None], {"id": 7}])
def test_nonsense_in_a_field_is_as_good_as_nothing(space, nonsense):
    issue = space.create_issue("It breaks")
    space.update_issue(issue, state="Done")
    payload = space.webhooks[-1]
    for name in ("assignee", "state", "labels", "team", "priority", "creator", "title"):
        receive({**payload, "data": {**payload["data"], name: nonsense}})
    for name in ("stateId", "assigneeId", "labelIds", "priority"):
        receive({**payload, "updatedFrom": {name: nonsense}})
    receive({**payload, "actor": nonsense, "url": nonsense})
