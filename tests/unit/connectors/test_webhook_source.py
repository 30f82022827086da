from pathlib import Path

import orjson
import pytest

from orgloop.connectors.webhook.config import WebhookSourceConfig
from orgloop.connectors.webhook.source import WebhookSource
from orgloop.errors import InvalidPayload, InvalidValue
from orgloop.event import EventDraft
from orgloop.reports import WebhookRequest
from orgloop.sdk.signatures import sign_body
from orgloop.testing.lending import NOW_MS, lend


def source(**options) -> WebhookSource:
    return WebhookSource(WebhookSourceConfig(**options), lend(Path("/nowhere")))


def received(
    webhook: WebhookSource, body: object, headers: dict[str, str] | None = None
) -> EventDraft:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    coroutine = webhook.receive(WebhookRequest("/webhook/x", headers or {}, raw, NOW_MS))
    with pytest.raises(StopIteration) as finished:
        coroutine.send(None)
    [draft] = finished.value.value.events
    return draft


def test_a_body_becomes_the_payload_of_a_change():
    draft = received(source(), {"type": "deploy.done", "n": [1]})

    assert draft == EventDraft(
        "resource.changed",
        {"platform": "webhook", "platform_event": "deploy.done"},
        {"type": "deploy.done", "n": [1]},
    )


@pytest.mark.parametrize(
    ("field", "body", "platform_event"),
    [
        ("type", {}, "unknown"),
        ("type", {"type": None}, "unknown"),
        ("type", {"type": " "}, "unknown"),
        ("type", {"type": 7}, "7"),
        ("what.kind", {"what": {"kind": "deploy"}}, "deploy"),
    ],
)
def test_the_body_names_the_kind_of_event(field, body, platform_event):
    draft = received(source(event_type_field=field), body)

    assert draft.provenance["platform_event"] == platform_event


@pytest.mark.parametrize(
    ("body", "type"),
    [
        ({"type": "actor.stopped"}, "actor.stopped"),
        ({"type": "message.received"}, "message.received"),
        ({"type": "deploy"}, "resource.changed"),
        ({"type": ["actor.stopped"]}, "resource.changed"),
        ({}, "resource.changed"),
    ],
)
def test_the_body_may_name_the_type(body, type):
    assert received(source(event_type="from_body"), body).type == type
    assert received(source(), body).type == "resource.changed"


def test_a_tracking_id_in_the_body_ties_the_event_to_the_delivery_it_answers():
    assert received(source(), {"tracking_id": "t1"}).provenance["tracking_id"] == "t1"
    assert "tracking_id" not in received(source(), {"tracking_id": 5}).provenance


@pytest.mark.parametrize(
    ("id_field", "headers", "key"),
    [
        (None, {}, None),
        (None, {"idempotency-key": "a"}, "idempotency-key:a"),
        (None, {"idempotency-key": "a", "x-github-delivery": "b"}, "x-github-delivery:b"),
        (None, {"x-github-delivery": "b", "webhook-id": "c"}, "webhook-id:c"),
        ("meta.id", {"webhook-id": "c"}, "id:17"),
        ("missing", {"webhook-id": "c"}, "webhook-id:c"),
        ("header:X-Request-Id", {"x-request-id": "d", "webhook-id": "c"}, "x-request-id:d"),
        ("header:X-Request-Id", {"webhook-id": "c"}, "webhook-id:c"),
        ("header:X-Request-Id", {}, None),
    ],
)
def test_what_the_sender_calls_the_event_is_its_key(id_field, headers, key):
    assert received(source(id_field=id_field), {"meta": {"id": 17}}, headers).key == key


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"null", b"1", b'"x"', b"\xff"])
def test_what_is_no_json_object_is_refused(body):
    with pytest.raises(InvalidPayload):
        received(source(), body)


def test_with_a_secret_only_the_signed_are_trusted():
    signed = source(secret="s3cret")
    good = {"x-hub-signature-256": sign_body(b"{}", "s3cret")}

    assert signed.is_signed
    assert signed.verify(WebhookRequest("/", good, b"{}", NOW_MS))
    assert not signed.verify(WebhookRequest("/", good, b"{ }", NOW_MS))
    assert not signed.verify(WebhookRequest("/", {}, b"{}", NOW_MS))
    assert not source().is_signed


def options(**given) -> dict:
    """Check options as the configuration does."""
    from attrs import fields_dict

    from orgloop.options import described

    known = fields_dict(WebhookSourceConfig)
    return {name: described(known[name]).convert(value) for name, value in given.items()}


@pytest.mark.parametrize(
    "given",
    [
        {"path": "hook"},
        {"path": "/"},
        {"path": "/api/hook"},
        {"path": "/control"},
        {"path": "/health"},
        {"path": "/ui/x"},
        {"path": "/a b"},
        {"path": "/a?b"},
        {"path": 7},
        {"secret": ""},
        {"secret": "whsec_???"},
        {"id_field": ""},
        {"id_field": "header:"},
    ],
)
def test_options_that_cannot_work_are_refused(given):
    with pytest.raises(InvalidValue):
        options(**given)


def test_options_that_can_are_taken():
    given = {"path": "/github/push", "secret": "x", "id_field": "header:X-Id"}

    assert options(**given) == given
    assert options(path="/apiary") == {"path": "/apiary"}
