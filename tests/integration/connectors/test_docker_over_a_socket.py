"""The docker actor against an engine's stand-in on a UNIX socket, and a stand-in of kind."""

import os
from pathlib import Path

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred

from orgloop.connectors.docker import registration
from orgloop.connectors.docker.config import DockerConfig
from orgloop.delivery import Outcome
from orgloop.durations import Duration
from orgloop.errors import ConnectionRefused
from orgloop.sdk.http import HTTPClient
from orgloop.sdk.urls import unix_url
from orgloop.testing.docker import DockerStandIn, StandInContainer
from orgloop.testing.events import make_dispatch, make_event
from orgloop.testing.httpserver import Answer
from orgloop.testing.lending import lend

KIND = """\
#!/bin/sh
echo "$@" >> "$KIND_SAID"
if [ "$1" = get ]; then cat "$KIND_CLUSTERS"; exit 0; fi
if [ "$1" = delete ]; then : > "$KIND_CLUSTERS"; fi
if [ "$4" = hangs ]; then exec sleep 600; fi
if [ "$4" = broken ]; then echo "no nodes" >&2; exit 1; fi
if [ "$1" = create ]; then echo "$4" >> "$KIND_CLUSTERS"; fi
"""


@pytest.fixture
def engine(tmp_path):
    engine = DockerStandIn(app=StandInContainer())
    engine.start_on_socket(reactor, str(tmp_path / "docker.sock"))
    yield engine
    pytest_twisted.blockon(Deferred.fromCoroutine(engine.stop()))


@pytest.fixture
def context(tmp_path):
    client = HTTPClient(reactor)
    program = tmp_path / "kind"
    program.write_text(KIND)
    program.chmod(0o755)
    (tmp_path / "clusters").touch()
    environ = {
        "PATH": f"{tmp_path}:{os.defpath}",
        "KIND_SAID": str(tmp_path / "said"),
        "KIND_CLUSTERS": str(tmp_path / "clusters"),
    }
    yield lend(tmp_path, http=client, environ=environ)
    pytest_twisted.blockon(Deferred.fromCoroutine(client.close()))


@pytest.fixture
def actor(context, tmp_path):
    def actor(**options):
        told = {"container_name": "app", "socket": str(tmp_path / "docker.sock")}
        return registration.actor(DockerConfig(**{**told, **options}), context)

    return actor


def asks(action: str, **route):
    return make_dispatch(config={"action": action, **route})


@pytest_twisted.ensureDeferred
async def test_containers_are_started_and_stopped_over_one_connection(engine, actor):
    docker, app = actor(), engine.containers["app"]
    seen = []
    for action in ("start", "start", "restart", "stop", "stop"):
        result = await docker.deliver(asks(f"container.{action}"))
        seen.append((result.outcome, app.is_running))

    assert seen == [(Outcome.DELIVERED, True)] * 3 + [(Outcome.DELIVERED, False)] * 2
    assert engine.connections == 1
    assert {request.headers["host"] for request in engine.requests} == {"localhost"}


@pytest_twisted.ensureDeferred
async def test_what_to_act_on_never_comes_from_the_event(engine, actor):
    event = make_event(payload={"container_name": "other"})
    engine.containers["other"] = StandInContainer()
    dispatch = make_dispatch(event, config={"action": "container.start", "container_name": "other"})

    await actor().deliver(dispatch)

    assert engine.containers["app"].is_running
    assert not engine.containers["other"].is_running


@pytest_twisted.ensureDeferred
async def test_a_command_is_run_and_told_of_the_event(engine, actor):
    app = engine.containers["app"]
    app.is_running, app.output = True, b"reloaded\n"

    result = await actor().deliver(asks("container.exec", command=["systemctl", "reload", "app"]))

    [run] = app.commands
    assert result.outcome is Outcome.DELIVERED
    assert run["Cmd"] == ["systemctl", "reload", "app"]
    assert "ORGLOOP_DELIVERY_ID=dlv_1xtest" in run["Env"]


@pytest_twisted.ensureDeferred
async def test_a_command_that_says_very_much_is_waited_for(engine, actor):
    app = engine.containers["app"]
    app.is_running, app.output = True, b"x" * 2_000_000

    result = await actor().deliver(asks("container.exec", command="yes"))

    assert result.outcome is Outcome.DELIVERED


@pytest_twisted.ensureDeferred
async def test_a_command_that_fails_is_tried_again(engine, actor):
    app = engine.containers["app"]
    app.is_running, app.exit_code = True, 3

    result = await actor().deliver(asks("container.exec", command="false"))

    assert (result.outcome, result.reason) == (Outcome.ERROR, "the command failed (exit code 3)")


