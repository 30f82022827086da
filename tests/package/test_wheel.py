"""The wheel, as people get it: built, installed into a fresh environment, and used."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from support.census import NOTHING_LEFT
from support.lifecycle import Installation, Mode
from support.waiting import until

REPOSITORY = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(directory)]
    subprocess.run([*build, str(REPOSITORY)], check=True)
    (built,) = directory.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs of an environment are that holds the wheel and what it needs."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, with_pip=True)
    pip = [str(environment / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, str(wheel)], check=True)
    return environment / "bin"


def run(*arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return done.stdout


def test_the_wheel_holds_what_it_must_and_nothing_of_twisteds(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert {
        "orgloop/py.typed",
        "orgloop/config/schemas/Project.json",
        "orgloop/cli/demo_project/orgloop.yaml",
        "orgloop/cli/starters/github.yaml",
        "orgloop/cli/templates/minimal/.env.example",
        "orgloop/cli/templates/nightly-report/report.py",
        "orgloop/cli/templates/engineering-org/sops/pr-review.md",
        "orgloop/http/ui/index.html",
        "twisted/plugins/orgloop_plugin.py",
    } <= names
    page = {path.name for path in (REPOSITORY / "src/orgloop/http/ui").iterdir()}
    assert {name.rpartition("/")[2] for name in names if "/http/ui/" in name} == page
    assert [name for name in names if name.startswith("twisted/")] == [
        "twisted/plugins/orgloop_plugin.py"
    ]
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"orgloop", "twisted"}
    assert not [name for name in names if "dropin.cache" in name or "__pycache__" in name]


def test_twistd_offers_it(programs: Path, tmp_path: Path) -> None:
    listed = run(programs / "twistd", "--help", cwd=tmp_path)
    explained = run(programs / "twistd", "orgloop", "--help", cwd=tmp_path)

    assert "Run an OrgLoop project." in listed
    assert "--project" in explained


def test_it_knows_its_version(programs: Path, wheel: Path, tmp_path: Path) -> None:
    version = run(programs / "orgloop", "version", cwd=tmp_path).split()[1]

    assert wheel.name.startswith(f"orgloop-{version}-")


def test_the_demo_shows_a_delivered_event(programs: Path, tmp_path: Path) -> None:
    shown = run(programs / "orgloop", "demo", cwd=tmp_path)

    assert '"type": "actor.stopped"' in shown
    assert "orgloop start" in shown


@pytest.fixture
def installed(programs: Path, tmp_path: Path, mode: Mode) -> Iterator[Installation]:
    """A project and a home, for what the wheel holds."""
    program = [str(programs / "orgloop")]
    installation = Installation(
        tmp_path / "installation", mode, program, ORGLOOP_SUPERVISOR_BACKOFF_INITIAL="100ms"
    )
    yield installation
    installation.clear()


@pytest.mark.parametrize("mode", [Mode.DAEMON, Mode.SUPERVISED], ids=str)
def test_a_daemon_starts_takes_events_and_stops(installed: Installation) -> None:
    ended = installed.start()
    accepted = installed.accept()
    status = installed.run("status")
    installed.let_through()
    installed.await_delivered(accepted)
    stopped = installed.run("stop")

    assert ended is not None
    assert ended.status == 0, ended
    assert status.status == 0, status
    assert stopped.status == 0, stopped
    assert installed.left() == NOTHING_LEFT


@pytest.mark.parametrize("mode", [Mode.SUPERVISED], ids=str)
def test_a_killed_runtime_is_brought_back(installed: Installation) -> None:
    first = installed.started().runtime
    accepted = installed.accept()

    os.kill(first, signal.SIGKILL)

    installed.await_another(first)
    installed.let_through()
    installed.await_delivered(accepted)
    assert installed.run("stop").status == 0
    assert installed.left() == NOTHING_LEFT


@pytest.mark.parametrize("mode", [Mode.DAEMON], ids=str)
def test_twistd_itself_runs_it(installed: Installation, programs: Path) -> None:
    options = ["--project", str(installed.project), "--home", str(installed.home), "--port", "0"]

    run(programs / "twistd", "orgloop", *options, cwd=installed.place)

    until(lambda: installed.is_ready, "the runtime to be ready")
    assert (installed.home / "orgloop.pid").read_text() == str(installed.runtime)
    assert installed.port
    assert installed.run("stop").status == 0
    assert installed.left() == NOTHING_LEFT


def test_uninstalling_leaves_twisted_whole(programs: Path, tmp_path: Path) -> None:
    run(programs / "pip", "uninstall", "--yes", "--quiet", "orgloop", cwd=tmp_path)

    assert "Usage: twistd" in run(programs / "twistd", "--help", cwd=tmp_path)
