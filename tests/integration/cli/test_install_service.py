"""The files that install-service writes, and what it writes over."""

from __future__ import annotations

import json
import plistlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orgloop import __version__
from support.waiting import LIMIT_SECONDS

Orgloop = Callable[..., subprocess.CompletedProcess[str]]
PROJECT = "apiVersion: orgloop/v1alpha1\nkind: Project\nmetadata: {name: house}\n"
COMMAND = "actors: [{id: agent, connector: command, config: {command: [agent], cwd: %s}}]\n"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory whose name says what must be written in another way."""
    directory = tmp_path / 'a "b" 100% $HOME'
    directory.mkdir()
    (directory / "orgloop.yaml").write_text(PROJECT, "utf-8")
    return directory


@pytest.fixture
def orgloop(place: Path) -> Orgloop:
    """Run a command for a person whose home directory is empty."""

    def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "orgloop", *arguments],
            cwd=place,
            env={
                "PATH": "/usr/bin:relative:/bin",
                "HOME": str(place.parent / "person"),
                "ORGLOOP_HOME": str(place / "home"),
                **environ,
            },
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_SECONDS,
            check=False,
        )

    return run


@pytest.fixture
def units(place: Path) -> Path:
    return place.parent / "person" / ".config" / "systemd" / "user"


def files(outcome: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return the content of each file that ``--print --json`` shows, by its path."""
    assert outcome.returncode == 0, outcome.stderr
    return {file["path"]: file["content"] for file in json.loads(outcome.stdout)}


def settings(unit: str) -> dict[str, str]:
    """Return what a unit sets."""
    lines = (line for line in unit.splitlines() if "=" in line and line[0] != "#")
    return dict(line.split("=", 1) for line in lines)


def test_print_changes_nothing_and_shows_every_file(orgloop: Orgloop, place: Path) -> None:
    outcome = orgloop("install-service", "--print")

    assert outcome.returncode == 0
    assert outcome.stdout.count("Written by `orgloop install-service`") == 2
    assert not (place.parent / "person").exists()
    assert sorted(file.name for file in place.iterdir()) == ["orgloop.yaml"]


def test_a_unit_of_ones_own_runs_this_program_on_this_project_and_home(
    orgloop: Orgloop, place: Path, units: Path
) -> None:
    outcome = orgloop("install-service")

    assert outcome.returncode == 0, outcome.stderr
    unit = settings((units / "orgloop.service").read_text("utf-8"))
    command = shlex.split(unit["ExecStart"].removeprefix(":").replace("%%", "%"))
    assert command[0] == sys.executable
    project, home = str(place / "orgloop.yaml"), str(place / "home")
    assert command[-5:] == ["--config", project, "--home", home, "start"]
    assert unit["Type"] == "notify"
    assert unit["RestartPreventExitStatus"] == "4"
    assert unit["Environment"] == '"PATH=/usr/bin:/bin"'
    assert "systemctl --user enable --now orgloop.socket orgloop.service" in outcome.stderr


@needs_systemd
@pytest.mark.parametrize("kind", ["--user", "--system"])
def test_systemd_understands_every_unit(
    orgloop: Orgloop, place: Path, tmp_path: Path, kind: str
) -> None:
    (place / "orgloop.yaml").write_text(
        PROJECT + COMMAND % "'work here'" + "http: {webhooks: {port: 4801}}\n", "utf-8"
    )
    directory = tmp_path / "units"
    directory.mkdir()
    for path, content in files(orgloop("install-service", "--print", "--json", kind)).items():
        if Path(path).suffix in (".service", ".socket"):
            (directory / Path(path).name).write_text(content, "utf-8")

    assert len(list(directory.iterdir())) == 3
    assert mistakes_in(directory) == ""


@needs_systemd
def test_systemd_understands_the_unit_that_the_page_shows(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "services.md").read_text("utf-8")
    (shown,) = re.findall(r"^```ini\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    program = shown.partition("ExecStart=")[2].partition(" ")[0]
    unit = shown.replace(program, shutil.which("true") or "")
    (tmp_path / "orgloop.service").write_text(unit, "utf-8")

    assert mistakes_in(tmp_path) == ""


def mistakes_in(directory: Path) -> str:
    """Return what systemd has to say of the units in a directory."""
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(directory.iterdir()))],
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_SECONDS,
        check=False,
    )
    return verified.stderr or ("" if verified.returncode == 0 else "it says no")


@needs_systemd
def test_systemd_finds_the_unit_of_the_machine_well_protected(
    orgloop: Orgloop, tmp_path: Path
) -> None:
    unit = tmp_path / "orgloop.service"
    shown = files(orgloop("install-service", "--print", "--json", "--system"))
    unit.write_text(shown["/etc/systemd/system/orgloop.service"], "utf-8")

    judged = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=true",
            "--threshold=30",
            "--no-pager",
            str(unit),
        ],
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_SECONDS,
        check=False,
    )

    # Thirty of a hundred, of which none is best.
    assert judged.returncode == 0, judged.stdout


