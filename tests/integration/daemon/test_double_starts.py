"""Two starts in the same instant, fifty times: one runs, the other says so and leaves nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.doubled import start_twice
from support.lifecycle import Mode

_AT_A_TIME = 3  # each loser waits a second for the lock: enough pairs to keep two cores busy


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("mode", "pairs"),
    [
        (Mode.FOREGROUND, 10),
        (Mode.DAEMON, 20),
        (Mode.SUPERVISED, 15),
        (Mode.SUPERVISED_IN_FOREGROUND, 5),
    ],
    ids=str,
)
def test_of_two_starts_at_once_one_runs_each_time(tmp_path: Path, mode: Mode, pairs: int) -> None:
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        runs = [pool.submit(start_twice, tmp_path / f"pair{n:02}", mode) for n in range(pairs)]
    for run in runs:
        run.result()
