"""``doctor``, the pre-flight of a start and the snapshot, with real processes."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.process import RuntimeProcess
from support.waiting import until

Run = Callable[..., subprocess.CompletedProcess[str]]

# A plugin that does all that a check must not do; one actor for each way.
HOSTILE = """\
import threading
import time

from attrs import frozen
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from orgloop.sdk import Finding, NoOptions, Registration, option


@frozen(kw_only=True)
class Options:
    way: str = option("How it is bad.")
    secret: str = option("A secret.", secret=True, default="")


async def check(config, context):
    if config.way == "raises":
        raise RuntimeError(f"no luck with {config.secret}")
    if config.way == "exits":
        raise SystemExit(9)
    if config.way == "ends":
        raise GeneratorExit
    if config.way == "interrupts":
        raise KeyboardInterrupt
    if config.way == "leaves":
        threading.Thread(target=time.sleep, args=(600,)).start()
    if config.way == "waits":
        await Deferred(lambda _: None)
    if config.way == "blocks":
        time.sleep(600)
    if config.way == "fails":
        return [Finding(about="credential", status="error", message="refused", fix="renew it")]
    return "nonsense"


class Quiet:
    def __init__(self, config, context):
        Logger().info("made with {secret}", secret=config.secret)

    async def start(self):
        pass

    async def stop(self):
        pass


def local_check(config, context):
    if config.way == "blocks":
        time.sleep(600)
    return []


