"""What a runtime and its supervisor tell each other, at the runtime's end."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from orgloop.config.model import HTTPSettings, ProjectDefinition
from orgloop.config.runtime import SupervisorSettings
from orgloop.daemon.telling.channel import Channel, ChannelClosed, Message
from orgloop.daemon.telling.link import SupervisorLink
from orgloop.daemon.telling.witness import ReadyRuntime
from orgloop.durations import Duration
from orgloop.http.listen import InheritedListener

RUNTIME = ReadyRuntime(pid=7, project="house", url="http://127.0.0.1:4800", log="orgloop.log")


class Reactor(Clock):
    """A clock that knows who reads."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[Any] = []

    def addReader(self, reader: Any) -> None:
        self.readers.append(reader)

    def removeReader(self, reader: Any) -> None:
        self.readers.remove(reader)


class Ends:
    """The runtime's link, and the supervisor's end of the channel."""

    def __init__(self) -> None:
        self.supervisor, other = Channel.pair()
        other.setblocking(False)
        self.link = SupervisorLink(Channel(other))
        self.reactor = Reactor()
        self.losses = 0
        self.calls_to_make_way = 0

    def watch(self, heartbeat_seconds: float = 30) -> None:
        self.link.watch(
            self.reactor, heartbeat_seconds, on_make_way=self.make_way, on_gone=self.lose
        )

    def make_way(self) -> None:
        self.calls_to_make_way += 1

    def lose(self) -> None:
        self.losses += 1

    def said(self) -> list[Message]:
        return self.supervisor.receive()


@pytest.fixture
def ends() -> Iterator[Ends]:
    both = Ends()
    yield both
    both.supervisor.close()
    both.link.channel.close()


def test_it_is_what_a_reactor_reads_from(ends: Ends) -> None:
    verifyObject(IReadDescriptor, ends.link)


def test_it_says_how_the_project_wants_to_be_supervised(ends: Ends) -> None:
    definition = ProjectDefinition(
        name="house",
        file=Path("/house/orgloop.yaml"),
        http=HTTPSettings(host="::1"),
        supervisor=SupervisorSettings(heartbeat_interval=Duration(500), max_restarts=3),
    )

    ends.link.prepared(definition)

    (message,) = ends.said()
    assert message.say == "prepared"
    assert message.fields == {
        "project": "house",
        "file": "/house/orgloop.yaml",
        "host": "::1",
        "heartbeat_ms": 500,
        "backoff_initial_ms": 1_000,
        "backoff_max_ms": 30_000,
        "max_restarts": 3,
        "window_ms": 300_000,
        "log_level": "info",
        "log_format": None,
    }


def test_it_begins_with_what_it_is_told_and_handed(ends: Ends) -> None:
    told = {
        "supervisor_pid": 6,
        "restarts": 2,
        "last_exit": "signal 9",
        "manager": "systemd",
        "final": ["webhooks"],
    }
    with socket.create_server(("127.0.0.1", 0)) as opened:
        handed = {"http": opened.fileno(), "webhooks": opened.fileno()}
        ends.supervisor.send("begin", told, handed)

        begun = ends.link.wait()

        is_same = os.path.sameopenfile(begun.listeners["http"].descriptor, opened.fileno())
    assert is_same
    assert (begun.supervision.supervisor_pid, begun.supervision.restarts) == (6, 2)
    assert begun.supervision.last_exit == "signal 9"
    assert begun.manager == "systemd"
    assert [one.is_final for one in begun.listeners.values()] == [False, True]
    assert not any(os.get_inheritable(one.descriptor) for one in begun.listeners.values())
    close(*begun.listeners.values())


def close(*listeners: InheritedListener) -> None:
    for listener in listeners:
        os.close(listener.descriptor)


def test_it_never_begins_once_the_supervisor_is_gone(ends: Ends) -> None:
    ends.supervisor.close()

    with pytest.raises(ChannelClosed):
        ends.link.wait()


@pytest.mark.parametrize(
    ("heartbeat_seconds", "beats"), [(30, 4), (0.3, 31)], ids=["each second", "thrice a period"]
)
def test_it_gives_signs_of_life(ends: Ends, heartbeat_seconds: float, beats: int) -> None:
    ends.watch(heartbeat_seconds)
    for _ in range(31):
        ends.reactor.advance(0.1)

    said = ends.said()

    assert all(message.is_beat for message in said)
    assert beats <= len(said) <= beats + 1


def test_a_supervisor_that_dies_is_noticed_once(ends: Ends) -> None:
    ends.watch()

    ends.supervisor.close()
    ends.link.doRead()
    ends.link.doRead()

    assert ends.losses == 1
    assert not ends.reactor.readers
    assert not ends.reactor.getDelayedCalls()


def test_it_is_told_to_make_way(ends: Ends) -> None:
    ends.watch()

    ends.supervisor.send("make way")
    ends.link.doRead()

    assert ends.calls_to_make_way == 1
    assert ends.losses == 0


def test_it_tells_how_the_runtime_is_getting_on(ends: Ends) -> None:
    ends.link.ready(RUNTIME)
    ends.link.stopping("SIGTERM")
    ends.link.failed(4, ["wrong"])

    ready, stopping, failed = ends.said()

    assert (ready.say, ready.fields["port"], ready.fields["pid"]) == ("ready", 4800, 7)
    assert (stopping.say, stopping.fields) == ("stopping", {"reason": "SIGTERM"})
    assert (failed.say, failed.fields) == ("failed", {"exit_code": 4, "lines": ["wrong"]})


def test_after_the_stop_it_leaves_the_reactor_alone_and_the_channel_open(ends: Ends) -> None:
    ends.watch()
    ends.said()

    Deferred.fromCoroutine(ends.link.stopped())

    assert not ends.reactor.readers
    assert not ends.reactor.getDelayedCalls()
    assert ends.said() == []


def test_sockets_that_it_opened_are_shared_and_those_in_use_are_named(ends: Ends) -> None:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        ends.link.share({"http": opened.fileno()}, ["http", "webhooks"])

        (message,) = ends.said()

    assert message.say == "listeners"
    assert message.fields == {"in_use": ["http", "webhooks"]}
    assert list(message.descriptors) == ["http"]
    os.close(message.descriptors["http"])
