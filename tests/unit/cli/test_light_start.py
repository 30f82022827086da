"""The command that starts a daemon only waits for it, and imports nothing for more than that."""

from __future__ import annotations

import subprocess
import sys

WAITING = "orgloop.cli.start, orgloop.cli.launching, orgloop.cli.started"
HEAVY = ("twisted", "yaml", "klein", "treq", "orgloop.config", "orgloop.runtime", "orgloop.http")


def test_whoever_asks_for_help_waits_for_no_network() -> None:
    program = (
        "import sys, orgloop.cli.main, orgloop.cli.control, orgloop.cli.hook; print(*sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )

    assert not {"http.client", "ssl", "difflib", *HEAVY} & set(done.stdout.split())


def test_answers_from_files_wait_for_no_server() -> None:
    program = "import sys, orgloop.http.trace, orgloop.http.audit; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )

    assert "orgloop.http.answer" in done.stdout
    assert "twisted.web.http" not in done.stdout.split()
    assert "twisted.web.server" not in done.stdout.split()


def test_whoever_waits_for_a_daemon_knows_neither_twisted_nor_projects() -> None:
    program = f"import sys, {WAITING}, orgloop.daemon.launch; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )

    imported = done.stdout.split()
    assert "orgloop.daemon.telling.report" in imported
    assert not [name for name in HEAVY if name in imported]
