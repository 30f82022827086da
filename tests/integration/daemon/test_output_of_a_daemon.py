"""What a daemon writes to its standard streams goes to files that do not grow without end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHATTY = """
import os, sys
from pathlib import Path
from twisted.internet.task import Clock
from orgloop.daemon.log.streams import Redirection

clock = Clock()
Redirection(Path("out.log"), Path("err.log"), clock, in_thread=lambda work: work()).begin()
os.write(2, b"first\\n")
for _ in range(21):
    os.write(1, b"x" * 1_000_000)
    clock.advance(60)
os.write(1, b"afterwards")
"""


def test_a_file_is_moved_aside_while_the_process_runs(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", CHATTY], cwd=tmp_path, check=True)

    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}

    assert sizes == {"out.log.1": 20_000_000, "out.log": 1_000_010, "err.log": 6}
    assert (tmp_path / "out.log").stat().st_mode & 0o777 == 0o600
