"""The same thing heard of in two ways: each change once, whatever becomes of webhooks and us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.reconciling import ReconcilingSource
from orgloop.connectors.github.webhook.source import GitHubWebhookSource
from orgloop.connectors.github.webhook.wanted import SPOKEN
from orgloop.event import EventDraft
from orgloop.plugin import PluginContext
from orgloop.reports import PollResult, WebhookRequest
from orgloop.testing.github import Delivery, FakeGitHub, RepositoryModel
from orgloop.testing.github.hooks import FakeHooks, answer
from orgloop.testing.lending import NOW_MS, lend
from support.github_polling import now
from support.world import done

TOKEN = FakeGitHub().token


def delivered(webhook: GitHubWebhookSource, delivery: Delivery) -> list[EventDraft]:
    headers = {"x-github-event": delivery.event, "x-github-delivery": delivery.id}
    raw = orjson.dumps(delivery.payload)
    request = WebhookRequest("/webhook/component", headers, raw, NOW_MS)
    return list(done(webhook.receive(request)).events)


def context(http: Any, clock: Clock | None = None) -> PluginContext:
    return lend(Path("/nowhere"), http=http, clock=clock or Clock(), now_ms=lambda: NOW_MS)


def polled_by(
    source: Any, checkpoint: str | None, shop: RepositoryModel, clock: Clock
) -> PollResult:
    """Poll, and let time pass, here and at GitHub, while that waits for a second to be over."""

    def wait() -> None:
        shop.advance(1)
        clock.advance(1)

    result: PollResult = now(source.poll(checkpoint), wait)
    return result


@define(eq=False)
class Story:
    """A repository, a webhook that is not reliable, and a source that looks after both."""

    github: FakeGitHub = field(factory=FakeGitHub)
    hooks: FakeHooks = field(init=False)
    source: ReconcilingSource = field(init=False)
    checkpoint: str | None = None
    durable: dict[str, int] = field(factory=dict)
    """How often each event was reported and kept, by key: the log keeps it the first time."""
    expected: dict[str, Delivery] = field(factory=dict)
    said: int = 0
    clock: Clock = field(factory=Clock)

    def __attrs_post_init__(self) -> None:
        self.shop = self.github.repository()
        self.hooks = FakeHooks(beyond=self.github.client())
        self.restart()

    shop: RepositoryModel = field(init=False)

    def restart(self) -> None:
        """Begin anew with what is on disk: the events, and the checkpoint."""
        config = GitHubWebhookConfig(token=TOKEN, repo_owner="acme", repo_name="shop")
        self.source = ReconcilingSource(config, context(self.hooks, self.clock))

    def deliver(self, fate: str) -> None:
        """Let GitHub deliver what has happened: it arrives, gets lost, or comes more than once."""
        for delivery in self.shop.deliveries[self.said :]:
            [draft] = delivered(self.source, delivery)
            self.expected[str(draft.key)] = delivery
            if fate != "lost":
                self.keep([draft] * (2 if fate == "twice" else 1))
            if fate in ("arrives", "lost", "not heard"):
                status = {"arrives": 200, "lost": 502, "not heard": 0}[fate]
                self.hooks.now_ms = self.shop.now_ms
                self.hooks.tried(
                    delivery.id, status, event=delivery.event, payload=delivery.payload
                )
        self.said = len(self.shop.deliveries)

    def reconcile(self, crash: str = "") -> None:
        """Look for what did not come; a crash may come before or after the events are kept."""
        self.hooks.now_ms = self.shop.now_ms
        result = polled_by(self.source, self.checkpoint, self.shop, self.clock)
        if crash != "before":
            self.keep(result.events)
        if not crash:
            self.checkpoint = result.checkpoint or self.checkpoint
        else:
            self.restart()

    def keep(self, drafts: Any) -> None:
        for draft in drafts:
            self.durable[str(draft.key)] = self.durable.get(str(draft.key), 0) + 1

    # --- what happens

    def change(self, what: int) -> None:
        shop, texts = self.shop, "abcdefgh"
        if what == 0 or not shop.pulls:
            shop.open_pull()
        elif what == 1:
            shop.comment(1, texts[self.said % 8], author="helper[bot]")
        elif what == 2 and shop.comments:
            shop.edit_comment(max(shop.comments), f"edit {self.said}")
        elif what == 3:
            shop.review(1, lines=("here",))
        elif what == 4 and shop.reviews:
            shop.edit_review(max(shop.reviews), f"edit {self.said}")
        elif what == 5 and shop.review_comments:
            shop.edit_review_comment(max(shop.review_comments), f"edit {self.said}")
        else:
            shop.label(1, texts[self.said % 8])


CHANGES = st.tuples(
    st.integers(0, 6),
    st.sampled_from(["arrives", "lost", "twice", "not heard"]),
    st.sampled_from([0, 1, 30, 400]),
    st.sampled_from(["", "", "look", "before", "after", "killed"]),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(CHANGES, min_size=1, max_size=14))
def test_each_change_is_reported_once(history: list[tuple[int, str, int, str]]) -> None:
    story = Story()
    story.reconcile()
    for what, fate, seconds, ours in history:
        story.change(what)
        story.deliver(fate)
        story.shop.advance(seconds)
        if ours == "killed":
            story.restart()
        elif ours:
            story.reconcile("" if ours == "look" else ours)
    story.reconcile()
    story.shop.advance(300)
    before = dict(story.durable)
    story.reconcile()

    assert story.durable.keys() == story.expected.keys()
    assert story.durable == before  # and a look when nothing has happened finds nothing


@pytest.mark.parametrize("hooks", ["the repository's", "an organisation's", "hidden"])
def test_what_a_webhook_never_tried_is_found_if_somebody_said_it(hooks: str) -> None:
    story = Story()
    if hooks != "the repository's":
        story.hooks.hooks.clear()
    if hooks == "hidden":
        story.hooks.answers[story.hooks.path] = answer(404, {"message": "Not Found"})
    pull = story.shop.open_pull()
    story.reconcile()
    story.shop.advance(60)
    said = story.shop.comment(pull)
    story.shop.review(pull, lines=("here",))
    story.shop.label(pull, "bug")
    story.reconcile()

    events = {
        draft.key
        for delivery in story.shop.deliveries
        for draft in delivered(story.source, delivery)
        if draft.provenance["platform_event"] in SPOKEN
    }
    assert story.durable.keys() == events
    assert any(f":comment:{said}@" in str(key) for key in events)
