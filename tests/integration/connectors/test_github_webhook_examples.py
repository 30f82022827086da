"""Every example of every kind of webhook that is published, through the connector."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from orgloop.connectors.github.events import KINDS
from orgloop.connectors.github.webhook.config import GitHubWebhookConfig
from orgloop.connectors.github.webhook.source import GitHubWebhookSource
from orgloop.event import Event
from orgloop.reports import WebhookRequest
from orgloop.sdk.signatures import sign_body
from orgloop.testing.lending import NOW_MS, lend
from support.npm import unpacked
from support.world import Worker, World, actor, done, project, route, source

SECRET = "a secret of the test's"
Example = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Every example: the event's name, a delivery's guid, the payload."""
    package = unpacked("@octokit/webhooks-examples", tmp_path_factory.mktemp("examples"))
    kinds = orjson.loads((package / "api.github.com" / "index.json").read_bytes())
    return [
        (kind["name"], f"{kind['name']}-{number}", body)
        for kind in kinds
        for number, body in enumerate(kind["examples"])
    ]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def delivered(webhook: GitHubWebhookSource, example: Example) -> Any:
    """Return what a signed request with an example becomes."""
    name, guid, body = example
    raw = orjson.dumps(body)
    headers = {
        "content-type": "application/json",
        "x-github-event": name,
        "x-github-delivery": guid,
        "x-hub-signature-256": sign_body(raw, SECRET),
    }
    request = WebhookRequest("/webhook/src", headers, raw, NOW_MS)
    assert webhook.verify(request)
    return done(webhook.receive(request)).events


def thing(example: Example) -> object:
    """Return what an example tells of, by what it itself says: two that agree tell of the same."""
    name, guid, body = example
    if name in ("issue_comment", "pull_request_review_comment") and body["action"] != "deleted":
        comment = body["comment"]
        return name, comment["id"], comment["updated_at"], comment["body"]
    if name == "pull_request_review" and body["action"] == "submitted":
        return name, body["review"]["id"], body["review"]["submitted_at"]
    return guid


def test_every_example_becomes_one_valid_event_and_the_same_one_again(
    examples: list[Example], world: World
) -> None:
    webhook = GitHubWebhookSource(GitHubWebhookConfig(secret=SECRET), lend(Path("/nowhere")))
    running = world.start(project(source(), actor(Worker()), route("r")))
    things: defaultdict[str, set[object]] = defaultdict(set)
    ids: defaultdict[object, set[str]] = defaultdict(set)
    silent = set()
    for example in examples:
        drafts = delivered(webhook, example)
        first = done(running.accept("src", drafts))
        again = done(running.accept("src", delivered(webhook, example)))
        assert again.event_ids == first.event_ids
        assert not again.created
        if not drafts:
            silent.add((example[0], example[2].get("action"), conclusion(example)))
        for event_id in first.event_ids:
            Event.from_json(done(world.log.get("org", event_id)).event.to_json())
            things[event_id].add(thing(example))
            ids[thing(example)].add(event_id)

    assert [found for found in things.values() if len(found) > 1] == []
    assert [found for found in ids.values() if len(found) > 1] == []
    assert {name for name, _, _ in silent} <= {"ping", "workflow_run"}
    assert not any(conclusion == "failure" for _, _, conclusion in silent)
    assert len(things) > 250


def conclusion(example: Example) -> object:
    return (example[2].get("workflow_run") or {}).get("conclusion")


def test_the_kinds_that_the_examples_show_are_recognised(examples: list[Example]) -> None:
    webhook = GitHubWebhookSource(GitHubWebhookConfig(secret=SECRET), lend(Path("/nowhere")))
    seen = {
        draft.provenance["platform_event"]
        for example in examples
        for draft in delivered(webhook, example)
    }

    assert set(KINDS) - seen <= {"pull_request.merged", "workflow_run.completed"}


def test_what_is_not_known_is_the_whole_payload(examples: list[Example]) -> None:
    webhook = GitHubWebhookSource(GitHubWebhookConfig(secret=SECRET), lend(Path("/nowhere")))
    for example in examples:
        for draft in delivered(webhook, example):
            if draft.provenance["platform_event"] not in KINDS:
                assert draft.payload == example[2]
                assert draft.provenance["platform_event"].partition(".")[0] == example[0]
