"""The runtime as a service of systemd: a real socket that hears, and real sockets that listen."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from threading import Thread

import pytest

from orgloop.storage.home import Home
from orgloop.storage.lock import holder_of
from support.manager import ServiceManager, calling
from support.waiting import until, until_gone

PROJECT = """\
apiVersion: orgloop/v1alpha1
kind: Project
metadata: {name: hello}
sources:
  - {id: hook, connector: webhook}
actors:
  - id: look
    connector: command
    config:
      command: [sh, -c, "ls -l /proc/$$/fd > descriptors; env > environment"]
      emit_stopped: false
routes:
  - {name: all, when: {source: hook}, then: {actor: look}}
"""
SECOND_LISTENER = "http: {webhooks: {port: 0}}\n"


@pytest.fixture
def systemd(project: Path, home: Path) -> Iterator[ServiceManager]:
    (project / "orgloop.yaml").write_text(PROJECT, "utf-8")
    manager = ServiceManager(project, home)
    yield manager
    manager.close()


def ask(
    port: int, method: str, path: str, body: bytes | None = None, host: str = "127.0.0.1"
) -> int:
    """Make one request on a connection of its own; return the status."""
    connection = http.client.HTTPConnection(host, port, timeout=60)
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body, headers)
        return connection.getresponse().status


def test_a_service_says_when_it_is_ready_how_it_is_and_that_it_stops(
    systemd: ServiceManager,
) -> None:
    systemd.start()

    first = systemd.hear()
    assert first == {"EXTEND_TIMEOUT_USEC": "30000000", "STATUS": "starting"}
    ready = systemd.hear_until("READY")
    assert ready == {
        "READY": "1",
        "MAINPID": str(systemd.pid),
        "STATUS": "hello: ok, 1 source, 0 deliveries waiting",
    }
    assert systemd.stop() == 0
    assert systemd.hear_until("STOPPING")["STATUS"] == "stopping: SIGTERM"


def test_a_reload_is_answered_although_nothing_is_read(systemd: ServiceManager) -> None:
    systemd.start_and_wait()

    systemd.send(signal.SIGHUP)

    assert int(systemd.hear_until("RELOADING")["MONOTONIC_USEC"]) > 0
    assert "not read anew" in systemd.hear_until("READY")["STATUS"]


def test_the_watchdog_hears_nothing_while_the_reactor_stands_still(
    systemd: ServiceManager,
) -> None:
    systemd.environ["WATCHDOG_USEC"] = "200000"
    systemd.start_and_wait()
    systemd.hear_until("WATCHDOG")

    systemd.send(signal.SIGSTOP)
    systemd.hear_no_more("WATCHDOG", seconds=1.0)

    systemd.send(signal.SIGCONT)
    systemd.hear_until("WATCHDOG")


def test_the_watchdog_hears_nothing_while_a_commit_does_not_end(
    systemd: ServiceManager, home: Path
) -> None:
    systemd.environ["WATCHDOG_USEC"] = "200000"
    port = systemd.listen("http")
    systemd.start_and_wait()

    other = sqlite3.connect(home / "data" / "wal" / "events.db", isolation_level=None)
    with contextlib.closing(other):
        other.execute("BEGIN IMMEDIATE")
        webhook = Thread(target=ask, args=(port, "POST", "/webhook/hook", b"{}"))
        webhook.start()
        systemd.hear_no_more("WATCHDOG", seconds=1.0)
        other.execute("ROLLBACK")
    webhook.join()
    systemd.hear_until("WATCHDOG")


def test_the_watchdog_of_another_process_is_not_fed(systemd: ServiceManager) -> None:
    systemd.environ |= {"WATCHDOG_USEC": "50000", "WATCHDOG_PID": "1"}
    systemd.start_and_wait()

    systemd.send(signal.SIGHUP)
    assert systemd.hear().keys() == {"RELOADING", "MONOTONIC_USEC"}
    assert systemd.stop() == 0
    assert systemd.hear_until("STOPPING")


@pytest.mark.parametrize(
    "environ",
    [
        {"NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "0"},
        {"NOTIFY_SOCKET": "garbled", "WATCHDOG_USEC": "soon", "LISTEN_FDS": "many"},
        {"NOTIFY_SOCKET": "@", "WATCHDOG_PID": "me", "LISTEN_FDNAMES": "http"},
    ],
)
def test_what_makes_no_sense_stops_nothing(
    systemd: ServiceManager, home: Path, environ: dict[str, str]
) -> None:
    systemd.environ |= environ
    systemd.start()

    until(
        lambda: ask(int((home / "runtime.port").read_text()), "GET", "/health/ready") == 200, "it"
    )
    assert systemd.stop() == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_it_listens_where_systemd_listens_whatever_is_configured(
    systemd: ServiceManager, home: Path, host: str
) -> None:
    systemd.environ |= {"ORGLOOP_PORT": "1", "ORGLOOP_HOST": "127.0.0.9"}
    port = systemd.listen("orgloop.socket", host)

    systemd.start_and_wait()

    assert (home / "runtime.port").read_text() == f"{port}\n"
    assert ask(port, "GET", "/health/ready", host=host) == 200
    holder = holder_of(Home(home))
    assert holder is not None
    assert (holder.host, holder.manager) == (host, "systemd")


def test_both_listeners_are_taken_by_their_names(systemd: ServiceManager) -> None:
    with (systemd.project / "orgloop.yaml").open("a") as file:
        file.write(SECOND_LISTENER)
    webhooks, port = systemd.listen("webhooks"), systemd.listen("http")

    systemd.start_and_wait()

    assert ask(port, "GET", "/control/status") == 401
    assert ask(webhooks, "GET", "/control/status") == 404
    assert ask(webhooks, "POST", "/webhook/hook", b"{}") == 200


def test_a_socket_that_nobody_would_serve_stops_the_start(systemd: ServiceManager) -> None:
    systemd.listen("http")
    systemd.listen("webhooks")

    systemd.start()

    assert systemd.wait() == 1
    assert "the project has no http.webhooks" in systemd.output


def test_no_token_is_refused_where_systemd_listens_beyond_this_machine(
    systemd: ServiceManager,
) -> None:
    with (systemd.project / "orgloop.yaml").open("a") as file:
        file.write("http: {auth: none}\n")
    systemd.listen("http", "0.0.0.0")

    systemd.start()

    assert systemd.wait() == 1
    assert "http.auth: none together with http.host 0.0.0.0" in systemd.output


def test_a_command_inherits_nothing_that_is_between_systemd_and_us(
    systemd: ServiceManager,
) -> None:
    systemd.environ["WATCHDOG_USEC"] = "60000000"
    port = systemd.listen("http")
    systemd.start_and_wait()

    assert ask(port, "POST", "/webhook/hook", b"{}") == 200

    environment = until((systemd.project / "environment").read_text, "the command")
    names = {line.partition("=")[0] for line in environment.splitlines()}
    assert "ORGLOOP_EVENT_ID" in names
    ours = ("NOTIFY_", "WATCHDOG_", "LISTEN_", "INVOCATION_", "SYSTEMD_")
    assert not [name for name in names if name.startswith(ours)]
    assert "socket:" not in (systemd.project / "descriptors").read_text()


def test_the_doctor_takes_the_port_for_our_own_although_systemd_listens_there_too(
    systemd: ServiceManager, orgloop: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    port = systemd.listen("http")
    systemd.start_and_wait()

    looked_at = orgloop("doctor", "--json", ORGLOOP_PORT=str(port))

    checks = json.loads(looked_at.stdout)["checks"]
    [seen] = [check for check in checks if check["category"] == "port"]
    assert seen["status"] == "ok", seen
    assert f"process {systemd.pid} listens there" in seen["message"]


def test_no_client_notices_that_the_service_is_restarted(
    systemd: ServiceManager, home: Path
) -> None:
    port = systemd.listen("http")
    systemd.start_and_wait()
    numbers, statuses = count(), []

    def call() -> None:
        body = json.dumps({"n": next(numbers)}).encode()
        statuses.append(ask(port, "POST", "/webhook/hook", body))

    with calling(call) as failed, calling(call) as failed_too:
        for _ in range(2):
            before = len(statuses)
            systemd.restart()
            until(lambda since=before: len(statuses) > since + 5, "calls")

    assert failed == failed_too == []
    assert set(statuses) == {200}


def test_a_supervisor_is_the_service_and_its_runtimes_take_turns_at_the_socket(
    systemd: ServiceManager, home: Path
) -> None:
    systemd.environ["ORGLOOP_SUPERVISOR_BACKOFF_INITIAL"] = "100ms"
    port = systemd.listen("http")

    ready = systemd.start_and_wait("--supervised")

    assert ready["MAINPID"] == str(systemd.pid)
    first = int((home / "orgloop.pid").read_text())
    assert first != systemd.pid
    os.kill(first, signal.SIGKILL)
    until_gone(first)
    assert ask(port, "POST", "/webhook/hook", b"{}") == 200
    assert (home / "runtime.port").read_text() == f"{port}\n"
    assert systemd.stop() == 0
