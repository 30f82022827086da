"""A second signal ends what is under way at once: nothing runs on, and nothing is lost."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from orgloop.sdk.processgroups import group_is_alive
from support.process import RuntimeProcess

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: hurrying}
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: deaf, connector: command, config: {command: [./deaf.sh]}}
routes:
  - {name: all, when: {source: hook}, then: {actor: deaf}}
"""
DEAF = """\
#!/bin/sh
trap '' TERM
echo "$$ $ORGLOOP_DELIVERY_ID $ORGLOOP_ATTEMPT" > runs
while :; do sleep 1; done
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "orgloop.yaml").write_text(PROJECT)
    (tmp_path / "deaf.sh").write_text(DEAF)
    (tmp_path / "deaf.sh").chmod(0o755)
    os.mkfifo(tmp_path / "runs")
    return tmp_path


def test_a_second_signal_leaves_no_command_behind(project: Path) -> None:
    runtime = RuntimeProcess(project, project / "home").start()
    try:
        status, _ = runtime.request("POST", "/webhook/hook", b"{}")
        assert status == 200
        pid, *first = (project / "runs").read_text().split()
        runtime.send(signal.SIGTERM)
        assert runtime.kill(signal.SIGINT) == 0
        assert not group_is_alive(int(pid))
        runtime.start()
        pid, *again = (project / "runs").read_text().split()
        assert again == first, "the same delivery, and the same attempt"
    finally:
        runtime.send(signal.SIGTERM)
        runtime.kill(signal.SIGINT)
