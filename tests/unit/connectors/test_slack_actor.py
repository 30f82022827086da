from pathlib import Path

import orjson
import pytest

from orgloop.connectors.slack.actor import SlackActor
from orgloop.connectors.slack.config import SlackActorConfig
from orgloop.delivery import DeliveryResult, Dispatch, Outcome
from orgloop.errors import InvalidValue, RequestFailed
from orgloop.reports import HTTPResponse
from orgloop.templates import fill_config, scope_of
from orgloop.testing.events import make_dispatch, make_event, make_prompt
from orgloop.testing.fakes import FakeHTTPClient
from orgloop.testing.lending import lend

HOOK = "https://hooks.slack.test/services/T0/B0/s3cret"
BOT = {"token": "xoxb-t0ken", "channel": "C0"}
OK = HTTPResponse(200, {}, b'{"ok": true, "ts": "1.2"}')
OPENED = make_event(
    source="github",
    provenance={
        "platform_event": "pull_request.opened",
        "author": "eve",
        "url": "https://github.test/pull/1?a=1&b=2",
    },
    payload={"pr_title": "Fix <!channel> & more"},
)


def no(word: str) -> HTTPResponse:
    return HTTPResponse(200, {}, orjson.dumps({"ok": False, "error": word}))


def delivered(*answers, dispatch: Dispatch | None = None, **options):
    http = FakeHTTPClient(answers or [OK])
    actor = SlackActor(SlackActorConfig(**(options or BOT)), lend(Path("/nowhere"), http=http))
    with pytest.raises(StopIteration) as finished:
        actor.deliver(dispatch or make_dispatch()).send(None)
    return finished.value.value, http.requests


def posted(dispatch: Dispatch, **options) -> dict:
    result, [request] = delivered(dispatch=dispatch, **options)
    assert result == DeliveryResult.delivered()
    return orjson.loads(request.body)


def test_a_bot_posts_through_the_web_api():
    _, [request] = delivered(dispatch=make_dispatch(OPENED, id="dlv_1"))

    assert (request.method, request.url) == ("POST", "https://slack.com/api/chat.postMessage")
    assert request.headers["Authorization"] == "Bearer xoxb-t0ken"
    assert request.headers["Idempotency-Key"] == "dlv_1"
    body = orjson.loads(request.body)
    assert body["channel"] == "C0"
    assert body["metadata"]["event_payload"] == {"delivery_id": "dlv_1", "event_id": OPENED.id}


def test_an_incoming_webhook_is_its_own_credential():
    result, [request] = delivered(HTTPResponse(200, {}, b"ok"), webhook_url=HOOK)

    assert result == DeliveryResult.delivered()
    assert request.url == HOOK
    assert "Authorization" not in request.headers
    assert orjson.loads(request.body).keys() == {"text"}


def test_by_default_it_says_what_happened_where_and_who_did_it():
    body = posted(make_dispatch(OPENED))

    assert body["text"] == (
        "*pull_request.opened* from github by eve: "
        "<https://github.test/pull/1?a=1&amp;b=2|Fix &lt;!channel&gt; &amp; more>"
    )


def test_a_batch_is_one_message():
    body = posted(make_dispatch(*(make_event() for _ in range(25))))

    assert body["text"].splitlines()[-1] == "… and 5 more"
    assert len(body["text"].splitlines()) == 21


def test_inserted_values_are_no_markup_and_the_template_is():
    body = posted(
        make_dispatch(OPENED, prompt=make_prompt("a < b")),
        text="<!here> {{payload.pr_title}}: {{launch_prompt}}",
        **BOT,
    )

    assert body["text"] == "<!here> Fix &lt;!channel&gt; &amp; more: a &lt; b"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("!channel", "<channel|see>"),
        ("@U1", "<U1|see>"),
        ("!@#C1", "<C1|see>"),
        ("https://eve.test|The bank", "<https://eve.test%7CThe bank|see>"),
        ("https://a.test/#!here", "<https://a.test/#!here|see>"),
    ],
)
def test_an_inserted_address_notifies_nobody_and_has_the_text_of_the_template(url, link):
    event = make_event(provenance={"url": url})

    body = posted(make_dispatch(event), text="<@U0> <{{provenance.url}}|see>", **BOT)

    assert body["text"] == f"<@U0> {link}"


@pytest.mark.parametrize("written_by", ["actor", "route"])
def test_texts_in_blocks_are_as_long_as_slack_takes_them(written_by):
    def block(kind: str) -> dict:
        text = {"type": "plain_text", "text": "{{payload.body}}"}
        return {"type": kind, "text": "{{payload.body}}" if kind == "markdown" else text}

    blocks = [block("section"), block("header"), block("markdown")]
    empty = [{"type": "section", "text": {"type": "mrkdwn", "text": "{{payload.nothing}}"}}]
    event = make_event(payload={"body": "x" * 20_000})

    def lengths(blocks: list) -> list[int]:
        filled = fill_config({"blocks": blocks}, scope_of(event))
        if written_by == "route":
            body = posted(make_dispatch(event, config=filled))
        else:
            body = posted(make_dispatch(event), blocks=blocks, **BOT)
        texts = [one["text"] for one in body["blocks"]]
        return [len(one if isinstance(one, str) else one["text"]) for one in texts]

    assert lengths(blocks) == [3000, 150, 12_000]
    assert lengths(empty) == [1]


