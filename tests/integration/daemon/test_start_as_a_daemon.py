"""``orgloop start --daemon``: when it returns, what it says, and what the daemon is like."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from support.census import NOTHING_LEFT
from support.lifecycle import Installation, Mode
from support.waiting import until, until_written

# A source whose making does what a test wants.
PLUGIN = """\
import ctypes, os, signal, subprocess, sys, time
from orgloop.plugin import Registration

class Source:
    path, is_signed = None, False

    def __init__(self, config, context):
        self.environ = context.environ

    async def start(self):
        ACTION

    async def stop(self): pass
    def verify(self, request): return True
    async def receive(self, request): raise NotImplementedError

registration = Registration(id="odd", source=Source)
"""
TALKATIVE = """
        print("printed")
        print("printed, too", file=sys.stderr)
        os.write(1, b"written by number\\n")
        ctypes.CDLL(None).puts(b"put by C code")
        ctypes.CDLL(None).fflush(None)
        subprocess.run(["sh", "-c", "echo said by a child; echo complained >&2"], check=True)
        sys.stdout.flush()
"""
# Kills the daemon right after the fork, while the process it forked from waits for it.
DOOMED = """\
import os, signal, sys

if "--report-fd" in sys.orig_argv:
    from orgloop.daemon.log import streams

    streams.keep_own = lambda: os.kill(os.getpid(), signal.SIGKILL)
"""
IN_A_TERMINAL = """\
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
"""
NOSY = """\
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: nosy, connector: command, config: {command: [sh, -c, "%s"], emit_stopped: false}}
routes:
  - {name: all, when: {source: hook}, then: {actor: nosy}}
