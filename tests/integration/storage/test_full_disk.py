"""A disk that is full: nothing is taken that cannot be kept, and work resumes by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_FILLING = """
import resource, sys
from functools import partial
from pathlib import Path
from twisted.internet.defer import Deferred
from twisted.internet.task import react
from orgloop.errors import StorageUnavailable
from orgloop.storage.event_log import SQLiteEventLog
from orgloop.storage.queue import SQLiteDeliveryQueue
from orgloop.storage.worker import ThreadWorker
from orgloop.testing.storage_records import PROJECT, batch, new_delivery, new_event

def allow(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

async def until_refused(file, change):
    done = 0
    while True:
        try:
            await change(done + 1)
        except StorageUnavailable as error:
            assert not file.is_healthy
            print("refused:", error, file=sys.stderr)
            return done
        done += 1

def row(number):
    return batch(new_delivery(number))

async def main(reactor):
    directory = Path(sys.argv[1])
    log = await SQLiteEventLog.open(directory / "events.db", partial(ThreadWorker, reactor))
    queue = await SQLiteDeliveryQueue.open(
        directory / "queue.db", PROJECT, partial(ThreadWorker, reactor)
    )
    allow(600_000)
    kept = routed = 0
    for _ in range(5):  # opened anew after each refusal, a file may find a little more room
        kept += await until_refused(log, lambda n: log.append([new_event(kept + n)]))
        routed += await until_refused(queue, lambda n: queue.route(row(routed + n)))
    assert len(await log.read(PROJECT, 0, 1_000_000)) == kept
    assert await queue.cursor() == routed
    allow(resource.RLIM_INFINITY)
    [again] = await log.append([new_event(kept + 1)])
    assert (again.seq, again.duplicate) == (kept + 1, False)
    await queue.route(row(routed + 1))
    assert dict(queue.counts()) == {("actor", "route", "waiting"): routed + 1}
    assert log.is_healthy and queue.is_healthy
    await queue.close()
    await log.close()
    print(kept, routed)

react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
"""


def test_nothing_is_taken_while_the_disk_is_full_and_all_resumes_afterwards(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FILLING, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    kept, routed = (int(number) for number in done.stdout.split())
    assert kept > 10
    assert routed > 10
    assert str(tmp_path / "events.db") in done.stderr
    assert str(tmp_path / "queue.db") in done.stderr
