"""What a supervisor keeps in memory of a program that is much larger."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {
    "orgloop.config",
    "orgloop.doctor",
    "orgloop.flow",
    "orgloop.http",
    "orgloop.plugins",
    "orgloop.runtime",
    "cryptography",
    "httptools",
    "jq",
    "klein",
    "re2",
    "sqlite3",
    "treq",
    "twisted.web",
    "yaml",
}
PROGRAM = """
import sys
import orgloop.daemon.run
import orgloop.daemon.supervisor.tap
import orgloop.daemon.supervisor.service
print(*sorted(sys.modules))
"""


def test_a_supervisor_imports_nothing_of_a_runtime() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )

    imported = set(done.stdout.split())
    assert "orgloop.daemon.supervisor.crew" in imported
    assert {name for name in HEAVY if name in imported} == set()
