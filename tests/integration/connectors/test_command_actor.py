import os
from pathlib import Path

import orjson
import pytest
import pytest_twisted
from attrs import evolve
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import globalLogPublisher

from orgloop.connectors.command.actor import CommandActor
from orgloop.connectors.command.config import CommandConfig
from orgloop.delivery import DeliveryResult, Outcome
from orgloop.errors import PluginError
from orgloop.sdk.processes import process_is
from orgloop.sdk.processgroups import group_is_alive
from orgloop.testing.events import make_dispatch, make_event, make_prompt
from orgloop.testing.lending import NOW_MS, lend
from orgloop.testing.lifecycle import assert_lifecycle

ENVIRON = {"PATH": os.environ["PATH"], "ORGLOOP_PORT": "1", "SECRET_OF_MINE": "kept"}


def actor(directory: Path, *command: str, **options) -> CommandActor:
    config = CommandConfig(command=command, **options)
    return CommandActor(config, lend(directory, id="agent", environ=ENVIRON))


def shell(directory: Path, script: str, **options) -> CommandActor:
    return actor(directory, "sh", "-c", script, **options)


async def until(condition) -> None:
    while not condition():
        await deferLater(reactor, 0.01)


@pytest.fixture
def logged():
    events = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)


@pytest_twisted.ensureDeferred
async def test_a_run_reads_the_event_and_closes_the_loop(tmp_path):
    dispatch = make_dispatch(id="dlv_1xabc", prompt=make_prompt("Do it"))

    result = await shell(tmp_path, "cat > input").deliver(dispatch)

    assert orjson.loads((tmp_path / "input").read_bytes()) == dispatch.document()
    assert result.outcome is Outcome.DELIVERED
    [stopped] = result.effects
    assert_lifecycle(stopped)
    assert stopped.type == "actor.stopped"
    assert stopped.provenance["platform"] == "command"
    assert stopped.provenance["platform_event"] == "session.completed"
    assert stopped.payload["session"]["id"] == "dlv_1xabc"
    assert stopped.payload["session"]["exit_status"] == 0


@pytest.mark.parametrize(
    ("script", "outcome", "phase"),
    [
        ("exit 0", Outcome.DELIVERED, "completed"),
        ("exit 1", Outcome.ERROR, "failed"),
        ("exit 75", Outcome.ERROR, "failed"),
        ("exit 4", Outcome.REJECTED, "failed"),
        ("exit 143", Outcome.ERROR, "stopped"),
        ("kill -TERM $$", Outcome.ERROR, "stopped"),
    ],
)
@pytest_twisted.ensureDeferred
async def test_the_exit_code_says_how_it_went(tmp_path, script, outcome, phase):
    agent = shell(tmp_path, script, rejected_exit_codes=[4])

    result = await agent.deliver(make_dispatch())

    assert result.outcome is outcome
    [stopped] = result.effects
    assert_lifecycle(stopped)
    assert stopped.payload["lifecycle"]["phase"] == phase


@pytest_twisted.ensureDeferred
async def test_the_end_may_go_unreported(tmp_path):
    result = await shell(tmp_path, "exit 0", emit_stopped=False).deliver(make_dispatch())

    assert result == DeliveryResult.delivered()


@pytest_twisted.ensureDeferred
async def test_the_environment_is_what_was_inherited_and_what_is_listed(tmp_path):
    agent = shell(
        tmp_path, "env > env; cat $ORGLOOP_PROMPT_FILE > prompt", env={"MINE": "{{type}}"}
    )

    await agent.deliver(make_dispatch(id="dlv_1", prompt=make_prompt("Grüße\n")))

    env = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert env["SECRET_OF_MINE"] == "kept"
    assert env["MINE"] == "resource.changed"
    assert env["ORGLOOP_DELIVERY_ID"] == "dlv_1"
    assert {name for name in env if name.startswith("ORGLOOP_")} == {
        "ORGLOOP_SOURCE",
        "ORGLOOP_TARGET",
        "ORGLOOP_EVENT_TYPE",
        "ORGLOOP_EVENT_ID",
        "ORGLOOP_ROUTE",
        "ORGLOOP_DELIVERY_ID",
        "ORGLOOP_TRACE_ID",
        "ORGLOOP_ATTEMPT",
        "ORGLOOP_PROMPT_FILE",
    }
    assert (tmp_path / "prompt").read_text() == "Grüße\n"
    assert not os.path.exists(env["ORGLOOP_PROMPT_FILE"])  # noqa: ASYNC240 (a look, not a wait)


@pytest_twisted.ensureDeferred
async def test_without_a_prompt_there_is_no_prompt_file(tmp_path):
    await shell(tmp_path, "env > env").deliver(make_dispatch())

    assert "ORGLOOP_PROMPT_FILE" not in (tmp_path / "env").read_text()


@pytest_twisted.ensureDeferred
async def test_it_runs_where_it_is_told_to(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "agent").write_text("#!/bin/sh\npwd > here\n")
    (tmp_path / "agent").chmod(0o755)

    await actor(tmp_path, "./agent", cwd=elsewhere).deliver(make_dispatch())

    assert (elsewhere / "here").read_text().strip() == str(elsewhere)


