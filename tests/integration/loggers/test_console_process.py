"""A console whose reader is stuck holds up neither the reactor nor the end of the process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from orgloop.logentry import LogEntry
from orgloop.loggers.console.console import ConsoleConfig, ConsoleLogger
from orgloop.loggers.console.terminal import Terminal
from orgloop.testing.lending import NOW_MS, lend


@pytest_twisted.ensureDeferred
async def test_the_reactor_turns_while_a_reader_is_stuck(tmp_path: Path) -> None:
    from twisted.internet import reactor

    reading, writing = os.pipe()
    context = lend(tmp_path)
    context.shared.one(Terminal, lambda: Terminal(writing, False, stall_seconds=0.2))
    logger = ConsoleLogger(ConsoleConfig(), context)
    entry = LogEntry(phase="source.error", timestamp=NOW_MS, error="x" * 200_000)

    written = Deferred.fromCoroutine(logger.write([entry]))
    await deferLater(reactor, 0, lambda: None)
    assert not written.called

    with pytest.raises(TimeoutError):
        await written
    os.close(reading)
    os.close(writing)
