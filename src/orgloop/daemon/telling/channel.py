"""What a supervisor and its runtime tell each other, over a pair of connected sockets.

Each message is a line of JSON, an object with ``say``; an empty line is a *beat*: the runtime's
reactor turns. Descriptors (of listening sockets) travel beside the message that names them. The end
of the stream tells each side that the other is gone, however it ended.

From the runtime: ``prepared`` (`Prepared`: the project is valid, this is how to supervise it),
``listeners`` (with the descriptors of those it has opened itself; ``in_use`` names all that it
listens on), ``ready``, ``failed``, ``stopping`` (with the ``reason``).
From the supervisor: ``begin`` (go on; with the listeners that are open already, ``supervisor_pid``,
``restarts``, ``last_exit``, and if there is one, ``manager``: the service manager that started it;
``final`` names the listeners whose address counts, whatever is configured), and ``make way`` (let
the connections end, then stop: another runtime goes on with what this one listens on).
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
from attrs import define, field, frozen

_CHUNK = 65536
_MOST_DESCRIPTORS = 16
# A message fits into the buffer of a socket, unless that is full of what nobody reads.
_PATIENCE_SECONDS = 1.0


@frozen
class Message:
    """One line. A beat says nothing."""

    say: str = ""
    fields: Mapping[str, Any] = field(factory=dict)
    descriptors: Mapping[str, int] = field(factory=dict)
    """By the name of the listener; whoever receives them closes them."""

    @property
    def is_beat(self) -> bool:
        """Whether this is only a sign of life."""
        return not self.say


class ChannelClosed(Exception):
    """The other side is gone."""


@define(eq=False)
class Channel:
    """One end of the pair."""

    _socket: socket.socket
    _received: bytes = field(default=b"", init=False)
    _descriptors: deque[int] = field(factory=deque, init=False)

    @classmethod
    def inherited(cls, descriptor: int) -> Channel:
        """Take up the end that the parent process handed over; children shall not have it."""
        end = socket.socket(fileno=descriptor)
        end.set_inheritable(False)
        return cls(end)

    @classmethod
    def pair(cls) -> tuple[Channel, socket.socket]:
        """Return an end, and the other one to hand to a child."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        ours.setblocking(False)
        return cls(ours), theirs

    def fileno(self) -> int:
        """Return the descriptor, for a reactor that watches it."""
        return self._socket.fileno()

    def beat(self) -> None:
        """Give a sign of life, unless the other side has not read the last ones."""
        with suppress(OSError):
            self._socket.send(b"\n", socket.MSG_DONTWAIT)

    def send(
        self, say: str, fields: Mapping[str, Any] | None = None, listeners: Mapping[str, int] = {}
    ) -> None:
        """Send a message with copies of the listeners' descriptors; nothing if nobody is there."""
        line = orjson.dumps({**(fields or {}), "say": say, "listeners": list(listeners)}) + b"\n"
        self._socket.settimeout(_PATIENCE_SECONDS)
        try:
            sent = socket.send_fds(self._socket, [line], list(listeners.values()))
            self._socket.sendall(line[sent:])
        except OSError:
            return
        finally:
            self._socket.setblocking(False)

    def wait(self) -> Message:
        """Block until a message (no beat) comes; raise `ChannelClosed` at the end.

        For the time before the reactor turns.
        """
        self._socket.setblocking(True)
        try:
            while True:
                for message in self.receive():
                    if not message.is_beat:
                        return message
        finally:
            self._socket.setblocking(False)

    def receive(self) -> list[Message]:
        """Return the messages that have come; raise `ChannelClosed` if no more will."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._socket, _CHUNK, _MOST_DESCRIPTORS)
        except BlockingIOError:
            return []
        except OSError as error:
            raise ChannelClosed from error
        if not data:
            raise ChannelClosed
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self._descriptors.extend(descriptors)
        *lines, self._received = (self._received + data).split(b"\n")
        return [self._message(line) for line in lines]

    def close(self) -> None:
        """Close this end, which tells the other."""
        self._socket.close()

    def _message(self, line: bytes) -> Message:
        if not line:
            return Message()
        fields = orjson.loads(line)
        say, names = fields.pop("say"), fields.pop("listeners")
        return Message(say, fields, {name: self._descriptors.popleft() for name in names})
