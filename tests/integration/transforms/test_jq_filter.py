"""jq expressions run in a process that is replaced when it is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_twisted
from attrs import evolve
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import Clock

from orgloop.errors import Dropped, InvalidEvent
from orgloop.event import Event
from orgloop.plugin import PluginContext
from orgloop.reports import TransformContext
from orgloop.transforms.filter.filter import FilterConfig, JqFilter, make_filter
from orgloop.transforms.filter.jq import JqFailed, JqWorker

SEEN = TransformContext(
    source="gh", target="actor", event_type="resource.changed", route="r", accepted_at=0
)
FOR_EVER = "last(range(1e18))"
HUGE = 'reduce range(36) as $i ("xxxxxxxx"; . + .) | length'


def event(**payload: Any) -> Event:
    return Event(
        "evt_1",
        "2026-01-31T08:15:00Z",
        "gh",
        "resource.changed",
        {"platform": "github"},
        dict(payload),
    )


@asynccontextmanager
async def started(context: PluginContext, expression: str) -> AsyncIterator[JqFilter]:
    transform = make_filter(FilterConfig(jq=expression), context)
    assert isinstance(transform, JqFilter)
    await transform.start()
    try:
        yield transform
    finally:
        await transform.stop()


def worker_of(context: PluginContext) -> JqWorker:
    def missing() -> JqWorker:
        raise AssertionError("no filter has made a worker")

    return context.shared.one(JqWorker, missing)


def pid_of(context: PluginContext) -> int:
    child = worker_of(context)._child
    assert child is not None
    return int(child.transport.pid)


@pytest.mark.parametrize(
    "expression",
    [
        ".payload.n > 1",
        ".payload.n",
        "0",
        '""',
        "[]",
        "false, true",
        ".payload | {n}",
        "{id: null}",
        "def big: .payload.n > 1; big # a comment",
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_is_true_passes_the_event_as_it_is(
    context: PluginContext, expression: str
) -> None:
    async with started(context, expression) as transform:
        one = event(n=2)
        assert await transform.apply(one, SEEN) is one


@pytest.mark.parametrize(
    "expression", [".payload.n > 2", "false", "null", "empty", ".payload.missing", "true, null"]
)
@pytest_twisted.ensureDeferred
async def test_false_null_and_nothing_drop(context: PluginContext, expression: str) -> None:
    async with started(context, expression) as transform:
        with pytest.raises(Dropped):
            await transform.apply(event(n=2), SEEN)


@pytest_twisted.ensureDeferred
async def test_an_object_with_an_id_replaces_the_event(context: PluginContext) -> None:
    expression = '.id = "other" | .source = "x" | .payload.more = "é\\n"'
    async with started(context, expression) as transform:
        one = event(n=12345678901234567891, f=1.0)

        answer = await transform.apply(one, SEEN)

        assert answer == evolve(one, payload={**(one.payload or {}), "more": "é\n"})
        assert (answer.payload or {})["n"] == 12345678901234567891


@pytest.mark.parametrize(
    "expression",
    [
        ".payload.n.m",
        'error("no")',
        '"no" | halt_error',
        '"no" | halt_error(1)',
        "{id: 1}",
        '{id: "x"}',
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_fails_is_an_error(context: PluginContext, expression: str) -> None:
    async with started(context, expression) as transform:
        with pytest.raises((JqFailed, InvalidEvent)):
            await transform.apply(event(n=2), SEEN)


@pytest_twisted.ensureDeferred
async def test_filters_of_one_runtime_share_a_worker_that_ends_with_the_last(
    context: PluginContext,
) -> None:
    async with started(context, "true") as first:
        async with started(context, ".payload.n == 2") as second:
            one = event(n=2)
            asked = [Deferred.fromCoroutine(each.apply(one, SEEN)) for each in (first, second)]
            assert await gatherResults(asked) == [one, one]
        pid = pid_of(context)
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest_twisted.ensureDeferred
async def test_a_worker_that_was_killed_is_replaced_without_an_error(
    context: PluginContext,
) -> None:
    async with started(context, "true") as transform:
        await transform.apply(event(), SEEN)
        before = pid_of(context)
        os.kill(before, signal.SIGKILL)

        await transform.apply(event(), SEEN)

        assert pid_of(context) != before


@pytest_twisted.ensureDeferred
async def test_an_expression_that_takes_too_long_is_an_error_and_costs_only_the_worker(
    context: PluginContext,
) -> None:
    clock = Clock()
    context = evolve(context, clock=clock)
    async with started(context, FOR_EVER) as slow, started(context, "true") as quick:
        await quick.apply(event(), SEEN)
        asked = Deferred.fromCoroutine(slow.apply(event(), SEEN))
        waiting = Deferred.fromCoroutine(quick.apply(event(), SEEN))

        clock.advance(5)

        with pytest.raises(JqFailed, match="longer than 5 s"):
            await asked
        assert await waiting == event()


@pytest_twisted.ensureDeferred
async def test_an_expression_that_wants_too_much_memory_is_an_error(
    context: PluginContext,
) -> None:
    async with started(context, HUGE) as transform:
        with pytest.raises(JqFailed):
            await transform.apply(event(), SEEN)


@pytest_twisted.ensureDeferred
async def test_a_cancelled_question_leaves_no_process_behind(context: PluginContext) -> None:
    async with started(context, FOR_EVER) as transform:
        asked = Deferred.fromCoroutine(transform.apply(event(), SEEN))
        asked.addErrback(lambda failure: None)
        pid = pid_of(context)
        asked.cancel()
        await asked
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
