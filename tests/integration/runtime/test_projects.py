"""Two projects in one runtime never touch each other, whatever they call their parts."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
from attrs import define
from twisted.internet import reactor
from twisted.internet.task import deferLater
from zope.interface import implementer
from zope.interface.verify import verifyObject

from orgloop.config.model import SourceDefinition
from orgloop.durations import Duration
from orgloop.errors import OrgLoopError
from orgloop.event import EventDraft
from orgloop.interfaces import IPollingSource, IProjectRegistry, IWebhookSource
from orgloop.reports import PollResult, WebhookRequest, WebhookResult
from orgloop.runtime.observers import Observers
from orgloop.runtime.project import Project
from orgloop.runtime.registry import LocalRegistry
from orgloop.runtime.runtime import Runtime
from orgloop.sdk.http import HTTPClient
from orgloop.storage.home import Home
from support.world import PLACE, Silent, Worker, actor, project, registration, route


@implementer(IPollingSource, IWebhookSource)
@define(eq=False)
class Both(Silent):
    """A source that reports its own name once, and takes webhooks."""

    name: str
    path: str | None = None
    is_signed: bool = False

    async def poll(self, checkpoint: str | None) -> PollResult:
        if checkpoint is not None:
            return PollResult([], checkpoint)
        draft = EventDraft("resource.changed", {"platform": "t"}, {"of": self.name}, key="same")
        return PollResult([draft], f"checkpoint of {self.name}")

    def verify(self, request: WebhookRequest) -> bool:
        return True

    async def receive(self, request: WebhookRequest) -> WebhookResult:
        return WebhookResult()


def organization(name: str, worker: Worker) -> Any:
    """A project whose source, route and actor are called the same in all of them."""
    both = SourceDefinition(
        id="src",
        plugin="both",
        registration=registration("source", Both(name)),
        config=None,
        place=PLACE,
        poll_interval=Duration(300_000),
    )
    return project(both, actor(worker), route(), name=name)


def new_runtime(tmp_path: Path) -> Runtime:
    home = Home(tmp_path / "home")
    home.create()
    return Runtime(
        home=home,
        reactor=reactor,
        environ={},
        http_client=HTTPClient(reactor),
        now_ms=lambda: time.time_ns() // 1_000_000,
        observers=Observers(reactor),
    )


async def until(condition: Callable[[], bool]) -> None:
    """Let the reactor turn until something has happened; the test's time-out is the limit."""
    while not condition():
        await deferLater(reactor, 0.001)


async def close(runtime: Runtime) -> None:
    await runtime.stop_intake(5)
    await runtime.drain(5)
    await runtime.flush_loggers()
    await runtime.save()


@pytest_twisted.ensureDeferred
async def test_events_go_to_their_own_project_alone(tmp_path: Path) -> None:
    runtime, one, two = new_runtime(tmp_path), Worker(), Worker()
    await runtime.open()
    await runtime.load_project(organization("one", one))
    await runtime.load_project(organization("two", two))
    await until(lambda: bool(one.attempts and two.attempts))
    assert [(d.project, d.event.payload) for d in one.attempts] == [("one", {"of": "one"})]
    assert [(d.project, d.event.payload) for d in two.attempts] == [("two", {"of": "two"})]
    assert one.attempts[0].event.id != two.attempts[0].event.id
    assert one.attempts[0].id != two.attempts[0].id
    await close(runtime)


@pytest_twisted.ensureDeferred
async def test_a_webhook_goes_to_the_project_it_names_and_to_none_if_it_could_be_either(
    tmp_path: Path,
) -> None:
    runtime, one, two = new_runtime(tmp_path), Worker(), Worker()
    await runtime.open()
    await runtime.load_project(organization("one", one))
    await runtime.load_project(organization("two", two))
    assert runtime.webhook("src") is None
    endpoint = runtime.webhook("src", "two")
    assert endpoint is not None
    await endpoint.accept(
        [EventDraft("message.received", {"platform": "t"}, {"of": "webhook"}, key="other")]
    )
    await until(lambda: len(one.attempts) + len(two.attempts) == 3)
    assert [d.event.payload for d in one.attempts] == [{"of": "one"}]
    assert len(two.attempts) == 2
    assert {"of": "webhook"} in [d.event.payload for d in two.attempts]
    await close(runtime)


@pytest_twisted.ensureDeferred
async def test_each_project_has_its_own_checkpoint(tmp_path: Path) -> None:
    runtime = new_runtime(tmp_path)
    await runtime.open()
    projects = [await runtime.load_project(organization(n, Worker())) for n in ("one", "two")]
    store = runtime.checkpoints

    async def saved(name: str) -> str | None:
        return await store.load(name, "src")

    for each in projects:
        await until(lambda each=each: each.sources["src"].last_poll is not None)
    assert [await saved("one"), await saved("two")] == ["checkpoint of one", "checkpoint of two"]
    await close(runtime)


@pytest_twisted.ensureDeferred
async def test_unloading_one_project_leaves_the_other_at_work(tmp_path: Path) -> None:
    runtime, one, two = new_runtime(tmp_path), Worker(), Worker()
    await runtime.open()
    await runtime.load_project(organization("one", one))
    other: Project = await runtime.load_project(organization("two", two))
    await until(lambda: bool(one.attempts and two.attempts))
    await runtime.unload_project("one", grace_seconds=5)
    assert list(runtime.projects) == ["two"]
    assert one.stopped == 1
    assert two.stopped == 0
    assert runtime.webhook("src") is other.sources["src"]
    await other.accept("src", [EventDraft("resource.changed", {"platform": "t"}, {"n": 2})])
    await until(lambda: len(two.attempts) == 2)
    assert len(one.attempts) == 1
    await close(runtime)


@pytest_twisted.ensureDeferred
async def test_a_project_comes_back_where_it_was(tmp_path: Path) -> None:
    runtime, first, again = new_runtime(tmp_path), Worker(), Worker()
    await runtime.open()
    await runtime.load_project(organization("one", first))
    await until(lambda: bool(first.attempts))
    await runtime.unload_project("one", grace_seconds=5)
    back = await runtime.load_project(organization("one", again))
    await back.accept("src", [EventDraft("resource.changed", {"platform": "t"}, {"n": 2})])
    await until(lambda: bool(again.attempts))
    assert [d.event.payload for d in again.attempts] == [{"n": 2}]
    await close(runtime)


@pytest_twisted.ensureDeferred
async def test_a_name_is_taken_once(tmp_path: Path) -> None:
    runtime = new_runtime(tmp_path)
    await runtime.open()
    await runtime.load_project(organization("one", Worker()))
    with pytest.raises(OrgLoopError, match="'one'"):
        await runtime.load_project(organization("one", Worker()))
    assert await runtime.registry.names() == ["one"]
    await close(runtime)


def test_the_local_registry_keeps_its_contract() -> None:
    assert verifyObject(IProjectRegistry, LocalRegistry())
