"""A real disk that is full, or read-only: refuse what cannot be kept, and go on by yourself.

Needs the right to mount a small file system; without it the disk's refusal is injected elsewhere
(`test_full_disk`, `tests/unit/storage/test_transactions.py`).
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from support.process import RuntimeProcess, SinkProcess, sink

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: small}}
sources:
  - {{id: hook, connector: webhook}}
actors:
  - id: desk
    connector: webhook
    config: {{url: "http://127.0.0.1:{port}/"}}
    delivery: {{retry: {{initial_delay: 50ms, max_delay: 200ms}}}}
routes:
  - name: all
    when: {{source: hook}}
    then: {{actor: desk}}
"""


def _mount(*arguments: str) -> bool:
    try:
        return subprocess.run(["mount", *arguments], capture_output=True).returncode == 0
    except OSError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if not _mount("-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)):
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def target() -> Iterator[SinkProcess]:
    with sink() as running:
        yield running


@pytest.fixture
def runtime(tmp_path: Path, disk: Path, target: SinkProcess) -> Iterator[RuntimeProcess]:
    project = tmp_path / "orgloop.yaml"
    project.write_text(PROJECT.format(port=target.port))
    (disk / "ballast").write_bytes(bytes(1_000_000))
    home = disk / "home"
    (home / "logs").mkdir(parents=True)
    running = RuntimeProcess(project, home).start()
    yield running
    running.stop()


def post(runtime: RuntimeProcess, size: int) -> tuple[int, dict[str, str], Any]:
    """Send an event of about that size; return status, headers and body of the answer."""
    connection = HTTPConnection("127.0.0.1", runtime.port, timeout=60)
    with closing(connection):
        connection.request("POST", "/webhook/hook", json.dumps({"text": "x" * size}).encode())
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, json.loads(answer.read())


def fill(runtime: RuntimeProcess) -> list[str]:
    """Send events until the disk takes none, not even a small one; return the accepted."""
    accepted = []
    for size in (50_000, 5_000, 500):
        while (answer := post(runtime, size))[0] == 200:
            accepted.append(answer[2]["event_id"])
        assert answer[0] == 503
        assert int(answer[1]["retry-after"]) > 0
    return accepted


def wait_until_ready(runtime: RuntimeProcess) -> None:
    while runtime.request("GET", "/health/ready")[0] != 200:
        pass


def test_a_full_disk_is_refused_and_waited_for(
    runtime: RuntimeProcess, target: SinkProcess, disk: Path
) -> None:
    accepted = fill(runtime)
    status, body = runtime.request("GET", "/health/ready")
    assert (status, json.loads(body)["status"]) == (503, "disk")
    while not any("nothing is accepted" in line for line in runtime.lines):
        assert post(runtime, 50_000)[0] == 503
    assert runtime.request("GET", "/health/live")[0] == 200

    (disk / "ballast").unlink()
    wait_until_ready(runtime)
    status, _, body = post(runtime, 100)
    assert status == 200
    accepted.append(body["event_id"])
    while not set(accepted) <= {event for event, *_ in target.arrivals()}:
        target.wait_for(0)
    runtime.stop()

    arrived = [event for event, *_ in target.arrivals()]
    assert sorted(arrived) == sorted(accepted), "nothing is lost, and nothing doubled"
    complaints = [line for line in runtime.lines if "nothing is accepted" in line]
    assert len(complaints) == 1
    assert sum("takes writes again, after" in line for line in runtime.lines) == 1


def test_a_home_that_is_read_only_is_said_to_be(tmp_path: Path, disk: Path) -> None:
    project = tmp_path / "orgloop.yaml"
    project.write_text(PROJECT.format(port=1))
    runtime = RuntimeProcess(project, disk / "home")
    runtime.start()
    runtime.stop()
    assert _mount("-o", "remount,ro", str(disk))
    with pytest.raises(AssertionError, match=r"ended with 1:(.|\n)*Read-only file system"):
        runtime.start()
    runtime.wait()