def test_a_service_of_the_machine_has_a_user_a_home_and_a_place_to_work(
    orgloop: Orgloop, place: Path
) -> None:
    (place / "orgloop.yaml").write_text(PROJECT + COMMAND % "/srv/work", "utf-8")

    shown = files(orgloop("install-service", "--print", "--json", "--system"))

    unit = settings(shown["/etc/systemd/system/orgloop.service"])
    assert (unit["User"], unit["StateDirectory"]) == ("orgloop", '"orgloop"')
    assert '"--home" "/var/lib/orgloop"' in unit["ExecStart"]
    assert unit["ReadWritePaths"] == '"-/srv/work"'
    assert unit["EnvironmentFile"] == "-/etc/orgloop/orgloop.env"
    assert "u orgloop" in shown["/etc/sysusers.d/orgloop.conf"]


def test_each_port_has_a_socket_of_its_own(orgloop: Orgloop, place: Path) -> None:
    http = "http: {host: '::1', port: 4811, webhooks: {host: localhost, port: 4801}}\n"
    (place / "orgloop.yaml").write_text(PROJECT + http, "utf-8")

    shown = files(orgloop("install-service", "--print", "--json", "--name", "mine"))

    by_name = {Path(path).name: settings(content) for path, content in shown.items()}
    first, second = by_name["mine.socket"], by_name["mine-webhooks.socket"]
    assert (first["ListenStream"], first["FileDescriptorName"]) == ("[::1]:4811", "http")
    assert (second["ListenStream"], second["FileDescriptorName"]) == ("127.0.0.1:4801", "webhooks")
    assert second["Service"] == "mine.service"
    assert by_name["mine.service"]["Sockets"] == "mine.socket mine-webhooks.socket"


def test_a_port_that_is_any_one_has_no_socket(orgloop: Orgloop, place: Path) -> None:
    (place / "orgloop.yaml").write_text(PROJECT + "http: {port: 0}\n", "utf-8")

    shown = files(orgloop("install-service", "--print", "--json"))

    assert [Path(path).name for path in shown] == ["orgloop.service"]
    assert "Sockets" not in settings(next(iter(shown.values())))


def test_secrets_of_the_service_count_when_the_project_is_checked(
    orgloop: Orgloop, place: Path
) -> None:
    (place / "orgloop.yaml").write_text(PROJECT + "http: {port: '${MY_PORT}'}\n", "utf-8")
    assert orgloop("install-service", "--print").returncode == 4

    variables = place.parent / "person" / ".config" / "orgloop" / "orgloop.env"
    variables.parent.mkdir(parents=True)
    variables.write_text("MY_PORT=4812\n", "utf-8")

    outcome = orgloop("install-service", "--print")
    assert "ListenStream=127.0.0.1:4812" in outcome.stdout


def test_an_invalid_project_is_not_installed(orgloop: Orgloop, place: Path) -> None:
    (place / "orgloop.yaml").write_text("kind: Nonsense\n", "utf-8")

    outcome = orgloop("install-service")

    assert outcome.returncode == 4
    assert not (place.parent / "person").exists()


def test_installing_again_replaces_what_nobody_has_changed(
    orgloop: Orgloop, place: Path, units: Path
) -> None:
    orgloop("install-service")
    assert "orgloop.service is as it should be" in orgloop("install-service").stderr
    (place / "orgloop.yaml").write_text(PROJECT + "http: {port: 4813}\n", "utf-8")

    outcome = orgloop("install-service")

    assert outcome.returncode == 0
    assert f"replaced {units / 'orgloop.socket'}" in outcome.stderr
    assert "127.0.0.1:4813" in (units / "orgloop.socket").read_text("utf-8")


def test_what_somebody_has_changed_is_shown_and_stays_unless_forced(
    orgloop: Orgloop, place: Path, units: Path
) -> None:
    orgloop("install-service")
    unit, port = units / "orgloop.service", units / "orgloop.socket"
    mine = unit.read_text("utf-8").replace("WatchdogSec=60s", "WatchdogSec=0")
    unit.write_text(mine, "utf-8")
    port.unlink()

    outcome = orgloop("install-service")

    assert outcome.returncode == 1
    assert "-WatchdogSec=0\n+WatchdogSec=60s" in outcome.stdout
    assert "nothing was written" in outcome.stderr
    assert unit.read_text("utf-8") == mine
    assert not port.exists()

    assert orgloop("install-service", "--force").returncode == 0
    assert "WatchdogSec=60s" in unit.read_text("utf-8")
    assert port.exists()


def test_a_directory_that_cannot_be_written_is_named(orgloop: Orgloop, place: Path) -> None:
    (place.parent / "person").write_text("in the way", "utf-8")

    outcome = orgloop("install-service")

    assert outcome.returncode == 1
    assert "orgloop.socket cannot be" in outcome.stderr
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize("name", ["", "a/b", "-x", "x" * 51, "a b"])
def test_a_name_that_could_be_a_path_is_refused(orgloop: Orgloop, name: str) -> None:
    assert orgloop("install-service", "--print", f"--name={name}").returncode == 2


