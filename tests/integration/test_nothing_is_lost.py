"""What was accepted arrives, whatever happens to the processes in between."""

from __future__ import annotations

import http.client
import json
import signal
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from support.process import RuntimeProcess, SinkProcess, sink

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {{name: keeping}}
sources:
  - {{id: hook, connector: webhook}}
actors:
  - id: desk
    connector: webhook
    config: {{url: "http://127.0.0.1:{port}/"}}
    delivery:
      retry: {{max_attempts: 100, initial_delay: 50ms, max_delay: 200ms}}
      circuit_breaker: {{cooldown: 1s}}
transforms:
  - {{name: once, type: package, package: dedup, config: {{key: [payload.n], window: 5m}}}}
routes:
  - name: all
    when: {{source: hook}}
    transforms: [{{ref: once}}]
    then: {{actor: desk, delivery: {{order_by: "{{{{payload.key}}}}"}}}}
"""


class Sender:
    """Keep sending webhooks from several threads, and remember what was accepted."""

    def __init__(self, runtime: RuntimeProcess, threads: int = 4) -> None:
        self.runtime = runtime
        self.accepted: list[str] = []
        self.counter = iter(range(1_000_000))
        self.enough = threading.Event()
        self.reached = threading.Condition()
        self._threads = [threading.Thread(target=self._send) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _send(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.runtime.port, timeout=60)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            while not self.enough.is_set() and self._send_one(connection):
                pass

    def _send_one(self, connection: http.client.HTTPConnection) -> bool:
        number = next(self.counter)
        connection.request(
            "POST", "/webhook/hook", json.dumps({"n": number, "key": number % 7}).encode()
        )
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == 200:
            with self.reached:
                self.accepted.append(json.loads(content)["event_id"])
                self.reached.notify_all()
        return answer.status == 200

    def wait_for(self, count: int) -> None:
        with self.reached:
            self.reached.wait_for(lambda: len(self.accepted) >= count)

    def stop(self) -> None:
        self.enough.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def target() -> Iterator[SinkProcess]:
    with sink(keeps_bodies=True) as running:
        yield running


@pytest.fixture
def runtime(tmp_path: Path, target: SinkProcess) -> Iterator[RuntimeProcess]:
    project = tmp_path / "orgloop.yaml"
    project.write_text(PROJECT.format(port=target.port))
    running = RuntimeProcess(project, tmp_path / "home").start()
    yield running
    running.stop()


def arrived(target: SinkProcess, accepted: list[str]) -> list[str]:
    """Return the event ids that arrived, once all that were accepted have."""
    count = 0
    while not set(accepted) <= {event for event, *_ in target.arrivals()}:
        count = target.wait_for(count + 1)
    return [event for event, *_ in target.arrivals()]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_everything_accepted_arrives_after_a_kill(
    runtime: RuntimeProcess, target: SinkProcess, seed: int
) -> None:
    sender = Sender(runtime)
    sender.wait_for(Random(seed).randrange(20, 400))
    assert runtime.kill(signal.SIGKILL) == -signal.SIGKILL
    sender.stop()
    runtime.start()
    assert set(sender.accepted) <= set(arrived(target, sender.accepted))


@pytest.mark.slow
def test_nothing_settled_before_a_kill_is_delivered_again(
    runtime: RuntimeProcess, target: SinkProcess
) -> None:
    sender = Sender(runtime)
    sender.wait_for(100)
    sender.stop()
    arrived(target, sender.accepted)
    while runtime.get("/api/deliveries?state=matched,waiting,delivering"):
        target.wait_for(0)
    runtime.kill(signal.SIGKILL)
    runtime.start()
    runtime.kill(signal.SIGTERM)
    assert len(target.arrivals()) == len(set(sender.accepted))


@pytest.mark.slow
def test_everything_accepted_arrives_after_a_graceful_stop_under_traffic(
    runtime: RuntimeProcess, target: SinkProcess
) -> None:
    sender = Sender(runtime)
    sender.wait_for(200)
    assert runtime.kill(signal.SIGTERM) == 0
    sender.stop()
    before = [event for event, *_ in target.arrivals()]
    runtime.start()
    events = arrived(target, sender.accepted)
    assert len(events) == len(set(events)), "a graceful stop doubles nothing"
    assert set(before) <= set(events)


@pytest.mark.slow
def test_what_waits_for_a_dead_actor_arrives_in_order_per_key(tmp_path: Path) -> None:
    with sink() as placeholder:
        port = placeholder.port
    project = tmp_path / "orgloop.yaml"
    project.write_text(PROJECT.format(port=port))
    runtime = RuntimeProcess(project, tmp_path / "home").start()
    sender = Sender(runtime, threads=1)
    sender.wait_for(200)
    sender.stop()
    with sink(port, keeps_bodies=True) as target:
        arrived(target, sender.accepted)
        numbers: dict[int, list[int]] = {}
        for _, _, _, body in target.arrivals():
            payload = json.loads(body)["event"]["payload"]
            numbers.setdefault(payload["key"], []).append(payload["n"])
        runtime.stop()
    assert len(numbers) == 7
    assert all(seen == sorted(seen) for seen in numbers.values())
