"""What a process takes from systemd: the environment, and the descriptors that come with it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from orgloop.daemon.managers.systemd import NotifySocket, Systemd

OTHER = os.getpid() + 1

# Puts each of the sockets named in its arguments at 3, 4, …, as systemd does, and shows what is
# made of them.
TAKER = """
import json, os, socket, sys
made = []
for kind in sys.argv[1:]:
    family = {"6": socket.AF_INET6, "u": socket.AF_UNIX}.get(kind, socket.AF_INET)
    one = socket.socket(family, socket.SOCK_DGRAM if kind == "d" else socket.SOCK_STREAM)
    if kind == "u":
        one.bind("\\0orgloop-test-%d" % os.getpid())
    else:
        one.bind(("::1" if kind == "6" else "127.0.0.1", 0))
    if kind not in "dq":
        one.listen()
    made.append(one)
held = [os.dup2(one.fileno(), 100 + at) for at, one in enumerate(made)]
for one in made:
    one.close()
for at, descriptor in enumerate(held):
    os.dup2(descriptor, 3 + at)
from orgloop.daemon.managers.systemd import Systemd
from orgloop.errors import OrgLoopError
os.environ["LISTEN_PID"] = str(os.getpid())
try:
    taken = Systemd.taken_from(os.environ, os.getpid())
except OrgLoopError as error:
    print(json.dumps(str(error)))
else:
    kept = [os.get_inheritable(one) for one in taken.listeners.values()]
    left = [name for name in os.environ if name.startswith("LISTEN_")]
    print(json.dumps([taken.listeners, kept, left]))