@pytest_twisted.ensureDeferred
async def test_what_the_engine_answers_decides(engine, actor):
    missing = await actor(container_name="gone").deliver(asks("container.start"))
    stopped = await actor().deliver(asks("container.exec", command="true"))
    engine.answer(Answer(status=500, json={"message": "no space left"}))
    broken = await actor().deliver(asks("container.start"))
    nowhere = await actor(socket="/nowhere/docker.sock").deliver(asks("container.start"))

    assert (missing.outcome, stopped.outcome) == (Outcome.REJECTED, Outcome.ERROR)
    assert (broken.outcome, nowhere.outcome) == (Outcome.ERROR, Outcome.ERROR)
    assert missing.reason == "the engine answered 404: No such container: gone"


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("reached", [0, 1, 2])
async def test_what_does_not_answer_as_an_engine_does_is_tried_again(engine, actor, reached):
    engine.containers["app"].is_running = True
    usual = engine.otherwise
    seen = []

    def answer(request):
        seen.append(request)
        return Answer(body=b"<html>") if len(seen) > reached else usual(request)

    engine.otherwise = answer

    result = await actor().deliver(asks("container.exec", command="true"))

    assert (result.outcome, result.reason) == (Outcome.ERROR, "the engine answered 200")


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("action", ["cluster.start", "container.remove"])
async def test_what_cannot_be_done_is_rejected(engine, actor, action):
    result = await actor().deliver(asks(action))

    assert result.outcome is Outcome.REJECTED
    assert engine.requests == []


@pytest_twisted.ensureDeferred
async def test_an_action_waits_for_its_delay_and_not_longer_than_its_timeout(engine, actor):
    engine.answer(Answer(silent=True))

    slow = await actor(timeout=Duration(50)).deliver(asks("container.start", delay="1ms"))

    assert slow.outcome is Outcome.ERROR
    assert slow.reason == "container.start took longer than 50ms"


@pytest_twisted.ensureDeferred
async def test_a_cancelled_delay_does_nothing(engine, actor):
    delivery = Deferred.fromCoroutine(actor().deliver(asks("container.start", delay="1h")))

    delivery.cancel()

    with pytest.raises(CancelledError):
        await delivery
    assert engine.requests == []


@pytest_twisted.ensureDeferred
async def test_a_cluster_is_made_once_and_taken_away_once(actor, tmp_path):
    config = Path("kind.yaml")
    docker = actor(container_name=None, cluster_name="dev", config_path=config)

    for action in ("start", "start", "shutdown", "shutdown"):
        result = await docker.deliver(asks(f"cluster.{action}"))
        assert result.outcome is Outcome.DELIVERED

    said = (tmp_path / "said").read_text().splitlines()
    assert [line for line in said if line != "get clusters"] == [
        f"create cluster --name dev --config {tmp_path / 'kind.yaml'}",
        "delete cluster --name dev",
    ]


@pytest_twisted.ensureDeferred
async def test_kind_that_fails_or_is_missing_is_tried_again(actor, tmp_path):
    failed = await actor(cluster_name="broken").deliver(asks("cluster.start"))
    (tmp_path / "kind").unlink()
    missing = await actor(cluster_name="dev").deliver(asks("cluster.start"))

    assert (failed.outcome, missing.outcome) == (Outcome.ERROR, Outcome.ERROR)
    assert failed.reason == "kind failed (exit status 1)"
    assert "install it" in missing.reason


@pytest_twisted.ensureDeferred
async def test_kind_that_hangs_is_ended(actor):
    docker = actor(cluster_name="hangs", timeout=Duration(600))

    result = await docker.deliver(asks("cluster.start"))

    assert result.outcome is Outcome.ERROR


@pytest_twisted.ensureDeferred
async def test_the_check_tells_the_version_and_looks_for_the_container(engine, context, tmp_path):
    socket = str(tmp_path / "docker.sock")
    fine = await registration.check(DockerConfig(container_name="app", socket=socket), context)
    gone = await registration.check(DockerConfig(container_name="gone", socket=socket), context)
    away = await registration.check(DockerConfig(container_name="app", socket="/no"), context)

    assert [one.message for one in fine] == ["Docker 28.0.0 answers", "it is there, and is exited"]
    assert [one.status for one in gone] == ["ok", "degraded"]
    assert [one.status for one in away] == ["degraded"]
    assert "group docker" in away[0].fix


@pytest_twisted.ensureDeferred
async def test_who_may_not_call_private_addresses_may_not_call_a_socket(engine, context, tmp_path):
    with pytest.raises(ConnectionRefused):
        await context.http.request(
            "GET", unix_url(str(tmp_path / "docker.sock"), "/version"), allow_private=False
        )

    assert engine.requests == []
