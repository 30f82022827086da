"""The conformance suite of `ILogger` and `IBlockingLogger`.

    class TestMyLogger(LoggerSuite):
        def make(self, context):
            return MyLogger(MyConfig(), context)

        def written(self, context):
            return (context.home / "my.log").read_text()

Needs pytest-twisted.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from attrs import frozen
from zope.interface import implementer
from zope.interface.verify import verifyObject

from orgloop.interfaces import IBlockingLogger, ILogger
from orgloop.logentry import PHASE_ORDER, LogEntry
from orgloop.plugin import PluginContext
from orgloop.testing.asynchronous import async_test
from orgloop.testing.lending import NOW_MS
from orgloop.testing.lending import lend as lend_context

FULL = LogEntry(
    phase="deliver.retry",
    timestamp=NOW_MS,
    project="project",
    event_id="evt_full",
    trace_id="trc_full",
    source="söurce",
    target="actor",
    route="a route",
    transform="step",
    event_type="resource.changed",
    duration_ms=1.25,
    queue_depth=3,
    attempt=2,
    result="error",
    error="line one\nline two \x1b[31m \udc80 \u2028",
    metadata={"nested": {"list": [1, None, True]}, "text": "😀"},
)
"""An entry with something in every field, and with what a careless logger stumbles over."""


@implementer(ILogger)
@frozen
class _AtOnce:
    """A logger of plain functions as one whose functions are awaited."""

    _logger: IBlockingLogger

    async def start(self) -> None:
        self._logger.start()

    async def write(self, entries: Sequence[LogEntry]) -> None:
        self._logger.write(entries)

    async def flush(self) -> None:
        self._logger.flush()

    def reopen(self) -> None:
        self._logger.reopen()

    async def stop(self) -> None:
        self._logger.stop()


def _awaited(logger: ILogger | IBlockingLogger) -> ILogger:
    return _AtOnce(logger) if IBlockingLogger.providedBy(logger) else logger


class LoggerSuite:
    """What every logger does. A subclass says how one is made, and may say what it has written."""

    def make(self, context: PluginContext) -> ILogger | IBlockingLogger:
        """Return a logger that has not been started and that writes every phase."""
        raise NotImplementedError

    def lend(self, directory: Path) -> PluginContext:
        """Return the world the logger is given."""
        return lend_context(directory)

    def written(self, context: PluginContext) -> str | None:
        """Return all that loggers made with ``context`` have written, `None` if nobody can know."""
        return None

    def test_it_provides_the_interface(self, tmp_path: Path) -> None:
        logger = self.make(self.lend(tmp_path))
        blocks = IBlockingLogger.providedBy(logger)
        assert verifyObject(IBlockingLogger if blocks else ILogger, logger)

    @pytest.mark.parametrize("phase", PHASE_ORDER)
    @async_test
    async def test_it_writes_every_phase(self, tmp_path: Path, phase: str) -> None:
        context = self.lend(tmp_path)
        async with self._started(context) as logger:
            await logger.write([LogEntry(phase=phase, timestamp=NOW_MS)])
            await logger.flush()
            self._assert_written(context, phase)

    @async_test
    async def test_it_writes_whatever_an_entry_holds(self, tmp_path: Path) -> None:
        context = self.lend(tmp_path)
        async with self._started(context) as logger:
            await logger.write([FULL])
            await logger.flush()
            self._assert_written(context, "evt_full")

    @async_test
    async def test_no_entry_tears_or_commands_the_line(self, tmp_path: Path) -> None:
        context = self.lend(tmp_path)
        async with self._started(context) as logger:
            await logger.write([FULL])
            await logger.flush()
        text = self.written(context)
        assert text is None or not {"\x1b", "\udc80"} & set(text)

    @async_test
    async def test_entries_are_written_in_order(self, tmp_path: Path) -> None:
        context = self.lend(tmp_path)
        names = [f"evt_number{number:04d}" for number in range(250)]
        async with self._started(context) as logger:
            for begin in range(0, 250, 50):
                await logger.write(
                    [
                        LogEntry(phase="actor.degraded", timestamp=NOW_MS, event_id=name)
                        for name in names[begin : begin + 50]
                    ]
                )
        text = self.written(context)
        if text is not None:
            found = [text.find(name) for name in names]
            assert -1 not in found
            assert found == sorted(found)

    @async_test
    async def test_nothing_to_write_is_no_error(self, tmp_path: Path) -> None:
        async with self._started(self.lend(tmp_path)) as logger:
            await logger.write([])
            await logger.flush()

    @async_test
    async def test_it_goes_on_after_reopening(self, tmp_path: Path) -> None:
        context = self.lend(tmp_path)
        async with self._started(context) as logger:
            logger.reopen()
            await logger.write([FULL])
            await logger.flush()
            self._assert_written(context, "evt_full")

    @async_test
    async def test_stopping_writes_what_it_was_given(self, tmp_path: Path) -> None:
        context = self.lend(tmp_path)
        async with self._started(context) as logger:
            await logger.write([FULL])
        self._assert_written(context, "evt_full")

    @async_test
    async def test_it_can_be_stopped_without_having_started(self, tmp_path: Path) -> None:
        await _awaited(self.make(self.lend(tmp_path))).stop()

    def _assert_written(self, context: PluginContext, text: str) -> None:
        written = self.written(context)
        assert written is None or text in written

    @asynccontextmanager
    async def _started(self, context: PluginContext) -> AsyncIterator[ILogger]:
        logger = _awaited(self.make(context))
        await logger.start()
        try:
            yield logger
        finally:
            await logger.stop()
