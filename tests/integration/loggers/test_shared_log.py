"""Two projects that log to one file in threads tear no line and lose none."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest_twisted
from attrs import evolve
from twisted.internet.defer import Deferred, gatherResults

from orgloop.logentry import LogEntry
from orgloop.loggers.file.config import BufferOptions, FileConfig, RotationOptions
from orgloop.loggers.file.file import FileLogger
from orgloop.runtime.observers import Observers
from orgloop.sizes import Size
from orgloop.testing.lending import NOW_MS, lend


@pytest_twisted.ensureDeferred
async def test_lines_of_two_projects_stay_whole_over_rotations(tmp_path: Path) -> None:
    context = lend(tmp_path)
    observers = Observers(context.clock)
    rotation = RotationOptions(max_size=Size(20_000), max_files=1_000, compress=False)
    config = FileConfig(rotation=rotation, buffer=BufferOptions(size=5))
    for project in ("one", "two"):
        observers.add(project, "file", FileLogger(config, evolve(context, project=project)))

    for number in range(1_000):
        for project in ("one", "two"):
            observers.observe(
                LogEntry(phase="source.emit", timestamp=NOW_MS, project=project, attempt=number)
            )
        if number % 50 == 0:
            await gatherResults([Deferred.fromCoroutine(observers.flush())])
    await observers.stop()

    lines = [
        orjson.loads(line)
        for file in (tmp_path / "logs").iterdir()
        for line in file.read_bytes().splitlines()
    ]
    for project in ("one", "two"):
        attempts = [line["attempt"] for line in lines if line["project"] == project]
        assert sorted(attempts) == list(range(1_000))
    assert len(list((tmp_path / "logs").iterdir())) > 5
