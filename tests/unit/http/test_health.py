"""Whether the runtime lives, and whether it works."""

from __future__ import annotations

import pytest

from support.http_wire import Server


@pytest.mark.parametrize("phase", ["starting", "ready", "draining"])
def test_the_runtime_lives_as_soon_as_it_answers(phase: str) -> None:
    server = Server()
    server.runtime.phase = phase

    assert server.ask("GET", "/health/live").status == 200


@pytest.mark.parametrize(
    ("phase", "storage_ok", "is_healthy", "status", "word"),
    [
        ("starting", True, True, 503, "starting"),
        ("draining", True, True, 503, "draining"),
        ("ready", False, True, 503, "disk"),
        ("ready", True, True, 200, "ok"),
        ("ready", True, False, 200, "degraded"),
    ],
)
def test_it_is_ready_when_it_can_do_its_work(
    phase: str, storage_ok: bool, is_healthy: bool, status: int, word: str
) -> None:
    server = Server()
    server.runtime.phase = phase
    server.runtime.storage_ok = storage_ok
    server.runtime.is_healthy = is_healthy

    reply = server.ask("GET", "/health/ready")

    assert (reply.status, reply.json) == (status, {"status": word})
