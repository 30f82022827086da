"""What GitHub delivers, as the github-webhook source reports it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.source import GitHubWebhookSource
from orgloop.errors import InvalidPayload
from orgloop.event import EventDraft
from orgloop.reports import WebhookRequest
from orgloop.sdk.signatures import sign_body
from orgloop.testing.lending import NOW_MS, lend
from support.world import done

REPOSITORY = {"full_name": "acme/shop", "html_url": "https://github.com/acme/shop"}
ADA = {"login": "ada", "type": "User"}
BOT = {"login": "helper[bot]", "type": "Bot"}
PULL = {
    "number": 7,
    "title": "Add a till",
    "state": "open",
    "user": ADA,
    "author_association": "MEMBER",
    "labels": [{"name": "urgent"}],
    "head": {"ref": "till", "sha": "abc"},
    "base": {"ref": "main"},
    "merged_at": None,
    "html_url": "https://github.com/acme/shop/pull/7",
    "created_at": "2026-01-30T10:00:00Z",
    "updated_at": "2026-01-30T11:00:00Z",
    "closed_at": "2026-01-30T11:00:00Z",
}
ISSUE = {
    "number": 3,
    "title": "It rains in",
    "state": "open",
    "user": ADA,
    "labels": [],
    "created_at": "2026-01-30T09:00:00Z",
    "updated_at": "2026-01-30T09:30:00Z",
    "html_url": "https://github.com/acme/shop/issues/3",
}
COMMENT = {
    "id": 11,
    "body": "Looking into it",
    "user": ADA,
    "author_association": "NONE",
    "created_at": "2026-01-30T09:10:00Z",
    "updated_at": "2026-01-30T09:10:00Z",
    "html_url": "https://github.com/acme/shop/issues/3#issuecomment-11",
}
REVIEW = {
    "id": 21,
    "body": None,
    "state": "approved",
    "user": ADA,
    "submitted_at": "2026-01-30T10:30:00Z",
}


def source(**options: Any) -> GitHubWebhookSource:
    return GitHubWebhookSource(GitHubWebhookConfig(**options), lend(Path("/nowhere")))


def request(
    name: str | None, body: object, guid: str | None = "d-1", **headers: str
) -> WebhookRequest:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    given = {"x-github-event": name, "x-github-delivery": guid}
    written = {key: value for key, value in given.items() if value is not None}
    return WebhookRequest("/webhook/github", {**written, **headers}, raw, NOW_MS)


def reported(
    webhook: GitHubWebhookSource, name: str, body: object, guid: str | None = "d-1"
) -> Any:
    """Return the one draft of a delivery, `None` if there is none."""
    drafts = done(webhook.receive(request(name, body, guid))).events
    assert len(drafts) < 2
    return drafts[0] if drafts else None


def delivery(action: str, **parts: object) -> dict[str, Any]:
    return {"action": action, "repository": REPOSITORY, "sender": ADA, **parts}


KNOWN: list[tuple[str, dict[str, Any], str]] = [
    ("pull_request", delivery("opened", pull_request=PULL), "pull_request.opened"),
    ("pull_request", delivery("closed", pull_request=PULL), "pull_request.closed"),
    (
        "pull_request",
        delivery("closed", pull_request={**PULL, "merged_at": "2026-01-30T11:00:00Z"}),
        "pull_request.merged",
    ),
    (
        "pull_request",
        delivery("ready_for_review", pull_request=PULL),
        "pull_request.ready_for_review",
    ),
    (
        "pull_request_review",
        delivery("submitted", pull_request=PULL, review=REVIEW),
        "pull_request.review_submitted",
    ),
    (
        "pull_request_review_comment",
        delivery("created", pull_request=PULL, comment=COMMENT),
        "pull_request_review_comment",
    ),
    ("issue_comment", delivery("created", issue=ISSUE, comment=COMMENT), "issue_comment"),
    ("issue_comment", delivery("edited", issue=ISSUE, comment=COMMENT), "issue_comment.edited"),
    ("issues", delivery("opened", issue=ISSUE), "issues.opened"),
    ("issues", delivery("labeled", issue=ISSUE, label={"name": "bug"}), "issues.labeled"),
    ("issues", delivery("assigned", issue=ISSUE, assignee=ADA), "issues.assigned"),
    (
        "workflow_run",
        delivery(
            "completed", workflow_run={"id": 5, "status": "completed", "conclusion": "failure"}
        ),
        "workflow_run.completed",
    ),
    (
        "check_suite",
        delivery("completed", check_suite={"id": 6, "conclusion": "success", "app": {}}),
        "check_suite.completed",
    ),
]


@pytest.mark.parametrize(("name", "body", "kind"), KNOWN, ids=[kind for *_, kind in KNOWN])
def test_a_known_kind_goes_through_the_normaliser(
    name: str, body: dict[str, Any], kind: str
) -> None:
    draft = reported(source(), name, body)

    assert draft.type == "resource.changed"
    assert draft.provenance["platform"] == "github"
    assert draft.provenance["platform_event"] == kind
    assert draft.provenance["repo"] == "acme/shop"
    assert draft.payload["action"]
    assert "repository" not in draft.payload


def test_an_issue_comment_says_who_said_what_where() -> None:
    draft = reported(source(), "issue_comment", delivery("created", issue=ISSUE, comment=COMMENT))

    assert draft.provenance["author"] == "ada"
    assert draft.provenance["author_type"] == "external"
    assert draft.payload["comment_body"] == "Looking into it"
    assert draft.payload["issue_number"] == 3
    assert draft.timestamp == "2026-01-30T09:10:00Z"


# --- identity


def test_comments_and_reviews_are_known_by_themselves() -> None:
    for name, body in (
        ("issue_comment", delivery("created", issue=ISSUE, comment=COMMENT)),
        ("pull_request_review", delivery("submitted", pull_request=PULL, review=REVIEW)),
        ("pull_request_review_comment", delivery("created", pull_request=PULL, comment=COMMENT)),
    ):
        keys = {reported(source(), name, body, guid).key for guid in ("d-1", "d-2", None)}
        assert len(keys) == 1
        assert "delivery:" not in keys.pop()


def test_everything_else_is_known_by_its_delivery() -> None:
    for name, body in (
        ("pull_request", delivery("opened", pull_request=PULL)),
        ("issues", delivery("opened", issue=ISSUE)),
        ("star", delivery("created")),
    ):
        assert reported(source(), name, body, "d-1").key == "delivery:d-1"


def test_a_kind_that_comes_without_its_delivery_is_known_as_polling_knows_it() -> None:
    draft = reported(source(), "pull_request", delivery("opened", pull_request=PULL), None)

    assert draft.key == "acme/shop#7:opened"


def test_what_nothing_names_has_no_key() -> None:
    assert reported(source(), "star", delivery("created"), None).key is None


def test_each_edit_of_a_comment_is_an_event_of_its_own() -> None:
    versions = [
        COMMENT,
        {**COMMENT, "updated_at": "2026-01-30T09:12:00Z"},
        {**COMMENT, "updated_at": "2026-01-30T09:12:00Z", "body": "within the same second"},
    ]
    bodies = [delivery("edited", issue=ISSUE, comment=version) for version in versions]

    assert len({reported(source(), "issue_comment", body).key for body in bodies}) == 3


def test_each_edit_of_a_review_is_an_event_of_its_own() -> None:
    def edited(guid: str, **more: str) -> EventDraft:
        body = delivery("edited", pull_request=PULL, review={**REVIEW, **more})
        draft: EventDraft = reported(source(), "pull_request_review", body, guid)
        return draft

    at = "2026-01-30T10:40:00Z"
    submitted = reported(
        source(), "pull_request_review", delivery("submitted", pull_request=PULL, review=REVIEW)
    )
    assert edited("d-2", updated_at=at).key == edited("d-3", updated_at=at).key
    # One that does not say when it was edited has nothing but its delivery.
    keys = [edited("d-2", updated_at=at).key, edited("d-4").key, edited("d-5").key, submitted.key]
    assert len(set(keys)) == 4


# --- what is not known, and what is not reported


def test_a_ping_is_taken_and_not_reported() -> None:
    assert done(source().receive(request("ping", {"zen": "Keep it simple."}))).events == ()


def test_a_run_that_went_well_is_not_reported() -> None:
    run = {"id": 5, "status": "completed", "conclusion": "success"}

    assert reported(source(), "workflow_run", delivery("completed", workflow_run=run)) is None


def test_a_kind_that_is_not_known_goes_on_as_it_is() -> None:
    body = delivery("synchronize", pull_request=PULL, before="a", after="b")
    draft = reported(source(), "pull_request", body)

    assert draft.type == "resource.changed"
    assert draft.payload == body
    assert draft.provenance["platform_event"] == "pull_request.synchronize"
    assert draft.provenance["pr_number"] == 7
    assert draft.provenance["labels"] == ["urgent"]
    assert draft.provenance["author"] == "ada"
    assert draft.provenance["url"] == PULL["html_url"]


def test_an_event_without_an_action_has_github_s_name() -> None:
    draft = reported(source(), "push", {"repository": REPOSITORY, "sender": BOT, "ref": "x"})

    assert draft.provenance["platform_event"] == "push"
    assert draft.provenance["author_type"] == "bot"
    assert draft.provenance["repo_name"] == "shop"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "opened"},
        {"action": 5, "repository": "acme/shop", "sender": None},
        delivery("created", issue={"number": "3"}, comment=None),
        delivery("created", issue=ISSUE, comment={}),
        delivery("opened", issue={"number": 3, "labels": "bug", "user": "ada"}),
    ],
)
@pytest.mark.parametrize("name", ["issue_comment", "issues", "pull_request", "odd"])
def test_what_lacks_something_goes_on_as_it_is(name: str, body: dict[str, Any]) -> None:
    draft = reported(source(), name, body)

    assert draft.payload == body
    assert draft.key == "delivery:d-1"


@pytest.mark.parametrize("time", [None, "", "yesterday", 1769850000])
def test_a_time_that_is_none_is_left_out(time: object) -> None:
    draft = reported(source(), "issues", delivery("opened", issue={**ISSUE, "created_at": time}))

    assert draft.provenance["platform_event"] == "issues.opened"
    assert draft.timestamp is None


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), ["pull_request.closed", "pull_request.synchronize", "star.created", "issue_comment"]),
        (("pull_request.closed",), ["pull_request.closed"]),
        (("pull_request",), ["pull_request.closed", "pull_request.synchronize"]),
        (("star",), ["star.created"]),
        (("star.created", "issue_comment.created"), ["star.created", "issue_comment"]),
        (("issue_comment",), ["issue_comment"]),
        (("issue_comment.edited",), []),
    ],
)
def test_only_the_events_that_are_named_are_reported(
    events: tuple[str, ...], expected: list[str]
) -> None:
    webhook = source(events=events)
    comment = delivery("created", issue=ISSUE, comment=COMMENT)
    drafts = [
        reported(webhook, "pull_request", delivery("closed", pull_request=PULL)),
        reported(webhook, "pull_request", delivery("synchronize", pull_request=PULL)),
        reported(webhook, "star", delivery("created")),
        reported(webhook, "issue_comment", comment),
    ]

    assert [one.provenance["platform_event"] for one in drafts if one] == expected


# --- requests


def test_a_form_holds_the_same_as_json() -> None:
    body = delivery("opened", issue=ISSUE)
    form = urlencode({"payload": orjson.dumps(body).decode()}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    [draft] = done(source().receive(request("issues", form, **headers))).events

    assert draft == reported(source(), "issues", body)


@pytest.mark.parametrize("form", [b"", b"other=1", b"payload=nothing", b"payload=[1]", b"\xff=1"])
def test_a_form_without_a_payload_is_refused(form: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with pytest.raises(InvalidPayload):
        done(source().receive(request("issues", form, **headers)))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"'])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidPayload):
        done(source().receive(request("issues", body)))


def test_a_request_that_names_no_event_is_refused() -> None:
    with pytest.raises(InvalidPayload, match="X-GitHub-Event"):
        done(source().receive(request(None, {})))


def test_a_signature_must_be_right() -> None:
    body, webhook = b'{"zen": ""}', source(secret="s3cret")
    right = {"x-hub-signature-256": sign_body(body, "s3cret")}
    wrong = {"x-hub-signature-256": sign_body(body, "other")}

    assert webhook.is_signed
    assert webhook.verify(request("ping", body, **right))
    assert not webhook.verify(request("ping", body, **wrong))
    assert not webhook.verify(request("ping", body + b" ", **right))
    assert not webhook.verify(request("ping", body))


def test_nothing_but_github_s_own_signature_counts() -> None:
    body, webhook = b"{}", source(secret="s3cret")
    other = {"x-signature": sign_body(body, "s3cret")}

    assert not webhook.verify(request("ping", body, **other))


def test_a_source_without_a_secret_proves_nothing() -> None:
    webhook = source()

    assert not webhook.is_signed
    assert not webhook.verify(request("ping", b"{}"))
