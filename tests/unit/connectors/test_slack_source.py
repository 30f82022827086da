from pathlib import Path

import orjson
import pytest
from attrs import evolve

from orgloop.connectors.slack.config import SlackSourceConfig
from orgloop.connectors.slack.source import SlackSource
from orgloop.errors import InvalidPayload
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.testing.lending import NOW_MS, lend
from orgloop.testing.slack import event_request

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
MESSAGE = {
    "type": "message",
    "channel": "C1",
    "user": "U1",
    "team": "T0",
    "text": "hello",
    "ts": "1769847300.000200",
    "event_ts": "1769847300.000200",
    "channel_type": "channel",
}


def source(**options) -> SlackSource:
    config = SlackSourceConfig(**{"signing_secret": SECRET, **options})
    return SlackSource(config, lend(Path("/nowhere")))


def request_of(event: dict, **outer) -> WebhookRequest:
    return event_request(event, secret=SECRET, now_ms=NOW_MS, **outer)


def received(request: WebhookRequest, **options) -> WebhookResult:
    with pytest.raises(StopIteration) as finished:
        source(**options).receive(request).send(None)
    return finished.value.value


def draft_of(event: dict, **outer):
    [draft] = received(request_of(event, **outer)).events
    return draft


def bare(body: object) -> WebhookRequest:
    return WebhookRequest("/", {}, orjson.dumps(body), NOW_MS)


def test_the_example_of_slacks_documentation_is_verified():
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }

    assert source().verify(WebhookRequest("/", headers, body, 1531420618000))


def test_a_signature_of_another_secret_or_body_does_not_hold():
    request = request_of(MESSAGE)

    assert source().verify(request)
    assert not source(signing_secret="another").verify(request)
    assert not source().verify(evolve(request, body=request.body + b" "))
    assert not source(signing_secret=None).verify(request)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_signature_is_good_for_five_minutes(seconds):
    request = request_of(MESSAGE)
    within = (abs(seconds) - 2) * (1 if seconds > 0 else -1)

    assert not source().verify(evolve(request, received_at=NOW_MS + seconds * 1000))
    assert source().verify(evolve(request, received_at=NOW_MS + within * 1000))


@pytest.mark.parametrize("timestamp", ["", "NaN", "-1", "1" * 30, "١٢٣"])
def test_a_timestamp_that_is_none_proves_nothing(timestamp):
    request = request_of(MESSAGE)
    headers = {**request.headers, "x-slack-request-timestamp": timestamp}

    assert not source().verify(evolve(request, headers=headers))


def test_the_challenge_is_answered():
    result = received(bare({"type": "url_verification", "challenge": "3eZbrw", "token": "x"}))

    assert result.events == ()
    assert orjson.loads(result.body) == {"challenge": "3eZbrw"}
    assert result.content_type == "application/json"


def test_a_message_is_one_that_was_received():
    draft = draft_of(MESSAGE)

    assert draft.type == "message.received"
    assert draft.timestamp == "2026-01-31T08:15:00.000Z"
    assert draft.provenance == {
        "platform": "slack",
        "platform_event": "message",
        "author": "U1",
        "author_type": "team_member",
        "channel": "C1",
        "team_id": "T0",
        "resource_id": "C1:1769847300.000200",
        "url": "https://app.slack.com/client/T0/C1",
    }
    assert draft.payload == {**MESSAGE, "team_id": "T0", "reply_thread_ts": "1769847300.000200"}


def test_a_repeated_request_is_the_same_event():
    first = draft_of(MESSAGE, event_id="Ev1")
    request = request_of(MESSAGE, event_id="Ev1")
    [again] = received(
        evolve(request, headers={**request.headers, "x-slack-retry-num": "1"})
    ).events

    assert again == first
    assert draft_of(MESSAGE, event_id="Ev2").key != first.key


def test_an_answer_belongs_into_the_thread_of_the_message():
    draft = draft_of({**MESSAGE, "thread_ts": "1769847200.000100"})

    assert draft.payload["reply_thread_ts"] == "1769847200.000100"
    assert draft.provenance["thread_ts"] == "1769847200.000100"


@pytest.mark.parametrize(
    ("event", "kind", "name"),
    [
        ({**MESSAGE, "type": "app_mention"}, "message.received", "app_mention"),
        ({**MESSAGE, "subtype": "bot_message"}, "message.received", "message.bot_message"),
        ({**MESSAGE, "subtype": "channel_join"}, "resource.changed", "message.channel_join"),
        ({"type": "reaction_added", "user": "U1"}, "resource.changed", "reaction_added"),
        (
            {"type": "channel_created", "channel": {"id": "C9"}},
            "resource.changed",
            "channel_created",
        ),
    ],
)
def test_kinds_have_their_types_and_names(event, kind, name):
    draft = draft_of(event)

    assert (draft.type, draft.provenance["platform_event"]) == (kind, name)


@pytest.mark.parametrize(
    ("event", "author_type"),
    [
        ({**MESSAGE, "bot_id": "B1"}, "bot"),
        ({**MESSAGE, "subtype": "bot_message"}, "bot"),
        ({**MESSAGE, "user": "USLACKBOT"}, "bot"),
        ({**MESSAGE, "user_team": "T9"}, "external"),
        ({"type": "reaction_added", "user": "U1"}, "unknown"),
        ({"type": "channel_archive"}, "system"),
    ],
)
def test_it_is_told_who_did_it(event, author_type):
    assert draft_of(event).provenance["author_type"] == author_type


@pytest.mark.parametrize(
    ("event", "resource"),
    [
        (
            {**MESSAGE, "subtype": "message_changed", "message": {"ts": "1.1", "user": "U1"}},
            "C1:1.1",
        ),
        ({**MESSAGE, "subtype": "message_deleted", "deleted_ts": "1.2"}, "C1:1.2"),
        ({"type": "reaction_added", "item": {"channel": "C2", "ts": "1.3"}}, "C2:1.3"),
        ({"type": "file_shared", "file_id": "F1"}, "F1"),
        ({"type": "channel_rename", "channel": {"id": "C3"}}, "C3"),
        ({"type": "user_change", "user": {"id": "U4"}}, "U4"),
    ],
)
def test_what_it_is_about_has_a_name(event, resource):
    assert draft_of(event).provenance["resource_id"] == resource


def test_what_is_not_wanted_is_not_reported():
    assert received(request_of(MESSAGE), events=("app_mention",)).events == ()
    assert received(request_of(MESSAGE), events=("message",)).events != ()
    joined = {**MESSAGE, "subtype": "channel_join"}
    assert received(request_of(joined), events=("message.channel_join",)).events != ()


def test_being_held_back_is_no_event():
    assert received(bare({"type": "app_rate_limited"})) == WebhookResult()


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"type": "event_callback"},
        {"type": "event_callback", "event": {"type": "message"}},
        {"type": "event_callback", "event": {"type": 1}, "event_id": "Ev"},
        {"type": "url_verification"},
        {"type": "block_actions"},
    ],
)
def test_what_is_no_event_is_refused(body):
    with pytest.raises(InvalidPayload):
        received(bare(body))


@pytest.mark.parametrize("stamp", ["soon", True, -1, "999999999999", None, {}])
def test_a_strange_time_leaves_the_time_of_intake(stamp):
    outer = {"type": "event_callback", "event_id": "Ev", "event": {"type": "x", "event_ts": stamp}}
    [draft] = received(bare(outer)).events

    assert draft.timestamp is None
