"""Take the place of the runtime that has the home, without a connection being refused.

This process has read its project and opened nothing yet. The other one listens on a socket in the
home (`orgloop.daemon.succession.handover`) and is told, in lines of JSON:

1. ``{"take": "listeners", "pid": N}``; it answers ``{"listeners": […]}`` with the descriptors of
   what it listens on, or ``{"refused": "…"}``;
2. ``{"taken": true}``; from then on it is on its way out, and connections wait for this process.

The conversation lasts until the other process ends. If that is asked to stop meanwhile, it says
``{"stopped": "…"}``: then nobody wants this one any more.
"""

from __future__ import annotations

import math
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson
from attrs import frozen

from orgloop.daemon.succession.doorway import connect
from orgloop.errors import AlreadyRunning, OrgLoopError
from orgloop.http.listen import InheritedListener
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock, LockHolder

_PATIENCE_SECONDS = 5.0
"""For a runtime that works; one whose reactor stands still is none to take listeners from."""
_CHUNK = 65536
_MOST_DESCRIPTORS = 16
_ADVICE = "stop it with `orgloop stop`, then start a new one"


@frozen
class TakenOver:
    """A home that was another runtime's."""

    lock: HomeLock
    listeners: Mapping[str, InheritedListener]


def take_over(home: Home, pid: int) -> TakenOver:
    """Have the runtime that runs go, wait until it has, and return what was its own.

    Blocks for as long as that needs. The home of a runtime that has crashed is taken as it is.
    Raises `OrgLoopError` if the other one goes on as before, or if it was stopped.
    """
    holder = LockHolder(pid=pid)
    try:
        conversation = connect(home.handover_socket, _PATIENCE_SECONDS)
    except OSError as error:
        with suppress(AlreadyRunning):
            return TakenOver(_left_by_a_crash(home, holder), {})
        raise OrgLoopError(
            f"the running runtime cannot be asked to make way ({error.strerror or error}): it is "
            f"starting, stopping or being replaced; try again in a moment, or {_ADVICE}"
        ) from error
    with conversation:
        listeners, received = _ask(conversation, pid)
        conversation.settimeout(None)
        _await_end(conversation, received)
    return TakenOver(HomeLock.acquire(home, holder, patience_seconds=math.inf), listeners)


def _left_by_a_crash(home: Home, holder: LockHolder) -> HomeLock:
    """Take the home of a runtime that has died: one that was stopped has removed its port file."""
    lock = HomeLock.acquire(home, holder)
    if not home.port_file.exists():
        lock.release()
        raise _stopped("it ended before this one was prepared")
    return lock


def _stopped(why: str) -> OrgLoopError:
    return OrgLoopError(
        f"the runtime that was to be replaced was stopped ({why}): none takes its place; "
        "if one is wanted, run `orgloop start`"
    )


def _ask(conversation: socket.socket, pid: int) -> tuple[Mapping[str, InheritedListener], bytes]:
    """Return what the other one listens on, and what it has said after that."""
    asked = orjson.dumps({"take": "listeners", "pid": pid}) + b"\n"
    try:
        conversation.sendall(asked)
        answer, descriptors, received = _answer(conversation)
        if "listeners" in answer:
            conversation.sendall(b'{"taken": true}\n')
    except (OSError, ValueError) as error:
        raise OrgLoopError(
            f"the running runtime does not hand over ({error}): {_ADVICE}"
        ) from error
    if "listeners" not in answer:
        raise OrgLoopError(f"the running runtime does not hand over: {answer.get('refused')}")
    listeners = {
        name: InheritedListener(descriptor)
        for name, descriptor in zip(answer["listeners"], descriptors, strict=True)
    }
    return listeners, received


def _answer(conversation: socket.socket) -> tuple[Any, list[int], bytes]:
    received, descriptors = b"", list[int]()
    while b"\n" not in received:
        data, some, _, _ = socket.recv_fds(conversation, _CHUNK, _MOST_DESCRIPTORS)
        if not data:
            raise ConnectionResetError("it hung up")
        received += data
        descriptors += some
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    line, _, rest = received.partition(b"\n")
    return orjson.loads(line), descriptors, rest


def _await_end(conversation: socket.socket, received: bytes) -> None:
    """Wait until the other process is gone; raise `OrgLoopError` if it was to be the last one."""
    with suppress(OSError):
        while data := conversation.recv(_CHUNK):
            received += data
    for line in received.splitlines():
        raise _stopped(orjson.loads(line)["stopped"])
