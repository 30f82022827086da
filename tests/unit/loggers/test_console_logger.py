"""The console shows entries to a person, one line each, and nothing that commands the terminal."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from attrs import define, evolve
from twisted.internet.defer import Deferred

from orgloop.logentry import LogEntry
from orgloop.loggers.console.console import ConsoleConfig, ConsoleLogger
from orgloop.loggers.console.terminal import Terminal
from orgloop.plugin import PluginContext

ENTRY = LogEntry(
    phase="deliver.failure",
    timestamp=1_769_847_300_250,
    project="p",
    event_id="evt_1",
    trace_id="trc_1",
    source="gh",
    target="reviewer",
    route="my route",
    event_type="resource.changed",
    attempt=2,
    duration_ms=12.3456,
    error="no\x1b[31m\nroute",
    metadata={"status": 503},
)


@define
class Screen:
    """The reading end of what a logger writes to."""

    terminal: Terminal
    end: int

    def text(self) -> str:
        return os.read(self.end, 100_000).decode()


@pytest.fixture
def screen() -> Iterator[Screen]:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    yield Screen(Terminal(writing, is_interactive=True), reading)
    os.close(reading)
    os.close(writing)


def shown(screen: Screen, context: PluginContext, config: ConsoleConfig, *entries: LogEntry) -> str:
    context.shared.one(Terminal, lambda: screen.terminal)
    logger = ConsoleLogger(config, context)
    run(logger.start())
    run(logger.write([*entries, evolve(ENTRY, phase="system.error", error="the end")]))
    run(logger.flush())
    run(logger.stop())
    return screen.text()


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    results: list[Any] = []
    Deferred.fromCoroutine(coroutine).addBoth(results.append)
    assert results == [None]


def test_an_entry_is_one_line_with_what_matters(screen: Screen, context: PluginContext) -> None:
    first, last = shown(screen, context, ConsoleConfig(color=False), ENTRY).splitlines()

    clock_time, rest = first.split(" ", 1)
    assert clock_time.endswith(":00.250")
    assert rest == (
        "deliver.failure    source=gh type=resource.changed "
        'route="my route" actor=reviewer attempt=2 12.35ms error=no\\x1b[31m\\nroute evt_1'
    )
    assert "system.error" in last


def test_colours_are_for_terminals_without_no_color(screen: Screen, context: PluginContext) -> None:
    assert "\x1b[33mdeliver.failure" in shown(screen, context, ConsoleConfig(), ENTRY)
    plain = evolve(context, environ={"NO_COLOR": "1"})
    assert "\x1b" not in shown(screen, plain, ConsoleConfig(), ENTRY)
    screen.terminal.is_interactive = False
    assert "\x1b" not in shown(screen, context, ConsoleConfig(color=True), ENTRY)


def test_entries_below_the_level_are_not_shown(screen: Screen, context: PluginContext) -> None:
    quiet, loud = evolve(ENTRY, phase="route.match"), evolve(ENTRY, phase="actor.degraded")

    text = shown(screen, context, ConsoleConfig(level="warn"), quiet, loud)

    assert "route.match" not in text
    assert "actor.degraded" in text


def test_the_long_form_gives_ids_and_metadata_their_own_lines(
    screen: Screen, context: PluginContext
) -> None:
    config = ConsoleConfig(color=False, compact=False, show_payload=True)

    lines = shown(screen, context, config, ENTRY).splitlines()

    assert lines[1:5] == [
        "    project: p",
        "    event_id: evt_1",
        "    trace_id: trc_1",
        '    metadata: {"status":503}',
    ]


def test_a_background_runtime_is_silent_unless_told_otherwise(
    screen: Screen, context: PluginContext
) -> None:
    daemon = evolve(context, is_daemon=True)

    assert shown(screen, daemon, ConsoleConfig(daemon=True), ENTRY)
    with pytest.raises(BlockingIOError):
        shown(screen, daemon, ConsoleConfig(), ENTRY)


def test_a_reader_that_is_stuck_is_an_error_and_not_a_wait(screen: Screen) -> None:
    screen.terminal = Terminal(screen.terminal.descriptor, True, stall_seconds=0.01)

    with pytest.raises(TimeoutError, match="takes no more output"):
        screen.terminal.write(b"x" * 200_000 + b"\n")
    read = screen.text()
    screen.terminal.write(b"next\n")

    assert set(read) == {"x"}
    assert screen.text().splitlines()[-1] == "next"
