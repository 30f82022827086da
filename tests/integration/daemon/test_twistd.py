"""The same runtime as a plugin of ``twistd``."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from support.process import RuntimeProcess

TWISTD = str(Path(sys.executable).with_name("twistd"))
Run = Callable[..., subprocess.CompletedProcess[str]]


def test_in_the_foreground_it_is_what_orgloop_start_is(project: Path, home: Path) -> None:
    arguments = ["--project", str(project), "--home", str(home), "--port", "0"]
    process = subprocess.Popen(
        [TWISTD, "-n", "orgloop", *arguments], stderr=subprocess.PIPE, encoding="utf-8"
    )
    assert process.stderr is not None
    for line in process.stderr:
        if " is ready on " in line:
            break
    pid = json.loads((home / "orgloop.lock").read_bytes())["pid"]

    process.send_signal(signal.SIGTERM)
    process.communicate()

    assert pid == process.pid
    assert process.returncode == 0
    assert not (home / "orgloop.pid").exists()


def test_it_leaves_its_terminal_and_is_stopped_from_another(
    project: Path, home: Path, orgloop: Run
) -> None:
    arguments = ["--project", str(project), "--home", str(home), "--port", "0"]

    started = subprocess.run([TWISTD, "orgloop", *arguments], check=False)
    pid = int((home / "orgloop.pid").read_text())
    status = wait_for_status(RuntimeProcess(project, home))
    stopped = orgloop("stop")

    assert started.returncode == 0
    assert status["pid"] == pid
    assert stopped.returncode == 0
    assert not (home / "orgloop.pid").exists()
    logs = {path.name for path in (home / "logs").iterdir()}
    assert logs == {"orgloop.log", "daemon.stdout.log", "daemon.stderr.log"}


def test_an_invalid_project_is_told_before_it_leaves_its_terminal(
    project: Path, home: Path
) -> None:
    (project / "orgloop.yaml").write_text("kind: Project\n", "utf-8")

    done = subprocess.run(
        [TWISTD, "orgloop", "--project", str(project), "--home", str(home)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 4
    assert "apiVersion" in done.stderr


def wait_for_status(runtime: RuntimeProcess) -> dict[str, int]:
    while runtime.request("GET", "/health/ready")[0] != 200:
        pass
    status: dict[str, int] = runtime.get("/control/status")
    return status
