"""Edits reach the actor once, finished: what the source lets wait, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from orgloop.config.model import ProjectDefinition
from orgloop.connectors.github.events import issue_comment, review_comment, review_submitted
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.debounce import debounce
from orgloop.event import Event, EventDraft
from orgloop.reports import Debounced
from orgloop.runtime.project import Project
from support.world import Silent, Worker, World, actor, done, project, registration, route, source

ADA = {"login": "ada", "type": "User"}
BOT = {"login": "helper[bot]", "type": "Bot"}
ISSUE = {"number": 3, "title": "It rains in", "user": ADA, "labels": []}
PULL = {"number": 7, "title": "Till", "user": ADA, "labels": [], "head": {}}


def comment(user: dict[str, str], said: str, minute: int, **more: Any) -> EventDraft:
    at = f"2026-01-30T09:{minute:02}:00Z"
    written = {"id": 11, "body": said, "user": user, "updated_at": at, **more}
    return issue_comment("acme/shop", ISSUE, written, is_edit=minute > 0)


def review(*, is_edit: bool, user: dict[str, str] = ADA) -> EventDraft:
    written = {"id": 21, "user": user, "submitted_at": "2026-01-30T09:00:00Z"}
    return review_submitted("acme/shop", PULL, written, is_edit=is_edit)


def line_comment(*, is_edit: bool) -> EventDraft:
    written = {"id": 31, "user": ADA, "updated_at": "2026-01-30T09:00:00Z"}
    return review_comment("acme/shop", PULL, written, is_edit=is_edit)


def asked(draft: EventDraft, **options: Any) -> Debounced | None:
    event = Event(
        "evt_1", "2026-01-30T09:00:00Z", "gh", draft.type, draft.provenance, draft.payload
    )
    return debounce(GitHubWebhookConfig(**options), event)


@pytest.mark.parametrize(
    ("draft", "waits"),
    [
        (comment(ADA, "hello", 0), False),
        (comment(ADA, "hello again", 1), True),
        (comment(BOT, "Working on it …", 0), True),
        (comment(BOT, "Done.", 1), True),
        (review(is_edit=False), False),
        (review(is_edit=False, user=BOT), False),
        (review(is_edit=True), True),
        (line_comment(is_edit=False), False),
        (line_comment(is_edit=True), True),
        (EventDraft("resource.changed", {"platform": "github", "platform_event": "push"}), False),
    ],
)
def test_edits_wait_and_so_does_what_a_bot_has_just_begun(draft: EventDraft, waits: bool) -> None:
    assert (asked(draft) is not None) == waits


def test_they_wait_as_long_as_configured() -> None:
    waiting = asked(comment(ADA, "hello", 1), issue_comment_edit_debounce_ms=7_000)

    assert waiting is not None
    assert (waiting.quiet_ms, waiting.max_ms) == (7_000, 70_000)


def test_zero_lets_every_edit_go_out() -> None:
    assert asked(comment(BOT, "Done.", 1), issue_comment_edit_debounce_ms=0) is None


def test_a_comment_and_a_review_of_one_number_are_two_things() -> None:
    other = comment(ADA, "x", 1, id=21)
    keys = {one.key for draft in (other, review(is_edit=True)) if (one := asked(draft))}

    assert len(keys) == 2


# --- in a project


def with_edits(worker: Worker, **options: Any) -> ProjectDefinition:
    made = evolve(registration("source", Silent()), debounce=debounce)
    talkative = evolve(source(), registration=made, config=GitHubWebhookConfig(**options))
    return project(talkative, actor(worker), route("r"))


def said(worker: Worker) -> list[Any]:
    return [(one.event.payload or {})["comment_body"] for one in worker.attempts]


def report(running: Project, *drafts: EventDraft) -> None:
    done(running.accept("src", drafts))


def test_a_placeholder_is_not_taken_for_the_answer(world: World) -> None:
    worker = Worker()
    running = world.start(with_edits(worker))
    report(running, comment(BOT, "Working on it …", 0))
    world.clock.advance(119)
    report(running, comment(BOT, "Half of it", 2))
    world.clock.advance(119)
    report(running, comment(BOT, "The whole answer", 4))
    world.clock.advance(119)
    assert said(worker) == []
    world.clock.advance(1)
    assert said(worker) == ["The whole answer"]


def test_what_a_person_says_goes_out_at_once_and_its_edits_once(world: World) -> None:
    worker = Worker()
    running = world.start(with_edits(worker))
    report(running, comment(ADA, "Plaese look", 0))
    report(running, comment(ADA, "Please lok", 1))
    report(running, comment(ADA, "Please look", 2))
    assert said(worker) == ["Plaese look"]
    world.clock.advance(120)
    assert said(worker) == ["Plaese look", "Please look"]


def test_an_answer_that_is_awaited_survives_a_crash(world: World) -> None:
    worker = Worker()
    definition = with_edits(worker)
    running = world.start(definition)
    report(running, comment(BOT, "Working on it …", 0))
    world.crash(running)
    running = world.start(definition)
    report(running, comment(BOT, "The whole answer", 1))
    world.clock.advance(60)
    world.crash(running)
    world.start(definition)
    world.clock.advance(60)
    assert said(worker) == ["The whole answer"]


def test_edits_that_come_in_another_order_end_with_the_last(world: World) -> None:
    worker = Worker()
    running = world.start(with_edits(worker))
    report(running, comment(BOT, "The whole answer", 4))
    report(running, comment(BOT, "Half of it", 2))
    world.clock.advance(60)
    report(running, comment(BOT, "Working on it …", 0))  # found by reconciliation
    world.clock.advance(119)
    assert said(worker) == []
    world.clock.advance(1)
    assert said(worker) == ["The whole answer"]


def test_without_a_debounce_each_edit_goes_out(world: World) -> None:
    worker = Worker()
    running = world.start(with_edits(worker, issue_comment_edit_debounce_ms=0))
    report(running, comment(BOT, "a", 0), comment(BOT, "b", 1), comment(BOT, "c", 2))
    assert said(worker) == ["a", "b", "c"]