registration = Registration(
    id="hostile", actor=Quiet, config=Options, check=check, local_check=local_check
)
"""
WAYS = ("raises", "exits", "ends", "interrupts", "leaves", "waits", "blocks", "fails", "lies")


@pytest.fixture
def hostile(project: Path) -> None:
    (project / "hostile.py").write_text(HOSTILE, "utf-8")
    actors = "".join(
        f"  - {{id: {way}, connector: ./hostile.py, config: {{way: {way}, secret: swordfish}}}}\n"
        for way in WAYS
    )
    add(project, f"actors:\n{actors}")


def add(project: Path, text: str) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(text)


def checks(document: Any) -> dict[tuple[str, str], dict[str, str]]:
    return {(one["category"], one["name"]): one for one in document["checks"]}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_all_is_well_with_a_small_project_and_no_home_is_made(orgloop: Run, home: Path) -> None:
    done = orgloop("doctor", "--json", ORGLOOP_PORT="0")

    document = json.loads(done.stdout)
    assert (done.returncode, document["status"]) == (0, "ok"), done.stdout
    assert {one["category"] for one in document["checks"]} >= {
        "packages",
        "config",
        "port",
        "disk",
        "home",
        "system",
    }
    assert all(
        {"category", "name", "status", "message", "fix"} == set(one) for one in document["checks"]
    )
    assert not home.exists()


def test_it_works_without_a_project(orgloop: Run, project: Path) -> None:
    (project / "orgloop.yaml").unlink()

    assert orgloop("doctor", ORGLOOP_PORT="0").returncode == 0
    named = orgloop("doctor", "-c", str(project), ORGLOOP_PORT="0")
    assert named.returncode == 2
    assert "there is no orgloop.yaml" in named.stdout


def test_everything_wrong_is_told_with_its_fix(orgloop: Run, project: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/"
    add(
        project,
        "actors:\n"
        "  - {id: gone, connector: command, config: {command: [no-such-program], cwd: /nowhere}}\n"
        f'  - {{id: deaf, connector: webhook, config: {{url: "{url}"}}}}\n'
        '  - {id: odd, connector: webhook, config: {url: "http://no-such-host.invalid/"}}\n'
        f'  - {{id: mute, connector: webhook, config: {{url: "{url}", secret: "${{S}}"}}}}\n',
    )

    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = orgloop("doctor", "--json", ORGLOOP_PORT=str(taken.getsockname()[1]))

    document = json.loads(done.stdout)
    found = checks(document)
    bad = {key: one["status"] for key, one in found.items() if one["status"] != "ok"}
    port = next(name for category, name in found if name.startswith("actor:deaf"))
    assert bad == {
        ("variables", "S"): "degraded",
        ("services", "actor:gone program"): "degraded",
        ("services", "actor:gone cwd"): "degraded",
        ("services", port): "degraded",
        ("services", "actor:odd no-such-host.invalid:80"): "degraded",
        ("port", "http"): "error",
    }
    assert all(found[key]["fix"] for key in bad)
    assert (done.returncode, document["status"]) == (2, "error")


def test_an_invalid_project_is_an_error(orgloop: Run, project: Path) -> None:
    add(project, "nonsense: 1\n")

    done = orgloop("doctor", ORGLOOP_PORT="0")

    assert done.returncode == 2
    assert "the key `nonsense` is not known here" in done.stdout


@pytest.mark.usefixtures("hostile")
def test_a_hostile_plugin_costs_one_finding_for_each_of_its_components(orgloop: Run) -> None:
    done = orgloop("doctor", "--json", ORGLOOP_PORT="0")

    found = checks(json.loads(done.stdout))
    assert done.returncode == 1
    assert {key for key, one in found.items() if one["status"] == "degraded"} == {
        *(("services", f"actor:{way}") for way in WAYS if way != "fails"),
        ("credentials", "actor:fails"),
    }
    assert "swordfish" not in done.stdout
    assert "raised RuntimeError: no luck with ***" in done.stdout


@pytest.mark.usefixtures("hostile")
def test_a_hostile_plugin_does_not_keep_a_runtime_from_starting(runtime: RuntimeProcess) -> None:
    runtime.start()

    text = "".join(runtime.lines)
    for way in WAYS:
        assert f"actor:{way}" in text
    assert "made with ***" in text
    assert "swordfish" not in text


def test_a_home_that_is_none_is_an_error_with_its_fix(orgloop: Run, home: Path) -> None:
    home.write_text("")

    done = orgloop("doctor", "--json", ORGLOOP_PORT="0")

    found = checks(json.loads(done.stdout))["home", "directory"]
    assert (done.returncode, found["status"]) == (2, "error")
    assert found["message"] == f"{home} cannot be used: Not a directory"
    assert "ORGLOOP_HOME" in found["fix"]


def test_the_api_shows_the_same_document(
    runtime: RuntimeProcess, orgloop: Run, project: Path
) -> None:
    add(project, "actors: [{id: gone, connector: command, config: {command: [no-such-program]}}]\n")
    runtime.start()

    answered = runtime.get("/api/doctor")
    shown = json.loads(orgloop("doctor", "--json", ORGLOOP_PORT=str(runtime.port)).stdout)

    assert answered["status"] == shown["status"] == "degraded"
    gone = ("services", "actor:gone program")
    assert checks(answered)[gone] == checks(shown)[gone]
    assert f"process {runtime.pid}" in checks(shown)["port", "http"]["message"]
    assert (
        checks(shown)["home", "lock"]["message"] == f"process {runtime.pid} runs with project house"
    )


def test_an_unsigned_webhook_beyond_this_machine_stops_the_start(
    runtime: RuntimeProcess, project: Path, home: Path
) -> None:
    add(project, "sources: [{id: hook, connector: webhook}]\n")
    runtime.environ["ORGLOOP_HOST"] = "0.0.0.0"
    with pytest.raises(AssertionError) as failed:
        runtime.start()
    runtime.wait()

    assert "ended with 1" in str(failed.value)
    assert "credentials: source:hook: no secret is set" in str(failed.value)
    assert "--force" in str(failed.value)
    assert not (home / "orgloop.pid").exists()
    assert not (home / "runtime.port").exists()


def test_force_starts_all_the_same(runtime: RuntimeProcess, project: Path) -> None:
    add(project, "sources: [{id: hook, connector: webhook}]\n")
    runtime.environ["ORGLOOP_HOST"] = "0.0.0.0"
    runtime.arguments = ("--force",)

    runtime.start()

    assert "no secret is set" not in "".join(runtime.lines)


def test_what_is_degraded_is_a_warning_at_the_start(runtime: RuntimeProcess, project: Path) -> None:
    port = free_port()
    add(
        project,
        "actors:\n"
        "  - {id: gone, connector: command, config: {command: [no-such-program]}}\n"
        f'  - {{id: deaf, connector: webhook, config: {{url: "http://127.0.0.1:{port}/"}}}}\n',
    )

    runtime.start()

    assert "warning: services: actor:gone program" in runtime.lines[0]
    assert any(
        " warn " in line and f"services: actor:deaf 127.0.0.1:{port}: it cannot be reached" in line
        for line in runtime.lines
    )


def test_the_snapshot_survives_a_kill_and_the_plan_compares_with_it(
    runtime: RuntimeProcess, orgloop: Run, project: Path, home: Path
) -> None:
    add(project, 'sources: [{id: hook, connector: webhook, config: {secret: "${HOOK_SECRET}"}}]\n')
    runtime.environ["HOOK_SECRET"] = "swordfish"
    runtime.start()
    runtime.kill(signal.SIGKILL)

    [ran] = json.loads((home / "state.json").read_text())["projects"]
    assert ran.keys() >= {"name", "file", "settings", "sources", "actors", "routes", "transforms"}
    assert "swordfish" not in (home / "state.json").read_text()
    same = orgloop("plan", "--detailed-exitcode", HOOK_SECRET="swordfish")
    other = orgloop("plan", "--detailed-exitcode", HOOK_SECRET="turbot")

    assert (same.returncode, other.returncode) == (0, 2)
    assert "~ source hook (config.secret)\n" in other.stdout
    left = orgloop("doctor", "--json", ORGLOOP_PORT="0", HOOK_SECRET="swordfish")
    assert checks(json.loads(left.stdout))["home", "left behind"]["status"] == "degraded"


def test_deliveries_of_what_is_gone_are_counted(
    runtime: RuntimeProcess, orgloop: Run, project: Path
) -> None:
    whole = (project / "orgloop.yaml").read_text()
    deaf = f'{{id: deaf, connector: webhook, config: {{url: "http://127.0.0.1:{free_port()}/"}}}}'
    parts = f"sources: [{{id: hook, connector: webhook}}]\nactors: [{deaf}]\n"
    add(project, parts + "routes: [{name: all, when: {source: hook}, then: {actor: deaf}}]\n")
    runtime.start()
    for number in range(2):
        status, _ = runtime.request("POST", "/webhook/hook", b'{"n": %d}' % number)
        assert status == 200
    until(lambda: len(runtime.get("/api/queue")) == 2, "both deliveries")
    runtime.stop()
    runtime.wait()
    (project / "orgloop.yaml").write_text(whole + parts)

    shown = orgloop("plan").stdout

    assert "- route all\n" in shown
    assert "orphaned: 2 deliveries wait, of route all to actor deaf\n" in shown