def test_blocks_are_filled_and_escaped_where_slack_reads_markup():
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*{{payload.pr_title}}*"}},
        {"type": "image", "image_url": "{{provenance.url}}", "alt_text": "x"},
    ]

    body = posted(make_dispatch(OPENED), blocks=blocks, **BOT)

    assert body["blocks"][0]["text"]["text"] == "*Fix &lt;!channel&gt; &amp; more*"
    assert body["blocks"][1]["image_url"] == "https://github.test/pull/1?a=1&b=2"


def test_a_route_names_channel_and_thread_and_text():
    route = {"channel": "C1", "thread_ts": "1.5", "text": "<https://x.test|see> <!channel> <@U1>"}

    body = posted(make_dispatch(config=route), text="not this", **BOT)

    assert (body["channel"], body["thread_ts"]) == ("C1", "1.5")
    assert body["text"] == "<https://x.test|see> &lt;!channel> &lt;@U1>"


def test_what_a_route_leaves_empty_is_left_out():
    body = posted(make_dispatch(config={"channel": "", "thread_ts": ""}))

    assert body["channel"] == "C0"
    assert "thread_ts" not in body


@pytest.mark.parametrize("route", [{}, {"channel": "C0", "blocks": "text"}])
def test_what_cannot_be_posted_is_rejected(route):
    result, requests = delivered(dispatch=make_dispatch(config=route), token="xoxb-t0ken")

    assert result.outcome is Outcome.REJECTED
    assert requests == []


def test_what_the_first_attempt_sends_is_kept():
    _, [request] = delivered(dispatch=make_dispatch(attempt=2, content=b'{"text": "before"}'))

    assert request.body == b'{"text": "before"}'


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (no("internal_error"), Outcome.ERROR),
        (no("ratelimited"), Outcome.ERROR),
        (no("channel_not_found"), Outcome.REJECTED),
        (no("invalid_auth"), Outcome.REJECTED),
        (HTTPResponse(200, {}, b"<html>"), Outcome.ERROR),
        (HTTPResponse(200, {}, b'{"ok": "true"}'), Outcome.ERROR),
        (HTTPResponse(408, {}, b""), Outcome.ERROR),
        (HTTPResponse(429, {}, b""), Outcome.ERROR),
        (HTTPResponse(503, {}, b""), Outcome.ERROR),
        (HTTPResponse(302, {}, b""), Outcome.REJECTED),
        (HTTPResponse(404, {}, b""), Outcome.REJECTED),
        (RequestFailed("lost"), Outcome.ERROR),
    ],
)
def test_answers_of_the_web_api_are_understood(answer, outcome):
    result, _ = delivered(answer)

    assert result.outcome is outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (HTTPResponse(200, {}, b"ok"), Outcome.DELIVERED),
        (HTTPResponse(400, {}, b"invalid_payload"), Outcome.REJECTED),
        (HTTPResponse(410, {}, b"channel_is_archived"), Outcome.REJECTED),
        (HTTPResponse(500, {}, b"rollup_error"), Outcome.ERROR),
    ],
)
def test_answers_of_an_incoming_webhook_are_understood(answer, outcome):
    result, _ = delivered(answer, webhook_url=HOOK)

    assert result.outcome is outcome


@pytest.mark.parametrize("status", [429, 200])
def test_slack_is_left_alone_for_as_long_as_it_asks(status):
    answer = HTTPResponse(status, {"retry-after": "30"}, b'{"ok": false, "error": "ratelimited"}')

    result, _ = delivered(answer)

    assert result.retry_after_seconds == 30


def test_a_reason_says_what_mends_it_and_no_secret():
    refused, _ = delivered(no("not_in_channel"))
    hooked, _ = delivered(HTTPResponse(404, {}, b"no_service s3cret"), webhook_url=HOOK)
    strange, _ = delivered(no("Say xoxb-t0ken!"))

    assert "invite the bot" in str(refused.reason)
    assert "s3cret" not in str(hooked.reason)
    assert strange.reason == "Slack says unknown_error"
    assert "t0ken" not in repr(SlackActorConfig(**BOT))
    assert "s3cret" not in repr(SlackActorConfig(webhook_url=HOOK))


@pytest.mark.parametrize("options", [{}, {"webhook_url": HOOK, "token": "xoxb"}])
def test_one_way_to_post_is_wanted(options):
    with pytest.raises(InvalidValue, match="either webhook_url"):
        SlackActorConfig(**options)
