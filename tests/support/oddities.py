"""A source, in a file of a project, that does what a test has written down for it."""

from __future__ import annotations

from pathlib import Path

_PLUGIN = """\
import os, sys, threading, time
from twisted.internet.defer import Deferred, fail
from orgloop.durations import Duration
from orgloop.plugin import Registration


class Source:
    path, is_signed = None, False

    def __init__(self, config, context):
        self.clock = context.clock

    async def start(self):
        START

    async def stop(self):
        STOP

    def verify(self, request): return True
    async def receive(self, request): raise NotImplementedError


def boom(what=ValueError):
    raise what("odd")

def place(name):
    return os.path.join(os.path.dirname(__file__), name)

def touch(name):
    open(place(name), "w").close()

BEYOND
registration = Registration(id="odd", source=Source)
"""


def with_odd_source(
    project: Path, *, start: str = "pass", stop: str = "pass", beyond: str = ""
) -> None:
    """Give a project a source whose ``start`` and ``stop`` are these lines of Python."""
    text = _PLUGIN.replace("START", start.replace("\n", "\n        "))
    text = text.replace("STOP", stop.replace("\n", "\n        ")).replace("BEYOND", beyond)
    (project / "odd.py").write_text(text, "utf-8")
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write("sources:\n  - {id: odd, connector: ./odd.py}\n")