"""
plain = pytest.mark.parametrize("mode", [Mode.DAEMON], ids=str)
as_daemons = pytest.mark.parametrize("mode", [Mode.DAEMON, Mode.SUPERVISED], ids=str)


def begin_with(installed: Installation, action: str) -> None:
    """Have the runtime do something while it starts."""
    (installed.project / "odd.py").write_text(PLUGIN.replace("ACTION", action.strip()), "utf-8")
    with installed.file.open("a", encoding="utf-8") as file:
        file.write("  - {id: odd, connector: ./odd.py}\n")


@pytest.fixture(autouse=True)
def with_sources_last(installed: Installation) -> None:
    """A project to which a source can be appended."""
    header = "apiVersion: orgloop/v1alpha1\nkind: Project\nmetadata: {name: house}\n"
    installed.file.write_text(f"{header}sources:\n  - {{id: hook, connector: webhook}}\n")


@as_daemons
def test_it_returns_when_all_is_ready_and_holds_no_terminal(
    installed: Installation, mode: Mode
) -> None:
    ended = installed.start()

    assert ended is not None
    assert ended.status == 0
    assert installed.is_ready
    assert f"process {installed.runtime}" in ended.said
    assert f"http://127.0.0.1:{installed.port}" in ended.said
    assert str(installed.home / "logs") in ended.said
    if mode.is_supervised:
        assert f"process {installed.supervisor}" in ended.said
    assert os.getsid(installed.runtime) != os.getsid(0)
    assert streams_of(installed.runtime) == [
        "/dev/null",
        str(installed.home / "logs" / "daemon.stdout.log"),
        str(installed.home / "logs" / "daemon.stderr.log"),
    ]


def streams_of(pid: int) -> list[str]:
    return [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)]


@pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)
def test_it_says_so_as_a_document(installed: Installation) -> None:
    done = installed.run("--json", "start", "--daemon", "--supervised")

    document = json.loads(done.said)
    assert document == {
        "ready": True,
        "pid": installed.runtime,
        "supervisor_pid": installed.supervisor,
        "project": "house",
        "url": f"http://127.0.0.1:{installed.port}",
        "home": str(installed.home),
        "logs": {
            "application": str(installed.home / "logs" / "orgloop.log"),
            "stdout": str(installed.home / "logs" / "daemon.stdout.log"),
            "stderr": str(installed.home / "logs" / "daemon.stderr.log"),
        },
        "warnings": [],
    }


@plain
def test_a_document_says_that_one_runs_already(installed: Installation) -> None:
    installed.start()

    again = installed.run("--json", "start", "--daemon")

    document = json.loads(again.said[again.said.index("{") :])
    assert (again.status, document["ready"], document["exit_code"]) == (1, False, 1)
    assert f"process {installed.runtime}" in document["errors"][0]


@as_daemons
def test_the_umask_and_the_directory_are_the_callers(installed: Installation, mode: Mode) -> None:
    installed.file.write_text(
        installed.file.read_text().partition("sources")[0] + NOSY % "umask > umask; pwd > where"
    )
    subprocess.run(
        ["sh", "-c", 'umask 027; exec "$@"', "sh", *installed.command("start", *mode.flags)],
        cwd=installed.project,
        env=installed.environ,
        stdout=subprocess.DEVNULL,
        check=True,
    )

    installed.accept(1)

    until_written(installed.project / "where", f"{installed.project}\n")
    assert (installed.project / "umask").read_text() == "0027\n"
    modes = {path.stat().st_mode & 0o777 for path in installed.home.rglob("*") if path.is_file()}
    assert modes == {0o600}


@as_daemons
def test_its_logs_get_what_the_process_and_its_children_write(installed: Installation) -> None:
    begin_with(installed, TALKATIVE)

    installed.started()

    logs = installed.home / "logs"
    for text in ("printed", "written by number", "put by C code", "said by a child"):
        until_written(logs / "daemon.stdout.log", text)
    for text in ("printed, too", "complained"):
        until_written(logs / "daemon.stderr.log", text)


@as_daemons
def test_agents_get_nothing_that_is_the_runtimes_own(installed: Installation, mode: Mode) -> None:
    installed.file.write_text(
        installed.file.read_text().partition("sources")[0]
        + NOSY % "env > env; ls -l /proc/self/fd > open; mv open open-files"
    )
    told = {"NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "60000000", "LISTEN_FDS": "0"}
    assert installed.run("start", *mode.flags, **told, KEPT="yes").status == 0

    installed.accept(1)

    until(lambda: (installed.project / "open-files").read_text(), "the files of an agent")
    environ = (installed.project / "env").read_text()
    assert "KEPT=yes" in environ
    assert not [name for name in ("NOTIFY_", "WATCHDOG_", "LISTEN_") if name in environ]
    held = (installed.project / "open-files").read_text()
    assert str(installed.home) not in held
    assert "socket:" not in held


@as_daemons
def test_a_start_that_fails_late_says_why_and_leaves_nothing(installed: Installation) -> None:
    (installed.home / "data" / "wal").mkdir(mode=0o700, parents=True)
    (installed.home / "data" / "wal" / "events.db").write_bytes(b"no database at all" * 500)

    ended = installed.start("--force")

    assert ended is not None
    assert ended.status == 1
    assert str(installed.home / "data" / "wal" / "events.db") in ended.said
    assert "Traceback" not in ended.said
    assert installed.left().processes == ()
    assert not {"orgloop.pid", "supervisor.pid", "runtime.port"} & set(os.listdir(installed.home))
    assert not installed.left().lock_is_held


@plain
def test_an_invalid_project_is_told_as_a_document_too(installed: Installation) -> None:
    installed.file.write_text("kind: Project\n")

    done = subprocess.run(
        installed.command("--json", "start", "--daemon"),
        cwd=installed.project,
        env=installed.environ,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )

    assert done.returncode == 4
    document = json.loads(done.stdout)
    assert (document["ready"], document["exit_code"]) == (False, 4)
    assert done.stderr.splitlines() == document["errors"]
    assert "apiVersion" in done.stderr


@plain
def test_a_daemon_that_is_killed_while_it_starts_is_noticed(installed: Installation) -> None:
    begin_with(
        installed,
        """
        os.write(2, b"the last words\\n")
        os.kill(os.getpid(), signal.SIGKILL)
        """,
    )

    ended = installed.start()

    assert ended is not None
    assert ended.status == 1
    assert "before it could say why" in ended.said
    assert "the last words" in ended.said
    assert not installed.left().lock_is_held
    assert not {"orgloop.pid", "runtime.port"} & set(os.listdir(installed.home))


@plain
def test_a_daemon_that_is_killed_before_it_has_begun_is_noticed(installed: Installation) -> None:
    (installed.place / "sitecustomize.py").write_text(DOOMED, "utf-8")

    ended = installed.run("start", "--daemon", PYTHONPATH=str(installed.place))

    assert ended.status == 1
    assert "before it could say why" in ended.said
    assert installed.left() == NOTHING_LEFT


@as_daemons
def test_a_stop_while_it_starts_is_no_success(installed: Installation, mode: Mode) -> None:
    begin_with(
        installed,
        """
        from twisted.internet.defer import Deferred
        open("starting", "w").close()
        await Deferred()
        """,
    )
    command = installed.begin()
    until((installed.project / "starting").exists, "the start")

    os.kill(installed.runtime, signal.SIGTERM)

    assert command.wait() == 1
    assert "before it was ready" in installed.said
    assert installed.left() == NOTHING_LEFT


@plain
def test_ctrl_c_ends_the_wait_and_not_the_start(installed: Installation) -> None:
    begin_with(
        installed,
        """
        while not os.path.exists("go"):
            time.sleep(0.01)
        """,
    )
    screen = installed.place / "screen"
    with screen.open("wb") as output:
        command = subprocess.Popen(
            [sys.executable, "-c", IN_A_TERMINAL, *installed.command("start", "--daemon")],
            cwd=installed.project,
            env=installed.environ,
            stdin=subprocess.PIPE,
            stdout=output,
        )
    until_written(screen, "waiting for the runtime")

    command.communicate(b"\x03")

    (installed.project / "go").touch()
    until(lambda: installed.is_ready, "the start to go on")

    assert command.returncode == 1
    assert "goes on in the background" in screen.read_text()
    assert "orgloop status" in screen.read_text()
