"""What a command does not need, nobody waits for: imports cost more than most commands do."""

from __future__ import annotations

import subprocess
import sys

from orgloop.cli.main import COMMANDS

WAITING = "orgloop.cli.start, orgloop.cli.launching, orgloop.cli.started"
# What takes 20 ms or more: the help of a command is there within 200.
NOT_FOR_HELP = {
    "asyncio",
    "difflib",
    "http.client",
    "klein",
    "orgloop.config.model",
    "orgloop.http",
    "orgloop.runtime",
    "ssl",
    "treq",
    "twisted",
}
HEAVY = ("twisted", "yaml", "klein", "treq", "orgloop.config", "orgloop.runtime", "orgloop.http")


def test_whoever_asks_for_help_waits_for_little() -> None:
    modules = ", ".join(f"orgloop.cli.{name.replace('-', '_')}" for name in COMMANDS)
    program = f"import sys, {modules}; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )

    assert not NOT_FOR_HELP & set(done.stdout.split())


def test_answers_from_files_wait_for_no_server() -> None:
    program = "import sys, orgloop.http.trace, orgloop.http.audit; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )

    imported = set(done.stdout.split())
    assert "orgloop.http.answer" in imported
    assert not {"twisted.web.http", "twisted.internet.base", "orgloop.runtime.observers"} & imported


def test_whoever_waits_for_a_daemon_knows_neither_twisted_nor_projects() -> None:
    program = f"import sys, {WAITING}, orgloop.daemon.launch; print(*sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )

    imported = done.stdout.split()
    assert "orgloop.daemon.telling.report" in imported
    assert not [name for name in HEAVY if name in imported]
