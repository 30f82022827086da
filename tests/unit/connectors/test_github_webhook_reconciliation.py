"""What GitHub tried to deliver and could not is fetched, and reported as if it had come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from attrs import define, field
from twisted.internet.task import Clock

from orgloop.connectors.github.errors import GitHubError, RateLimited
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.reconciling import ReconcilingSource, make_source
from orgloop.connectors.github.webhook.source import GitHubWebhookSource
from orgloop.errors import PluginError, RequestFailed
from orgloop.interfaces import IScheduledSource, IWebhookSource
from orgloop.reports import PollResult, WebhookRequest
from orgloop.testing.github import FakeGitHub
from orgloop.testing.github.hooks import FakeHooks, answer, hook_document
from orgloop.testing.lending import NOW_MS, lend
from orgloop.times import to_iso
from support.world import done

MINUTE_MS = 60_000
HOOKS = "/repos/acme/shop/hooks"
OURS, OTHER = 1, 2


@define(eq=False)
class Hub(FakeHooks):
    """A GitHub that has webhooks and nothing else: ours, and one that leads elsewhere."""

    now_ms: int = NOW_MS
    hooks: dict[int, dict[str, Any]] = field(
        factory=lambda: {
            OURS: hook_document("https://ci.acme.example/in/webhook/component"),
            OTHER: hook_document("https://elsewhere.example/webhook"),
        }
    )

    def missed(self, guid: str, status: int = 502, ago_ms: int = MINUTE_MS, **more: Any) -> None:
        self.tried(guid, status, at_ms=self.now_ms - ago_ms, **more)


@define(eq=False)
class Looking:
    """A source that reconciles with a hub, and where it has got to."""

    hub: Hub
    source: ReconcilingSource
    checkpoint: str | None = None

    def look(self) -> list[str | None]:
        """Reconcile once and return the keys of what came of it."""
        result: PollResult = done(self.source.poll(self.checkpoint))
        self.checkpoint = result.checkpoint or self.checkpoint
        return [draft.key for draft in result.events]

    def drafts(self) -> list[Any]:
        return list(done(self.source.poll(self.checkpoint)).events)


def looking(hub: Hub, **options: Any) -> Looking:
    told = {"token": "ghp_x", "repo_owner": "acme", "repo_name": "shop", "events": ("star",)}
    config = GitHubWebhookConfig(**{**told, **options})
    context = lend(Path("/nowhere"), http=hub, clock=Clock(), now_ms=lambda: hub.now_ms)
    source = make_source(config, context)
    assert isinstance(source, ReconcilingSource)
    return Looking(hub, source)


@pytest.fixture
def hub() -> Hub:
    return Hub()


# --- which events


def test_what_failed_is_reported_once(hub: Hub) -> None:
    hub.missed("lost")
    hub.missed("arrived", 200)
    looks = looking(hub)

    assert looks.look() == ["delivery:lost"]
    assert looks.look() == []


def test_it_is_the_same_event_as_if_it_had_come(hub: Hub) -> None:
    payload = {"action": "created", "repository": {"full_name": "acme/shop"}}
    hub.missed("lost", 0, payload=payload)
    looks = looking(hub)
    headers = {"x-github-event": "star", "x-github-delivery": "lost"}
    request = WebhookRequest("/webhook/x", headers, orjson.dumps(payload), NOW_MS)

    [found] = looks.drafts()
    [come] = done(looks.source.receive(request)).events

    assert (found.key, found.payload, found.provenance) == (
        come.key,
        come.payload,
        come.provenance,
    )
    assert found.timestamp == to_iso(NOW_MS - MINUTE_MS)


def test_what_arrived_when_it_was_tried_again_is_not_reported(hub: Hub) -> None:
    hub.missed("late", ago_ms=5 * MINUTE_MS)
    hub.missed("late", 200)

    assert looking(hub).look() == []


def test_what_failed_again_and_again_is_one_event(hub: Hub) -> None:
    hub.missed("lost", ago_ms=5 * MINUTE_MS)
    hub.missed("other", ago_ms=4 * MINUTE_MS)
    hub.missed("lost", 504)

    assert looking(hub).look() == ["delivery:other", "delivery:lost"]


def test_a_failed_ping_is_nothing(hub: Hub) -> None:
    hub.missed("ping", event="ping", payload={"zen": "Keep it simple."})

    assert looking(hub).look() == []


def test_only_what_is_configured_is_reported(hub: Hub) -> None:
    hub.missed("push", event="push", payload={"ref": "main"})
    hub.missed("star")

    assert looking(hub).look() == ["delivery:star"]


def test_the_first_look_goes_back_as_far_as_configured(hub: Hub) -> None:
    hub.missed("old", ago_ms=16 * MINUTE_MS)
    hub.missed("new", ago_ms=14 * MINUTE_MS)

    assert looking(hub).look() == ["delivery:new"]


def test_what_failed_while_nobody_looked_is_found(hub: Hub) -> None:
    looks = looking(hub)
    looks.look()
    hub.now_ms += 600 * MINUTE_MS
    hub.missed("during the night", ago_ms=500 * MINUTE_MS)

    assert looks.look() == ["delivery:during the night"]


def test_all_pages_that_matter_are_read(hub: Hub) -> None:
    for number in range(500, 0, -1):
        hub.missed(f"g{number}", 502 if number % 10 == 0 else 200, ago_ms=number * MINUTE_MS)
    looks = looking(hub, reconciliation_lookback_ms=250 * MINUTE_MS)

    assert looks.look() == [f"delivery:g{number}" for number in range(250, 0, -10)]
    pages = [path for path in hub.asked if path.endswith("/deliveries")]
    assert len(pages) == 3


def test_a_flood_is_taken_in_a_look_at_a_time(hub: Hub) -> None:
    for number in range(450):
        hub.missed(f"g{number}", ago_ms=(450 - number) * 1000)
    looks = looking(hub)
    after = datetime.fromtimestamp(NOW_MS / 1000, UTC)

    found = [looks.look()]
    assert looks.source.next_due(looks.checkpoint, after) == after + timedelta(seconds=1)
    found += [looks.look(), looks.look()]
    assert looks.source.next_due(looks.checkpoint, after) == after + timedelta(minutes=5)
    assert [len(keys) for keys in found] == [200, 200, 50]
    assert [key for keys in found for key in keys] == [
        f"delivery:g{number}" for number in range(450)
    ]
    assert looks.look() == []


# --- which webhooks


def test_a_webhook_that_leads_elsewhere_does_not_matter(hub: Hub) -> None:
    hub.missed("theirs", hook=OTHER)

    assert looking(hub).look() == []


def test_a_webhook_is_known_by_a_path_of_ours(hub: Hub) -> None:
    hub.hooks = {OTHER: hook_document("https://acme.example/hooks/github/?x=1")}
    hub.missed("ours", hook=OTHER)

    assert looking(hub, path="/hooks/github").look() == ["delivery:ours"]


def test_the_webhook_that_calls_is_ours_whatever_its_path(hub: Hub) -> None:
    hub.missed("through a tunnel", hook=OTHER)
    looks = looking(hub)
    headers = {
        "x-github-event": "ping",
        "x-github-hook-id": str(OTHER),
        "x-github-hook-installation-target-type": "repository",
    }
    done(looks.source.receive(WebhookRequest("/webhook/x", headers, b"{}", NOW_MS)))

    assert looks.look() == ["delivery:through a tunnel"]
    hub.missed("after a restart", hook=OTHER)
    again = Looking(hub, looking(hub).source, looks.checkpoint)
    assert again.look() == ["delivery:after a restart"]


def test_an_organisation_s_webhook_is_not_taken_for_the_repository_s(hub: Hub) -> None:
    hub.missed("lost")
    looks = looking(hub)
    headers = {
        "x-github-event": "ping",
        "x-github-hook-id": str(OTHER),
        "x-github-hook-installation-target-type": "organization",
    }
    done(looks.source.receive(WebhookRequest("/webhook/x", headers, b"{}", NOW_MS)))

    assert looks.look() == ["delivery:lost"]


def test_what_another_webhook_of_ours_could_deliver_is_missed_all_the_same(hub: Hub) -> None:
    hub.hooks[OTHER] = hub.hooks[OURS]
    hub.missed("both", 200, hook=OTHER)
    hub.missed("both", hook=OURS)

    assert looking(hub).look() == ["delivery:both"]


# --- trouble


def test_while_nothing_happens_nothing_is_fetched_again(hub: Hub) -> None:
    hub.missed("lost")
    looks = looking(hub)
    looks.look()
    before = looks.checkpoint
    hub.asked.clear()

    assert looks.look() == []
    assert hub.asked == [HOOKS, f"{HOOKS}/{OURS}/deliveries"]
    assert looks.checkpoint == before


def test_a_look_that_is_repeated_finds_the_same(hub: Hub) -> None:
    hub.missed("lost")
    looks = looking(hub)

    assert [draft.key for draft in looks.drafts()] == ["delivery:lost"]
    assert looks.look() == ["delivery:lost"]


def test_a_delivery_that_cannot_be_had_is_left_and_tried_again(hub: Hub) -> None:
    hub.missed("first", ago_ms=3 * MINUTE_MS)
    hub.missed("second")
    path = f"{HOOKS}/{OURS}/deliveries/101"
    hub.answers[path] = answer(500, {"message": "oops"})
    looks = looking(hub)

    assert looks.look() == ["delivery:second"]
    del hub.answers[path]
    assert looks.look() == ["delivery:first"]


def test_a_delivery_whose_payload_is_gone_is_left(hub: Hub) -> None:
    hub.missed("empty", payload="")
    hub.missed("there")

    assert looking(hub).look() == ["delivery:there"]


def test_a_limit_in_the_middle_loses_nothing(hub: Hub) -> None:
    hub.missed("first", ago_ms=3 * MINUTE_MS)
    hub.missed("second")
    path = f"{HOOKS}/{OURS}/deliveries/102"
    hub.answers[path] = answer(429, {"message": "slow down"}, {"retry-after": "60"})
    looks = looking(hub)

    with pytest.raises(RateLimited):
        looks.look()
    del hub.answers[path]
    with pytest.raises(RateLimited):
        looks.look()
    looks.source.context.clock.advance(61)
    assert looks.look() == ["delivery:first", "delivery:second"]


def test_a_connection_lost_in_the_middle_loses_nothing(hub: Hub) -> None:
    github = FakeGitHub()
    github.repository("acme/shop")
    hub.beyond = github.client()
    hub.missed("first", ago_ms=3 * MINUTE_MS)
    hub.missed("second")
    path = f"{HOOKS}/{OURS}/deliveries/102"
    hub.answers[path] = RequestFailed("the connection was lost")
    looks = looking(hub, events=(), token=github.token)

    assert looks.look() == []  # what is said there could be looked at
    assert looks.checkpoint is not None
    del hub.answers[path]
    assert looks.look() == ["delivery:first", "delivery:second"]


def test_a_token_that_may_not_see_the_webhooks_is_told_of(hub: Hub) -> None:
    hub.answers[HOOKS] = answer(403, {"message": "Resource not accessible"})

    with pytest.raises(GitHubError, match="no permission"):
        looking(hub).look()


def test_one_way_that_leads_nowhere_leaves_the_other(hub: Hub) -> None:
    hub.missed("lost")
    looks = looking(hub, events=())  # comments and reviews are wanted, and this hub has none

    assert looks.look() == ["delivery:lost"]


def test_a_checkpoint_of_another_source_is_refused(hub: Hub) -> None:
    looks = looking(hub)
    looks.checkpoint = "17"

    with pytest.raises(PluginError, match="checkpoint reset"):
        looks.look()


# --- whether it looks at all


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"token": "ghp_x"},
        {"token": "ghp_x", "repo_owner": "acme"},
        {"repo_owner": "acme", "repo_name": "shop"},
        {
            "token": "ghp_x",
            "repo_owner": "acme",
            "repo_name": "shop",
            "reconciliation_interval_ms": 0,
        },
    ],
)
def test_a_source_that_is_not_told_how_does_not_reconcile(options: dict[str, Any]) -> None:
    made = make_source(GitHubWebhookConfig(**options), lend(Path("/nowhere")))

    assert type(made) is GitHubWebhookSource
    assert not IScheduledSource.providedBy(made)


def test_one_that_reconciles_is_called_and_polled(hub: Hub) -> None:
    made = looking(hub, reconciliation_interval_ms=1000).source
    after = datetime.fromtimestamp(NOW_MS / 1000, UTC)

    assert IWebhookSource.providedBy(made)
    assert IScheduledSource.providedBy(made)
    assert made.next_due(None, after) == after + timedelta(seconds=1)
