"""Whoever stops a runtime while another one is to take its place wants neither of them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.census import NOTHING_LEFT
from support.lifecycle import PROJECT, Installation, Mode
from support.waiting import LIMIT_SECONDS, until, until_written

both = pytest.mark.parametrize("mode", [Mode.DAEMON, Mode.SUPERVISED], ids=str)
unsupervised = pytest.mark.parametrize("mode", [Mode.DAEMON], ids=str)

# A plugin of the next runtime's project, which is read before that asks for the home: it says that
# it is being imported, and waits.
PLUGIN = """\
import pathlib, time
from zope.interface import implementer
from orgloop.sdk import IWebhookSource, Registration

here = pathlib.Path(__file__).parent
(here / "reading").touch()
while not (here / "go").exists():
    time.sleep(0.01)

@implementer(IWebhookSource)
class Source:
    path, is_signed = None, False
    def __init__(self, config, context): pass
    async def start(self): pass
    async def stop(self): pass
    def verify(self, request): return True
    async def receive(self, request): raise NotImplementedError

registration = Registration(id="slow", source=Source)
"""


# What the actor does until it is let through: the delivery is under way.
WAITING = "touch delivering; until test -e open; do sleep 0.02; done; true"


@both
def test_a_runtime_that_is_stopped_while_the_next_one_reads_the_project_is_the_last(
    installed: Installation,
) -> None:
    installed.started()
    with _restart(installed) as restart:
        os.kill(installed.runtime, signal.SIGTERM)
        until(lambda: not (installed.home / "runtime.port").exists(), "the runtime to stop")
        (installed.project / "go").touch()
        status = restart.wait(LIMIT_SECONDS)

    assert status == 1
    assert installed.await_nobody() == NOTHING_LEFT


@both
def test_a_stop_waits_for_the_end_of_a_restart(installed: Installation) -> None:
    installed.started()
    with _restart(installed) as restart:
        stop = subprocess.Popen(installed.command("stop"), env=installed.environ)
        until(lambda: not (installed.home / "runtime.port").exists(), "the runtime to stop")
        (installed.project / "go").touch()
        statuses = restart.wait(LIMIT_SECONDS), stop.wait(LIMIT_SECONDS)

    assert statuses == (1, 0)
    assert installed.left() == NOTHING_LEFT


@both
@pytest.mark.parametrize("stop", ["stop", "signal"])
def test_a_runtime_that_is_stopped_while_it_makes_way_is_the_last(
    installed: Installation, stop: str
) -> None:
    installed.file.write_text(PROJECT.replace("test -e open", WAITING))
    installed.started()
    log = installed.home / "logs" / "orgloop.log"
    events = installed.accept(1)
    until(lambda: (installed.project / "delivering").exists(), "the delivery")

    with _restart(installed) as restart:
        (installed.project / "go").touch()
        until_written(log, "takes its place")
        runtime = installed.runtime
        asking = [["kill", str(runtime)], installed.command("stop")][stop == "stop"]
        stopping = subprocess.Popen(asking, env=installed.environ)
        until_written(log, "SIGTERM")
        installed.let_through()
        statuses = restart.wait(LIMIT_SECONDS), stopping.wait(LIMIT_SECONDS)

    assert statuses == (1, 0)
    assert installed.await_nobody() == NOTHING_LEFT
    assert installed.await_delivered(events)


@unsupervised
def test_a_runtime_that_was_killed_while_the_next_one_reads_the_project_is_replaced(
    installed: Installation,
) -> None:
    installed.started()
    before = installed.runtime
    with _restart(installed) as restart:
        os.kill(before, signal.SIGKILL)
        (installed.project / "go").touch()
        status = restart.wait(LIMIT_SECONDS)

    assert status == 0
    assert installed.runtime != before
    assert installed.accept()


@contextmanager
def _restart(installed: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """Restart into a project that is being read until the file ``go`` is there."""
    (installed.project / "slow.py").write_text(PLUGIN)
    slow = "sources:\n  - {id: slow, connector: ./slow.py}"
    installed.file.write_text(PROJECT.replace("sources:", slow))
    with (installed.place / "said").open("wb") as said:
        restart = subprocess.Popen(
            installed.command("restart"), env=installed.environ, stdout=said, stderr=said
        )
        until(lambda: (installed.project / "reading").exists(), "the next runtime")
        yield restart
