"""A process that keeps events is killed: everything it said was kept is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from random import Random

import pytest

from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.worker import ThreadWorker
from orgloop.testing.asynchronous import async_test
from orgloop.testing.storage_records import PROJECT, event_id_of

_APPENDING = """
import os, sys
from functools import partial
from pathlib import Path
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import react
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.worker import ThreadWorker
from orgloop.testing.storage_records import new_event

async def append(log, numbers):
    for number in numbers:
        [kept] = await log.append([new_event(number)])
        os.write(1, b"%d %d\\n" % (number, kept.seq))

async def main(reactor):
    log = await SQLiteEventLog.open(Path(sys.argv[1]), partial(ThreadWorker, reactor))
    first = int(sys.argv[2])
    await gatherResults(
        [Deferred.fromCoroutine(append(log, range(first + n, 10**9, 16))) for n in range(16)]
    )

react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
"""


def _killed(path: Path, first: int, after_lines: int) -> dict[int, int]:
    """Append until a number of events were acknowledged, then be killed; return them all."""
    child = subprocess.Popen(
        [sys.executable, "-c", _APPENDING, str(path), str(first)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(after_lines)]
    os.kill(child.pid, signal.SIGKILL)
    lines += child.stdout.readlines()
    child.stdout.close()
    child.wait()
    whole = [line.split() for line in lines if line.endswith(b"\n")]
    return {int(number): int(seq) for number, seq in whole}


@pytest.mark.parametrize("seed", range(4))
@async_test
async def test_every_event_that_was_acknowledged_is_there(tmp_path: Path, seed: int) -> None:
    from twisted.internet import reactor

    path = tmp_path / "events.db"
    random = Random(seed)
    acknowledged: dict[int, int] = {}
    for generation in range(3):
        first = generation * 1_000_000
        acknowledged |= _killed(path, first, random.randrange(1, 600))
        log = await SQLiteEventLog.open(path, partial(ThreadWorker, reactor))
        records = await log.read(PROJECT, 0, 1_000_000)
        await log.close()
        held = {record.id: record.seq for record in records}
        assert len(held) == len(records)
        for number, seq in acknowledged.items():
            assert held.get(event_id_of(number)) == seq
