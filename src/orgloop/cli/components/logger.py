"""``sample``: one short line in a file for each log entry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen
from zope.interface import implementer

from orgloop.sdk import IBlockingLogger, LogEntry, PluginContext, Registration, option


@frozen(kw_only=True)
class SampleConfig:
    """Where to write."""

    path: Path = option(
        "The file. A path that is relative begins beside the YAML file.", default=Path("sample.txt")
    )


@implementer(IBlockingLogger)
class SampleLogger:
    """Write lines. It may take its time: it has a thread of its own."""

    def __init__(self, config: SampleConfig, context: PluginContext) -> None:
        self._path = context.directory / config.path

    def start(self) -> None:
        """Nothing to make ready."""

    def write(self, entries: Sequence[LogEntry]) -> None:
        """Write one line for each entry."""
        with self._path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(f"{one.phase} {one.event_id or '-'}\n" for one in entries)

    def flush(self) -> None:
        """Nothing is held back."""

    def reopen(self) -> None:
        """The file is opened for each write."""

    def stop(self) -> None:
        """Nothing to let go of."""


registration = Registration(id="sample", logger=SampleLogger, config=SampleConfig)
