import base64
from pathlib import Path

import orjson
import pytest

from orgloop.connectors.webhook.actor import WebhookActor
from orgloop.connectors.webhook.config import WebhookActorConfig, WebhookAuth
from orgloop.delivery import DeliveryResult, Dispatch, Outcome
from orgloop.errors import ConnectionRefused, InvalidValue, RequestFailed
from orgloop.reports import HTTPResponse
from orgloop.sdk.signatures import verify
from orgloop.testing.events import make_dispatch, make_event, make_prompt
from orgloop.testing.fakes import FakeHTTPClient
from orgloop.testing.lending import NOW_MS, lend

URL = "https://example.test/hook?token=t0p"


def actor(http: FakeHTTPClient, **options) -> WebhookActor:
    config = WebhookActorConfig(**{"url": URL, **options})
    return WebhookActor(config, lend(Path("/nowhere"), http=http))


def delivered(webhook: WebhookActor, dispatch: Dispatch) -> DeliveryResult:
    with pytest.raises(StopIteration) as finished:
        webhook.deliver(dispatch).send(None)
    return finished.value.value


def answered(*answers, dispatch: Dispatch | None = None, **options) -> DeliveryResult:
    return delivered(actor(FakeHTTPClient(answers), **options), dispatch or make_dispatch())


def sent(dispatch: Dispatch, **options):
    http = FakeHTTPClient()
    assert delivered(actor(http, **options), dispatch).outcome is Outcome.DELIVERED
    [request] = http.requests
    return request


def test_the_event_and_the_prompt_are_sent_with_what_tells_deliveries_apart():
    event = make_event(id="evt_1", payload={"n": 1})
    dispatch = make_dispatch(
        event, id="dlv_1", route="Überprüfung/1", attempt=3, prompt=make_prompt("Do it")
    )

    request = sent(dispatch)

    assert (request.method, request.url, request.allow_private) == ("POST", URL, True)
    body = orjson.loads(request.body)
    assert body["event"] == event.to_json()
    assert body["launch_prompt"] == "Do it"
    assert request.headers == {
        "Content-Type": "application/json",
        "Idempotency-Key": "dlv_1",
        "X-OrgLoop-Event": "evt_1",
        "X-OrgLoop-Event-Type": "resource.changed",
        "X-OrgLoop-Route": "%C3%9Cberpr%C3%BCfung/1",
        "X-OrgLoop-Attempt": "3",
        "X-OrgLoop-Trace": f"{event.trace_id};evt_1",
    }


def test_a_batch_is_sent_whole():
    first, second = make_event(), make_event()

    body = orjson.loads(sent(make_dispatch(first, second)).body)

    assert body == {"events": [first.to_json(), second.to_json()]}


def test_method_headers_and_credential_are_as_configured():
    bearer = sent(
        make_dispatch(),
        method="PUT",
        headers={"content-type": "text/x", "X-A": "b", "authorization": "no", "webhook-id": "no"},
        auth=WebhookAuth(type="bearer", token="t0k"),
        secret="s",
        allow_private=False,
    )
    basic = sent(make_dispatch(), auth=WebhookAuth(type="basic", username="u", password="p:ü"))

    assert (bearer.method, bearer.allow_private) == ("PUT", False)
    assert bearer.headers["content-type"] == "text/x"
    assert bearer.headers["X-A"] == "b"
    assert bearer.headers["Authorization"] == "Bearer t0k"
    assert "authorization" not in bearer.headers
    assert bearer.headers["webhook-id"] == "dlv_1xtest"
    assert (
        base64.b64decode(basic.headers["Authorization"].removeprefix("Basic ")) == b"u:p:\xc3\xbc"
    )


def test_a_secret_signs_in_both_ways():
    request = sent(make_dispatch(id="dlv_1"), secret="s3cret")

    headers = {name.lower(): value for name, value in request.headers.items()}
    assert headers["webhook-id"] == "dlv_1"
    assert "x-hub-signature-256" in headers
    assert verify(headers, request.body, "s3cret", NOW_MS)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (202, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (301, Outcome.REJECTED),
        (304, Outcome.REJECTED),
        (307, Outcome.REJECTED),
        (400, Outcome.REJECTED),
        (401, Outcome.REJECTED),
        (404, Outcome.REJECTED),
        (408, Outcome.ERROR),
        (409, Outcome.REJECTED),
        (410, Outcome.REJECTED),
        (425, Outcome.ERROR),
        (429, Outcome.ERROR),
        (500, Outcome.ERROR),
        (503, Outcome.ERROR),
        (599, Outcome.ERROR),
    ],
)
def test_the_status_says_how_it_went(status, outcome):
    result = answered(HTTPResponse(status, {}, b""))

    assert result.outcome is outcome
    if outcome is not Outcome.DELIVERED:
        assert f"https://example.test answered {status}" in result.reason
        assert "t0p" not in result.reason


@pytest.mark.parametrize(("status", "seconds"), [(429, 7), (503, 7), (500, None), (408, None)])
def test_the_receiver_may_ask_to_be_left_alone(status, seconds):
    result = answered(HTTPResponse(status, {"retry-after": "7"}, b""))

    assert result.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("status", "body", "tracking_id"),
    [
        (202, b'{"tracking_id": "job-1"}', "job-1"),
        (202, b' {"tracking_id": 17}', "17"),
        (202, b'{"tracking_id": ""}', None),
        (202, b'{"tracking_id": true}', None),
        (202, b'{"tracking_id"', None),
        (202, b'["tracking_id"]', None),
        (200, b'{"tracking_id": "job-1"}', None),
    ],
)
def test_work_taken_on_has_a_tracking_id(status, body, tracking_id):
    result = answered(HTTPResponse(status, {}, body))

    assert result.tracking_id == tracking_id
    expected = Outcome.ACCEPTED if tracking_id else Outcome.DELIVERED
    assert result.outcome is expected


