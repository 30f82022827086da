"""A process killed at any moment leaves files that nobody takes for damaged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

# A log is opened, written and closed by children that are killed at a random moment; checkpoints
# come every few commits, so that kills meet them too. Every event that a child said was kept must
# be there. Forking saves starting Python hundreds of times.
_KILLING = """
import os, random, signal, sys
from pathlib import Path
from orgloop.storage.database import open_for_writing
from orgloop.storage.event_tables import EventTables, highest_seq
from orgloop.storage.soundness import missing_bytes, require_sound
from orgloop.storage.transactions import Task, Transactions
from orgloop.testing.storage_records import new_event

path, rounds, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
random.seed(seed)

def connect(path, schema):
    connection = open_for_writing(path, schema)
    connection.execute(f"PRAGMA wal_autocheckpoint = {random.choice([5, 20, 60, 1000])}")
    return connection

def write(first, pipe):
    while True:
        tables = EventTables()
        transactions = Transactions(path, tables, connect)
        for number in range(first, first + random.choice([1, 10, 200])):
            done = transactions.run([Task(tables.append, [new_event(number)])])
            [[appended]] = done.results
            os.write(pipe, b"%d\\n" % appended.seq)
        first = number + 1
        transactions.close()

alarms = 0
highest = 0
first = 1
for round_ in range(rounds):
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        random.seed(seed * 100_000 + round_)
        try:
            write(first, writing)
        except BaseException as error:
            print("child:", repr(error), flush=True)
        os._exit(1)
    os.close(writing)
    stream = os.fdopen(reading, "rb")
    for _ in range(random.choice([0, 1, 3, 30, 60])):
        stream.readline()
    for _ in range(random.randrange(40_000)):  # until some moment between two commits
        pass
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    said = [int(line) for line in stream.read().split(b"\\n")[:-1] if line]
    stream.close()
    highest = max([highest, *said])
    problem = missing_bytes(path)
    if problem is not None:
        alarms += 1
        print("round", round_, problem)
    first += 1_000_000
require_sound(path, EventTables.schema)
connection = open_for_writing(path, EventTables.schema)
kept = highest_seq(connection)
assert kept >= highest, (kept, highest)
print("alarms", alarms, "highest", highest)
"""


@pytest.mark.parametrize(
    ("rounds", "seed"), [(60, 1), pytest.param(200, 2, marks=pytest.mark.slow)]
)
def test_no_kill_is_taken_for_damage(tmp_path: Path, rounds: int, seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLING, str(tmp_path / "events.db"), str(rounds), str(seed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("alarms 0 "), done.stdout
