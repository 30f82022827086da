"""A supervisor that is killed before its first runtime is ready: the start has failed."""

from __future__ import annotations

import os
import signal

import pytest

from support.census import NOTHING_LEFT
from support.lifecycle import PROJECT, Installation, Mode
from support.waiting import LIMIT_SECONDS, until, until_gone

daemon = pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)

# Where the supervisor is killed: before the runtime has begun, or after.
PLUGIN = """\
import os, pathlib, time
from twisted.internet.defer import Deferred
from orgloop.sdk import Registration

here = pathlib.Path(__file__).parent
supervisor = os.getppid()

def touch():
    (here / "reached").write_text(str(supervisor))

class Source:
    path, is_signed = None, False
    def __init__(self, config, context): pass
    async def start(self):
        touch()
        await Deferred()
    async def stop(self): pass
    def verify(self, request): return True
    async def receive(self, request): raise NotImplementedError

if (here / "import").exists():
    touch()
    while os.getppid() == supervisor:
        time.sleep(0.01)
registration = Registration(id="slow", source=Source)
"""


@daemon
@pytest.mark.parametrize("while_importing", [True, False], ids=["prepares", "starts"])
def test_the_command_returns_when_nothing_is_left(
    installed: Installation, *, while_importing: bool
) -> None:
    (installed.project / "slow.py").write_text(PLUGIN)
    slow = "sources:\n  - {id: slow, connector: ./slow.py}"
    installed.file.write_text(PROJECT.replace("sources:", slow))
    if while_importing:
        (installed.project / "import").touch()
    command = installed.begin()
    supervisor = int(until(lambda: (installed.project / "reached").read_text(), "the plugin"))

    os.kill(supervisor, signal.SIGKILL)
    until_gone(supervisor)

    assert command.wait(LIMIT_SECONDS) == 1
    assert installed.left() == NOTHING_LEFT