def test_a_network_error_is_tried_again_and_a_forbidden_address_is_not():
    assert answered(RequestFailed("lost")).outcome is Outcome.ERROR
    assert answered(ConnectionRefused("private")).outcome is Outcome.REJECTED


def test_an_event_in_the_answer_is_an_effect():
    body = orjson.dumps({"event": {"type": "message.received", "payload": {"a": 1}}})
    own = orjson.dumps(
        {"event": {"type": "actor.stopped", "provenance": {"platform": "mine"}, "id": "evt_x"}}
    )

    [effect] = answered(HTTPResponse(200, {}, body)).effects
    [named] = answered(HTTPResponse(200, {}, own)).effects

    assert (effect.type, effect.payload) == ("message.received", {"a": 1})
    assert effect.provenance == {"platform": "webhook"}
    assert (named.provenance, named.id, named.key) == ({"platform": "mine"}, None, None)


DEEP = (
    b'{"event": {"type": "resource.changed", "payload": {"a": ' + b"[" * 240 + b"]" * 240 + b"}}}"
)


@pytest.mark.parametrize(
    "body",
    [
        b'{"event": {"type": "nonsense"}}',
        b'{"event": {"payload": {}}}',
        b'{"event": "text"}',
        b'{"event": {"type": "resource.changed", "provenance": []}}',
        b'{"event": {"type": "resource.changed", "timestamp": "now"}}',
        DEEP,
    ],
)
def test_an_answer_that_is_no_event_changes_nothing_about_the_delivery(body):
    result = answered(HTTPResponse(200, {}, body))

    assert (result.outcome, result.effects) == (Outcome.DELIVERED, ())


TEMPLATE = {
    "text": "{{ event.payload.title }} by {{event.provenance.author}}",
    "number": "{{event.payload.number}}",
    "raw": "{{event.payload}}",
    "prompt": "{{launch_prompt}}",
    "gone": "{{event.payload.gone}}",
    "list": ["{{payload.title}}", 1, None],
}
TEXT = """{
  "text": "{{event.payload.title}}: \\"{{event.payload.gone}}\\"",
  "n": {{event.payload.number}},
  "title": {{event.payload.title}},
  "gone": {{ event.payload.gone }}
}"""
EVENT = make_event(payload={"title": 'a "b"\n{{x}}', "number": 5}, provenance={"author": "ann"})


def test_a_template_decides_what_is_sent():
    dispatch = make_dispatch(EVENT, prompt=make_prompt("Go"))

    body = orjson.loads(sent(dispatch, body_template=TEMPLATE).body)

    assert body == {
        "text": 'a "b"\n{{x}} by ann',
        "number": 5,
        "raw": EVENT.payload,
        "prompt": "Go",
        "gone": None,
        "list": ['a "b"\n{{x}}', 1, None],
    }


def test_a_template_may_be_the_text_of_a_document():
    body = orjson.loads(sent(make_dispatch(EVENT), body_template=TEXT).body)

    assert body == {
        "text": 'a "b"\n{{x}}: ""',
        "n": 5,
        "title": 'a "b"\n{{x}}',
        "gone": None,
    }


def test_what_was_prepared_is_sent_on_every_attempt():
    http = FakeHTTPClient()
    changed = actor(http, body_template={"new": "{{event.id}}"})
    kept = make_dispatch(attempt=2, content=b'{"old": 1}')
    never_prepared = make_dispatch(attempt=2)

    delivered(changed, kept)
    delivered(changed, never_prepared)

    assert http.requests[0].body == b'{"old": 1}'
    assert orjson.loads(http.requests[1].body) == never_prepared.document()


def test_without_a_template_nothing_needs_keeping():
    assert actor(FakeHTTPClient()).prepare(make_dispatch()) is None
    assert actor(FakeHTTPClient(), body_template={"a": 1}).prepare(make_dispatch()) == b'{"a":1}'


def converted(name: str, value: object) -> object:
    from attrs import fields_dict

    from orgloop.options import described

    return described(fields_dict(WebhookActorConfig)[name]).convert(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "ftp://x"),
        ("url", "/path"),
        ("url", 5),
        ("headers", {"X-A": "a\nb"}),
        ("headers", {"X A": "a"}),
        ("headers", {"X-A": "€"}),
        ("headers", {"X-A": ["a"]}),
        ("headers", ["X-A"]),
        ("secret", ""),
        ("body_template", "{not json"),
        ("body_template", '{"a": "b\n"}'),
        ("body_template", 5),
        ("body_template", {1: "a"}),
    ],
)
def test_options_that_cannot_work_are_refused(name, value):
    with pytest.raises(InvalidValue):
        converted(name, value)


def test_header_values_may_be_numbers():
    assert converted("headers", {"X-A": 1, "X-B": True}) == {"X-A": "1", "X-B": "true"}


@pytest.mark.parametrize(
    "given",
    [
        {"type": "bearer"},
        {"type": "bearer", "token": "a\nb"},
        {"type": "basic", "username": "a"},
        {"type": "basic", "username": "a:b", "password": "c"},
    ],
)
def test_half_a_credential_is_refused(given):
    with pytest.raises(InvalidValue):
        WebhookAuth(**given)