"""


def taken(sockets: Sequence[str], **environ: str) -> object:
    """Return what is made of sockets: 4 and 6 of TCP, u of UNIX, d of UDP, q one that is quiet."""
    outcome = subprocess.run(
        [sys.executable, "-c", TAKER, *sockets],
        env={**os.environ, "LISTEN_FDS": str(len(sockets)), **environ},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return json.loads(outcome.stdout)


def test_a_process_of_its_own_was_told_nothing() -> None:
    environ = {"PATH": "/bin"}

    assert Systemd.taken_from(environ, os.getpid()) == Systemd()
    assert environ == {"PATH": "/bin"}


def test_every_variable_is_taken_out_also_those_meant_for_another_process() -> None:
    environ = {
        "PATH": "/bin",
        "NOTIFY_SOCKET": "/run/notify",
        "WATCHDOG_USEC": "1000000",
        "WATCHDOG_PID": str(OTHER),
        "LISTEN_PID": str(OTHER),
        "LISTEN_FDS": "1",
        "LISTEN_FDNAMES": "http",
        "INVOCATION_ID": "1",
        "SYSTEMD_EXEC_PID": str(OTHER),
    }

    Systemd.taken_from(environ, os.getpid())

    assert environ == {"PATH": "/bin"}


def test_descriptors_meant_for_another_process_are_left_alone() -> None:
    environ = {"LISTEN_PID": str(OTHER), "LISTEN_FDS": "1"}

    assert Systemd.taken_from(environ, os.getpid()).listeners == {}


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(OTHER)}, None),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "me"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-5"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "\u0663"}, None),
        ({"WATCHDOG_USEC": ""}, None),
    ],
)
def test_the_watchdog_is_fed_only_where_it_is_meant_for_us(
    told: dict[str, str], seconds: float | None
) -> None:
    assert Systemd.taken_from(dict(told), os.getpid()).watchdog_seconds == seconds


@pytest.mark.parametrize(
    ("told", "is_manager"),
    [
        ({"NOTIFY_SOCKET": "@x"}, True),
        ({"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": str(os.getpid())}, True),
        ({"INVOCATION_ID": "1"}, True),
        # A shell in a terminal that is a service of the desktop.
        ({"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": str(OTHER)}, False),
        ({"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": "?"}, False),
        ({}, False),
    ],
)
def test_a_terminal_of_the_desktop_is_no_service(told: dict[str, str], is_manager: bool) -> None:
    assert Systemd.taken_from(dict(told), os.getpid()).is_manager is is_manager


@pytest.mark.parametrize("count", ["", "0", "one", "-1", "1e3"])
def test_a_count_that_makes_no_sense_hands_over_nothing(count: str) -> None:
    environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": count}

    assert Systemd.taken_from(environ, os.getpid()).listeners == {}


@pytest.mark.parametrize(
    ("sockets", "names", "expected"),
    [
        ("4", None, {"http": 3}),
        ("6", "orgloop.socket", {"http": 3}),
        ("46", None, {"http": 3, "webhooks": 4}),
        ("44", "webhooks:http", {"webhooks": 3, "http": 4}),
        ("44", "webhooks:orgloop.socket", {"webhooks": 3, "http": 4}),
        ("44", "webhooks", {"webhooks": 3, "http": 4}),
        ("4", "webhooks", {"webhooks": 3}),
    ],
)
def test_sockets_are_taken_by_their_names_then_by_their_order(
    sockets: str, names: str | None, expected: dict[str, int]
) -> None:
    environ = {} if names is None else {"LISTEN_FDNAMES": names}

    assert taken(sockets, **environ) == [expected, [False] * len(sockets), []]


@pytest.mark.parametrize(
    ("sockets", "environ", "why"),
    [
        ("444", {}, "3 sockets"),
        ("44", {"LISTEN_FDNAMES": "http:http"}, "two sockets named http"),
        ("d", {}, "descriptor 3, a socket that has no connections"),
        ("u", {}, "descriptor 3, a socket that is not a TCP one"),
        ("q", {}, "descriptor 3, a socket that does not listen"),
        ("4", {"LISTEN_FDS": "2"}, "descriptor 4, which is no socket"),
    ],
)
def test_what_cannot_be_listened_on_is_refused_with_the_reason(
    sockets: str, environ: dict[str, str], why: str
) -> None:
    said = str(taken(sockets, **environ))

    assert said.startswith(f"systemd hands over {why}"), said
    assert "mend the .socket unit" in said


@pytest.fixture
def ears() -> socket.socket:
    """A datagram socket, as systemd has one."""
    return socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)


@pytest.mark.parametrize("name", ["@orgloop-%d-notify", "%s/notify"])
def test_messages_arrive_at_paths_and_at_abstract_names(
    ears: socket.socket, tmp_path: Path, name: str
) -> None:
    address = name % (tmp_path if name.startswith("%s") else os.getpid())
    ears.bind(address.replace("@", "\0"))
    notify = NotifySocket.at(address)

    with ears:
        assert notify.tell("READY=1", "STATUS=ok \u2713")
        assert ears.recv(100) == "READY=1\nSTATUS=ok \u2713".encode()
    notify.close()


@pytest.mark.parametrize(
    "address",
    ["/nowhere/at/all", "relative", "/" + "x" * 200, "@", "@" + "x" * 200, "/a\0b", "vsock:2:1"],
)
def test_a_socket_that_is_not_there_stops_nothing(address: str) -> None:
    notify = NotifySocket.at(address)

    assert notify.tell("READY=1")
    notify.close()


def test_a_full_socket_is_said_to_be_full(ears: socket.socket, tmp_path: Path) -> None:
    ears.bind(str(tmp_path / "notify"))
    notify = NotifySocket.at(str(tmp_path / "notify"))

    with ears:
        told = 0
        while notify.tell("x" * 1000):
            told += 1
        assert ears.recv(2000) == b"x" * 1000
        assert notify.tell("READY=1")
    assert told > 0
    notify.close()


def test_it_is_light_enough_for_a_supervisor() -> None:
    asked = (
        "import orgloop.daemon.managers.systemd, orgloop.daemon.managers.notifier, sys; "
        "print([name for name in sys.modules if name.startswith(('orgloop.config', "
        "'orgloop.runtime', 'orgloop.http', 'yaml', 'klein', 'treq'))])"
    )

    assert subprocess.check_output([sys.executable, "-c", asked], text=True) == "[]\n"
