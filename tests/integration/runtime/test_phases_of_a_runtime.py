"""The loggers of a project are told of its whole life, and the file of which runtime it was."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest_twisted
from attrs import evolve
from twisted.internet import reactor

import orgloop
from orgloop.config.model import LoggerDefinition, ProjectDefinition
from orgloop.loggers.file import registration
from orgloop.loggers.file.config import FileConfig
from orgloop.runtime.observers import Observers
from orgloop.runtime.runtime import Runtime
from orgloop.sdk.http import HTTPClient
from orgloop.storage.home import Home
from support.world import PLACE, Worker, actor, project, route, source


def written_to(file: Path, name: str) -> ProjectDefinition:
    logger = LoggerDefinition(
        id="books",
        plugin="file",
        registration=registration,
        config=FileConfig(path=file),
        place=PLACE,
    )
    made = project(source(), actor(Worker()), route(), name=name)
    return evolve(made, loggers={"books": logger})


@pytest_twisted.ensureDeferred
async def test_a_project_comes_and_goes_in_its_own_log(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    runtime = Runtime(
        home=home,
        reactor=reactor,
        environ={},
        http_client=HTTPClient(reactor),
        now_ms=lambda: 1_767_225_600_000,
        observers=Observers(reactor),
    )
    await runtime.open()
    await runtime.load_project(written_to(tmp_path / "one.log", "one"))
    await runtime.load_project(written_to(tmp_path / "two.log", "two"))
    runtime.ready()
    await runtime.unload_project("one", grace_seconds=5)
    await runtime.stop_intake(5)
    await runtime.drain(5)
    await runtime.flush_loggers()
    await runtime.save()

    one, two = (
        [json.loads(line) for line in (tmp_path / name).read_text("utf-8").splitlines()]
        for name in ("one.log", "two.log")
    )
    assert [entry["phase"] for entry in one] == [
        "module.active",
        "runtime.start",
        "module.unloading",
        "module.removed",
    ]
    assert [entry["phase"] for entry in two] == ["module.active", "runtime.start", "runtime.stop"]
    for entry in (*one, *two):
        assert entry["project"] == entry["module"]
        assert entry["orgloop_version"] == orgloop.__version__
        assert entry["hostname"] == socket.gethostname()
