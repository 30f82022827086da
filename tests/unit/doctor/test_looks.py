"""What is said of disk, home, port, machine and packages."""

from __future__ import annotations

import os
import socket
import subprocess
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from orgloop.config.runtime import HTTPSettings, WebhookListener
from orgloop.doctor.check import Check, document, worst
from orgloop.doctor.databases import check_databases
from orgloop.doctor.disk import Room, check_disk
from orgloop.doctor.home import check_directory, check_files, check_lock, check_spool
from orgloop.doctor.packages import check_installed, check_versions
from orgloop.doctor.port import check_ports
from orgloop.doctor.system import check_clock, check_descriptors, check_zones
from orgloop.storage.home import Home
from orgloop.storage.lock import LockHolder

NOW = 1_790_000_000_000


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.create()
    return made


def bad(checks: list[Check]) -> list[tuple[str, str]]:
    return [(check.name, check.status) for check in checks if check.status != "ok"]


def test_all_together_is_as_bad_as_the_worst() -> None:
    checks = [
        Check(category="home", name="a", message="fine"),
        Check(category="home", name="b", status="error", message="broken", fix="mend it"),
        Check(category="home", name="c", status="degraded", message="slow"),
    ]

    assert worst(checks) == "error"
    assert worst(checks[::2]) == "degraded"
    assert worst([]) == "ok"
    assert document(checks[1:2]) == {
        "status": "error",
        "checks": [
            {
                "category": "home",
                "name": "b",
                "status": "error",
                "message": "broken",
                "fix": "mend it",
            }
        ],
    }


# --- disk


def test_a_disk_with_room_is_fine_and_nothing_is_left_on_it(home: Home) -> None:
    before = sorted(home.root.rglob("*"))

    assert bad(check_disk(home, lambda _: Room(10**12, 10**6))) == []
    assert sorted(home.root.rglob("*")) == before


def test_a_home_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    home = Home(tmp_path / "a" / "b")

    assert worst(check_disk(home, lambda _: Room(10**12, None))) == "ok"
    assert worst(check_directory(home)) == "ok"
    assert check_databases(home) == []
    assert list(tmp_path.iterdir()) == []


def test_little_space_and_few_inodes_are_degraded(home: Home) -> None:
    found = bad(check_disk(home, lambda _: Room(1_000_000, 3)))

    assert found == [
        (f"{home.root} space", "degraded"),
        (f"{home.root} inodes", "degraded"),
    ]


def test_a_place_that_cannot_be_written_to_is_an_error() -> None:
    [found, *_] = check_disk(Home(Path("/proc/self/nowhere")), lambda _: Room(10**12, None))

    assert found.status == "error"
    assert "nothing can be written" in found.message
    assert "ORGLOOP_HOME" in found.fix


# --- home


def test_a_home_of_ones_own_is_fine(home: Home) -> None:
    assert bad([*check_directory(home), *check_files(home, None)]) == []


def test_a_home_that_others_can_look_into_is_degraded(home: Home) -> None:
    home.control_token()
    home.root.chmod(0o755)
    home.control_token_file.chmod(0o644)

    found = check_directory(home)

    assert bad(found) == [("directory", "degraded"), ("control.token", "degraded")]
    assert found[0].fix == f"run chmod 700 {home.root}"


def test_a_file_in_the_place_of_a_directory_is_an_error(home: Home) -> None:
    home.spool.rmdir()
    home.spool.write_text("")

    assert bad(check_directory(home)) == [("directory", "error")]


def test_damaged_and_left_behind_files_are_named(home: Home) -> None:
    home.state.write_text("{")
    home.crash_record.write_text('{"reason": "11 restarts in 5m"}')
    home.pid_file.write_text("999")
    place = home.checkpoints / "org"
    place.mkdir()
    (place / "good.json").write_text('{"checkpoint": "7"}')
    (place / "bad.json").write_text("[]")

    found = check_files(home, None)

    assert bad(found) == [
        ("state.json", "degraded"),
        ("crash.json", "degraded"),
        ("checkpoints", "degraded"),
        ("left behind", "degraded"),
    ]
    texts = " ".join(map(str, found))
    assert "11 restarts in 5m" in texts
    assert "bad.json" in texts
    assert "good.json" not in texts
    assert "orgloop.pid" in texts


def test_a_port_file_without_a_port_is_degraded_while_a_runtime_runs(home: Home) -> None:
    home.port_file.write_text("many\n")

    assert bad(check_files(home, LockHolder(pid=7))) == [("runtime.port", "degraded")]


