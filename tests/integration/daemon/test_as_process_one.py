"""The runtime as the first process of a container: whatever loses its parent becomes its child."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.process import RuntimeProcess
from support.waiting import until, until_gone

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: container}
sources:
  - {id: hook, connector: webhook}
actors:
  - id: leaves
    connector: command
    config:
      command: [sh, -c, "(setsid sh -c 'echo $$ >> left; sleep 0.3' &)"]
      emit_stopped: false
routes:
  - {name: all, when: {source: hook}, then: {actor: leaves}}
"""
NAMESPACE = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def _is_allowed() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


pytestmark = pytest.mark.skipif(
    not _is_allowed(), reason="this user may not make a process namespace (unshare --pid)"
)


@pytest.fixture
def container(project: Path, home: Path) -> Iterator[RuntimeProcess]:
    (project / "orgloop.yaml").write_text(PROJECT, "utf-8")
    inside = RuntimeProcess(project, home)
    yield inside
    if inside.is_running:
        inside.kill()  # and what is inside, with it


def test_what_commands_leave_behind_is_collected_and_a_stop_is_graceful(
    container: RuntimeProcess, project: Path
) -> None:
    container.start(*NAMESPACE, sys.executable, "-m", "orgloop")
    [first] = children(container.pid)

    for _ in range(3):
        assert container.request("POST", "/webhook/hook", b"{}")[0] == 200
    until(lambda: len((project / "left").read_text().splitlines()) == 3, "what commands left")
    until(lambda: children(first) == [], "nothing that waits to be collected")

    one = children(container.pid)
    assert one == [first]
    subprocess.run(["kill", f"-{signal.SIGTERM.value}", str(first)], check=True)
    until_gone(first)
    assert container.wait() == 0


def children(pid: int) -> list[int]:
    """Return the children of a process, the dead among them that nobody has asked for."""
    named = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in named.split()]