def test_launchd_is_told_what_to_run_and_when_to_try_again(orgloop: Orgloop, place: Path) -> None:
    outcome = orgloop("install-service", "--kind", "launchd")

    assert outcome.returncode == 0, outcome.stderr
    agents = place.parent / "person" / "Library" / "LaunchAgents"
    told = plistlib.loads((agents / "dev.orgloop.orgloop.plist").read_bytes())
    assert told["ProgramArguments"][-5:] == [
        "--config",
        str(place / "orgloop.yaml"),
        "--home",
        str(place / "home"),
        "start",
    ]
    assert told["KeepAlive"] == {"SuccessfulExit": False}
    assert told["ThrottleInterval"] >= 10
    assert told["EnvironmentVariables"] == {"PATH": "/usr/bin:/bin"}
    assert told["StandardErrorPath"].startswith(str(place / "home" / "logs"))
    assert "launchctl bootstrap gui/" in outcome.stderr


def test_a_container_runs_as_nobody_special_and_hears_its_signals(
    orgloop: Orgloop, place: Path
) -> None:
    (place / "requirements.txt").write_text("a-plugin\n", "utf-8")

    outcome = orgloop("install-service", "--kind", "docker")

    assert outcome.returncode == 0, outcome.stderr
    lines = instructions((place / "Dockerfile").read_text("utf-8"))
    names = [name for name, _ in lines]
    told = dict(lines)
    assert names[0] == "FROM"
    assert set(names) <= KNOWN
    assert told["USER"].split(":")[0] not in ("0", "root")
    assert names.index("USER") > names.index("COPY")
    assert json.loads(told["ENTRYPOINT"]) + json.loads(told["CMD"]) == ["orgloop", "start"]
    assert told["STOPSIGNAL"] == "SIGTERM"
    assert "ORGLOOP_LOG_FORMAT=json" in told["ENV"]
    assert ("COPY", "requirements.txt /tmp/requirements.txt") in lines
    assert ".env" in (place / ".dockerignore").read_text("utf-8").splitlines()


def test_a_container_is_given_the_wheel_that_lies_beside_the_project(
    orgloop: Orgloop, place: Path
) -> None:
    wheel = f"orgloop-{__version__}-py3-none-any.whl"
    (place / wheel).touch()

    orgloop("install-service", "--kind", "docker")

    lines = instructions((place / "Dockerfile").read_text("utf-8"))
    assert ("COPY", f"{wheel} /tmp/") in lines
    assert ("RUN", f"pip install --no-cache-dir /tmp/{wheel}") in lines
    assert not [text for name, text in lines if name == "RUN" and "orgloop==" in text]


def test_the_health_check_of_a_container_tells_well_from_ill(
    orgloop: Orgloop, runtime_port: Callable[[int], int]
) -> None:
    shown = files(orgloop("install-service", "--kind", "docker", "--print", "--json"))
    dockerfile = next(text for path, text in shown.items() if path.endswith("Dockerfile"))
    check = dict(instructions(dockerfile))["HEALTHCHECK"].partition("CMD ")[2]

    ended = {
        status: subprocess.run(
            [sys.executable, *json.loads(check)[1:]],
            env={"ORGLOOP_PORT": str(runtime_port(status))},
            stderr=subprocess.DEVNULL,
            timeout=LIMIT_SECONDS,
            check=False,
        ).returncode
        for status in (200, 503)
    }

    assert ended == {200: 0, 503: 1}


KNOWN = {
    "FROM",
    "RUN",
    "COPY",
    "WORKDIR",
    "USER",
    "ENV",
    "VOLUME",
    "EXPOSE",
    "HEALTHCHECK",
    "STOPSIGNAL",
    "ENTRYPOINT",
    "CMD",
}


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile, those over several lines put together."""
    whole = dockerfile.replace("\\\n", " ")
    lines = [line for line in whole.splitlines() if line and not line.startswith("#")]
    return [(line.partition(" ")[0], line.partition(" ")[2].strip()) for line in lines]


@pytest.fixture
def runtime_port() -> Callable[[int], int]:
    """Answer one question for ``/health/ready`` with a status; return the port."""
    import socket
    import threading

    def answer(status: int) -> int:
        listening = socket.create_server(("127.0.0.1", 0))

        def serve() -> None:
            with listening:
                connection, _ = listening.accept()
                with connection:
                    asked = connection.recv(65536)
                    is_right = asked.startswith(b"GET /health/ready ")
                    head = f"HTTP/1.1 {status if is_right else 404} X\r\nContent-Length: 0\r\n\r\n"
                    connection.sendall(head.encode())

        threading.Thread(target=serve, daemon=True).start()
        return int(listening.getsockname()[1])

    return answer