@pytest.mark.parametrize(
    ("holder", "status", "told"),
    [
        (None, "ok", "no runtime"),
        (LockHolder(pid=7, project="org"), "ok", "process 7 runs with project org"),
        (LockHolder(), "degraded", "does not say which"),
        (LockHolder(supervisor=8), "degraded", "supervisor 8 has it and no runtime runs"),
    ],
)
def test_who_has_the_lock_is_told(
    home: Home, holder: LockHolder | None, status: str, told: str
) -> None:
    found = check_lock(home, holder)

    assert found.status == status
    assert told in found.message


def test_events_in_the_spool_are_stuck_only_if_a_runtime_should_take_them(home: Home) -> None:
    (home.spool / ".half").write_text("")
    assert check_spool(home, runs=True, now_ms=NOW) == []
    file = home.spool / "1.json"
    file.write_text("{}")
    os.utime(file, (NOW / 1000 - 90, NOW / 1000 - 90))

    assert bad(check_spool(home, runs=False, now_ms=NOW)) == []
    assert bad(check_spool(home, runs=True, now_ms=NOW)) == [("spool", "degraded")]
    assert bad(check_spool(home, runs=True, now_ms=NOW - 60_000)) == []


def test_a_database_that_makes_no_sense_is_an_error(home: Home) -> None:
    home.queue("org").write_bytes(b"no database at all" * 1000)

    [found] = check_databases(home)

    assert (found.status, found.name) == ("error", "data/queue/org.db")
    assert "orgloop data repair" in found.fix


# --- port


def test_a_port_that_is_free_is_fine_and_stays_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert worst(check_ports(HTTPSettings(port=port), ours=())) == "ok"
    socket.create_server(("127.0.0.1", port)).close()


def test_a_port_in_use_is_an_error_that_names_the_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        [found] = check_ports(HTTPSettings(port=port), ours=())
        [ours] = check_ports(HTTPSettings(port=port), ours=(os.getpid(),))

    assert found.status == "error"
    assert f"process {os.getpid()}" in found.message
    assert "ORGLOOP_PORT" in found.fix
    assert ours.status == "ok"


def test_a_socket_that_our_process_shares_with_another_is_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        heir = subprocess.Popen(["cat"], stdin=subprocess.PIPE, pass_fds=[server.fileno()])
        try:
            settings = HTTPSettings(port=server.getsockname()[1])
            found = [worst(check_ports(settings, ours=(pid,))) for pid in (os.getpid(), heir.pid)]
        finally:
            heir.communicate()

    assert found == ["ok", "ok"]


def test_the_listener_for_webhooks_is_looked_at_too() -> None:
    webhooks = WebhookListener(host="203.0.113.9", port=1)
    found = list(check_ports(HTTPSettings(port=0, webhooks=webhooks), ours=()))

    assert bad(found) == [("http.webhooks", "error")]


# --- machine


@pytest.mark.parametrize(
    ("now", "youngest", "status"),
    [
        (NOW, None, "ok"),
        (NOW, NOW - 1, "ok"),
        (NOW, NOW + 60_000, "ok"),
        (NOW, NOW + 7_200_000, "degraded"),
        (0, None, "degraded"),
    ],
)
def test_a_clock_that_cannot_be_right_is_degraded(
    now: int, youngest: int | None, status: str
) -> None:
    assert check_clock(now, youngest).status == status


def test_a_machine_without_time_zones_is_degraded() -> None:
    def none(name: str) -> object:
        raise KeyError(name)

    assert check_zones().status == "ok"
    assert check_zones(none).status == "degraded"


@pytest.mark.parametrize(("limit", "status"), [(64, "degraded"), (1024, "ok"), (-1, "ok")])
def test_few_open_files_are_degraded(limit: int, status: str) -> None:
    assert check_descriptors(limit).status == status


# --- packages


def test_versions_are_told() -> None:
    found = check_versions()

    assert [check.name for check in found] == ["orgloop", "python", "twisted", "sqlite"]
    assert worst(found) == "ok"


def test_a_plugin_that_cannot_be_loaded_is_an_error_only_if_it_is_used() -> None:
    offered = [
        EntryPoint("webhook", "orgloop.connectors.webhook:registration", "orgloop.connectors"),
        EntryPoint("gone", "no_such_module:registration", "orgloop.connectors"),
    ]

    def installed(family: str) -> list[EntryPoint]:
        return offered if family == "connector" else []

    unused = check_installed((), installed)
    used = check_installed(("gone",), installed)

    assert bad(unused) == [("connector gone", "degraded")]
    assert bad(used) == [("connector gone", "error")]
    assert "no_such_module" in used[1].message