@pytest.mark.parametrize(
    "output",
    [
        '{"event": {"type": "message.received", "payload": {"said": "hi"}}}',
        '{"type": "message.received", "payload": {"said": "hi"}}',
    ],
)
@pytest_twisted.ensureDeferred
async def test_what_it_writes_may_be_an_event(tmp_path, output):
    agent = actor(tmp_path, "echo", output, output="response_event")

    said, stopped = (await agent.deliver(make_dispatch())).effects

    assert (said.type, said.payload) == ("message.received", {"said": "hi"})
    assert said.provenance == {"platform": "command"}
    assert stopped.type == "actor.stopped"


@pytest.mark.parametrize("output", ["nonsense", '{"event": 5}', '{"type": "x"}', "[]", "{}", " "])
@pytest_twisted.ensureDeferred
async def test_output_that_is_no_event_leaves_the_delivery_delivered(tmp_path, output):
    agent = actor(tmp_path, "echo", output, output="response_event")

    result = await agent.deliver(make_dispatch())

    assert result.outcome is Outcome.DELIVERED
    assert [effect.type for effect in result.effects] == ["actor.stopped"]


@pytest_twisted.ensureDeferred
async def test_output_goes_to_the_log_and_is_bounded(tmp_path, logged):
    script = "echo hello; head -c 1000000 /dev/zero | tr '\\0' x; echo trouble >&2"

    await shell(tmp_path, script).deliver(make_dispatch())

    [entry] = [event for event in logged if "said" in event]
    assert entry["said"].startswith("hello\n")
    assert entry["said"].endswith("x trouble")
    assert len(entry["said"]) < 10_000


@pytest_twisted.ensureDeferred
async def test_what_is_logged_of_one_stream_has_no_blanks_for_the_other(tmp_path, logged):
    await shell(tmp_path, "echo trouble >&2").deliver(make_dispatch())

    assert [event["said"] for event in logged if "said" in event] == ["trouble"]


@pytest_twisted.ensureDeferred
async def test_a_value_it_cannot_be_handed_is_a_rejection(tmp_path):
    agent = actor(tmp_path, "true", "--x={{payload.x}}")

    result = await agent.deliver(make_dispatch(make_event(payload={"x": "a\0b"})))

    assert result.outcome is Outcome.REJECTED
    assert result.effects == ()


@pytest_twisted.ensureDeferred
async def test_a_program_that_is_gone_is_an_error_and_keeps_it_from_starting(tmp_path):
    agent = actor(tmp_path, "./gone")

    assert (await agent.deliver(make_dispatch())).outcome is Outcome.ERROR
    with pytest.raises(PluginError, match="no program"):
        await agent.start()
    await actor(tmp_path, "true").start()


@pytest_twisted.ensureDeferred
async def test_the_process_is_noted_before_it_does_anything(tmp_path):
    noted = []

    async def note(pid: int, started: str) -> None:
        assert process_is(pid, started)
        assert not (tmp_path / "ran").exists()
        noted.append(pid)

    await shell(tmp_path, "touch ran").deliver(evolve(make_dispatch(), note_process=note))

    assert len(noted) == 1
    assert (tmp_path / "ran").exists()


@pytest_twisted.ensureDeferred
async def test_cancelling_ends_the_whole_run_and_reports_its_end(tmp_path):
    noted = []

    async def note(pid: int, started: str) -> None:
        noted.append(pid)

    script = "sleep 1000 & touch running; wait"
    dispatch = evolve(make_dispatch(prompt=make_prompt()), note_process=note)
    run = Deferred.fromCoroutine(shell(tmp_path, script).deliver(dispatch))
    await until((tmp_path / "running").exists)

    run.cancel()
    result = await run

    assert not group_is_alive(noted[0])
    assert result.outcome is Outcome.ERROR
    assert "took too long" in result.reason
    [stopped] = result.effects
    assert_lifecycle(stopped)
    assert stopped.payload["lifecycle"]["reason"] == "sigterm"
    assert stopped.payload["session"]["exit_status"] == 143


@pytest_twisted.ensureDeferred
async def test_a_run_cancelled_before_its_program_began_reports_nothing(tmp_path):
    dispatch = evolve(make_dispatch(), note_process=lambda pid, started: Deferred())
    run = Deferred.fromCoroutine(shell(tmp_path, "touch ran").deliver(dispatch))

    run.cancel()
    with pytest.raises(CancelledError):
        await run

    assert not (tmp_path / "ran").exists()


@pytest_twisted.ensureDeferred
async def test_times_are_those_of_the_run(tmp_path):
    [stopped] = (await shell(tmp_path, "true").deliver(make_dispatch())).effects

    session = stopped.payload["session"]
    assert session["started_at"] == session["ended_at"] == "2026-01-31T08:15:00.250Z"
    assert NOW_MS == 1_769_847_300_250
    assert session["cwd"] == str(tmp_path)
