"""What a supervisor does when: crashes, clean ends, stops, restarts, in each order they come in."""

from __future__ import annotations

import json
import os

import pytest
from zope.interface.verify import verifyObject

from orgloop.daemon.supervisor.backoff import Pace
from orgloop.daemon.supervisor.crash import CrashRecord
from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.supervisor.listeners import HeldListeners
from orgloop.daemon.supervisor.roles import ICrew, IFollower, IRuntimeProcess
from orgloop.daemon.telling.report import Failed
from orgloop.daemon.telling.witness import ReadyRuntime
from orgloop.storage.lock import holder_of
from support.supervised import SUPERVISOR_PID, World

CLEAN = Ending(code=0)
INVALID = Ending(code=4, failed=Failed(4, ("orgloop.yaml:3: no such source",)))
PORT_TAKEN = Ending(code=1, failed=Failed(1, ("orgloop: port 4800 is in use",)))


def test_crew_and_processes_are_what_they_say(world: World) -> None:
    assert verifyObject(ICrew, world.crew)
    assert verifyObject(IFollower, world.crew)
    assert verifyObject(IRuntimeProcess, world.begin())


def test_a_runtime_opens_nothing_before_its_project_is_valid(world: World) -> None:
    runtime = world.begin()
    had_begun = runtime.has_begun
    runtime.prepare()

    assert not had_begun
    assert runtime.begun_with == {
        "supervisor_pid": SUPERVISOR_PID,
        "restarts": 0,
        "last_exit": None,
        "manager": None,
        "final": [],
        "listeners": {},
    }


def test_whoever_waits_is_told_once_that_it_is_ready(world: World) -> None:
    world.begin().come_up().crash()
    world.clock.advance(1)
    world.last.come_up()

    [ready] = world.witness.heard
    assert isinstance(ready, ReadyRuntime)
    assert ready.supervisor_pid == SUPERVISOR_PID


@pytest.mark.parametrize(
    "ending",
    [
        Ending(signal=9),
        Ending(signal=11),
        Ending(code=1),
        Ending(code=137),
        Ending(code=0, was_wedged=True),
        PORT_TAKEN,
    ],
    ids=str,
)
def test_an_abnormal_end_of_a_good_run_brings_another_one(world: World, ending: Ending) -> None:
    world.begin().come_up().end(ending)
    pause = world.pause()
    world.clock.advance(1)

    assert pause == 1
    assert len(world.living) == 1
    assert world.last.prepare().begun_with["last_exit"] == str(ending)
    assert world.last.begun_with["restarts"] == 1


def test_only_the_first_one_looks_around_before_it_starts(world: World) -> None:
    world.begin().come_up().crash()
    world.clock.advance(1)

    assert [one.is_first for one in world.started] == [True, False]


def test_a_crash_before_it_was_ever_ready_is_tried_again_and_whoever_waits_goes_on_waiting(
    world: World,
) -> None:
    world.begin().crash()
    world.clock.advance(1)
    heard_before = list(world.witness.heard)
    world.last.come_up()

    assert heard_before == []
    assert isinstance(world.witness.heard[0], ReadyRuntime)


@pytest.mark.parametrize("ending", [INVALID, PORT_TAKEN])
def test_a_first_start_that_fails_in_good_order_is_not_tried_again(
    world: World, ending: Ending
) -> None:
    world.begin().end(ending)

    assert world.exit_codes == [ending.code]
    assert world.witness.heard == [ending.failed]
    assert world.pause() is None
    assert not world.home.crash_record.exists()


def test_a_project_that_became_invalid_while_it_ran_is_not_tried_again(world: World) -> None:
    world.begin().come_up().crash()
    world.clock.advance(1)
    world.last.end(INVALID)

    record = CrashRecord.read(world.home.crash_record)
    assert world.exit_codes == [4]
    assert record is not None
    assert record.exit == "exit code 4"


def test_a_clean_end_ends_the_supervisor(world: World) -> None:
    runtime = world.begin().come_up()
    world.crew.leaving(runtime)
    runtime.end(CLEAN)

    assert world.exit_codes == [0]
    assert world.pause() is None


def test_it_gives_up_when_restarts_come_too_often(world: World) -> None:
    pace = Pace(max_restarts=3)
    world.begin().come_up(pace).crash()
    for _ in range(3):
        world.clock.advance(30)
        world.last.come_up(pace).end(Ending(code=7, stderr=("boom",)))

    record = CrashRecord.read(world.home.crash_record)
    assert world.exit_codes == [1]
    assert len(world.started) == 4
    assert record == CrashRecord(
        time="1970-01-01T00:01:30.000Z",
        reason="more than 3 restarts within 5m",
        exit="exit code 7",
        restarts=3,
        window="5m",
        stderr=("boom",),
    )


def test_whoever_waits_for_a_first_start_is_told_when_it_gives_up(world: World) -> None:
    world.begin().prepare(Pace(max_restarts=0)).end(Ending(signal=11, stderr=("no such thing",)))

    [failed] = world.witness.heard
    assert isinstance(failed, Failed)
    assert failed.exit_code == 1
    assert "more than 0 restarts within 5m" in failed.lines[0]
    assert "SIGSEGV" in failed.lines[0]
    assert failed.lines[1] == "no such thing"


def test_a_crash_record_goes_when_a_later_start_is_ready(world: World) -> None:
    world.home.crash_record.write_text("{}")
    runtime = world.begin().prepare()
    still_there = world.home.crash_record.exists()
    runtime.be_ready()

    assert still_there
    assert not world.home.crash_record.exists()


def test_the_lock_says_that_nobody_runs_and_when_the_next_one_does(world: World) -> None:
    world.home.pid_file.write_text("1000")
    world.begin().come_up().crash()

    holder = holder_of(world.home)
    assert holder is not None
    assert (holder.pid, holder.supervisor) == (None, SUPERVISOR_PID)
    assert (holder.project, holder.file) == ("house", "/house/orgloop.yaml")
    assert (holder.restarts, holder.last_exit) == (1, "killed by SIGKILL")
    assert holder.next_start == "1970-01-01T00:00:01.000Z"
    assert not world.home.pid_file.exists()


def test_the_heartbeat_is_written_when_it_is_ready_and_whenever_it_is_alive(world: World) -> None:
    runtime = world.begin().prepare()
    world.clock.advance(2)
    world.crew.alive(runtime)
    before = world.home.heartbeat.exists()
    runtime.be_ready()
    first = json.loads(world.home.heartbeat.read_bytes())
    world.clock.advance(30)
    world.crew.alive(runtime)
    second = json.loads(world.home.heartbeat.read_bytes())

    assert not before
    assert first == {
        "timestamp": "1970-01-01T00:00:02.000Z",
        "pid": 1000,
        "uptime_ms": 2000,
        "supervisor_pid": SUPERVISOR_PID,
        "restarts": 0,
    }
    assert second["uptime_ms"] == 32_000


def test_the_next_runtime_is_handed_what_the_last_one_listened_on(world: World) -> None:
    reading, writing = os.pipe()
    runtime = world.begin().prepare()
    world.crew.listening(runtime, {"http": reading}, ["http"])
    runtime.be_ready().crash()
    world.clock.advance(1)
    world.last.prepare()

    assert world.last.begun_with["listeners"] == {"http": reading}
    os.write(writing, b"still open")
    world.last.end(CLEAN)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.read(reading, 1)
    os.close(writing)


def test_a_listener_that_the_project_has_given_up_is_closed(world: World) -> None:
    (http, *written), (webhooks, *also_written) = os.pipe(), os.pipe()
    runtime = world.begin().prepare()
    world.crew.listening(runtime, {"http": http, "webhooks": webhooks}, ["http", "webhooks"])
    runtime.be_ready().crash()
    world.clock.advance(1)
    world.crew.listening(world.last.prepare(), {}, ["http"])

    assert world.crew.listeners.descriptors == {"http": http}
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(webhooks)
    for descriptor in (http, *written, *also_written):
        os.close(descriptor)


def test_the_listeners_of_a_service_manager_are_kept_whatever_the_project_uses() -> None:
    reading, writing = os.pipe()
    listeners = HeldListeners(("webhooks",), {"webhooks": reading})

    listeners.keep({}, ["http"])

    assert listeners.descriptors == {"webhooks": reading}
    listeners.close()
    os.close(writing)


# --- stop ---------------------------------------------------------------------------------------


def test_a_stop_waits_for_the_runtime(world: World) -> None:
    runtime = world.begin().come_up()
    world.home.heartbeat.touch()

    world.crew.machine.stop("SIGTERM")
    was_over = bool(world.exit_codes)
    runtime.end(CLEAN)

    assert runtime.told == ["stop"]
    assert not was_over
    assert world.exit_codes == [0]
    assert not world.home.heartbeat.exists()


def test_a_second_stop_hurries_the_runtime(world: World) -> None:
    runtime = world.begin().come_up()

    world.crew.machine.stop("SIGTERM")
    world.crew.machine.stop("SIGTERM")

    assert runtime.told == ["stop", "hurry"]


@pytest.mark.parametrize(
    ("ending", "exit_code"),
    [
        (Ending(code=0), 0),
        (Ending(code=1), 1),
        (Ending(signal=15), 0),
        (Ending(signal=9), 1),
        (Ending(signal=9, has_begun=False), 0),
    ],
    ids=str,
)
def test_a_stop_is_never_answered_by_a_restart(
    world: World, ending: Ending, exit_code: int
) -> None:
    runtime = world.begin().come_up()

    world.crew.machine.stop("SIGTERM")
    runtime.end(ending)

    assert world.exit_codes == [exit_code]
    assert world.pause() is None


def test_a_stop_before_it_is_ready_ends_the_start(world: World) -> None:
    runtime = world.begin()
    world.crew.machine.stop("SIGINT")
    runtime.prepare()

    assert runtime.told == ["stop"]
    assert not runtime.has_begun
    assert world.witness.heard == ["SIGINT"]


def test_a_stop_during_a_pause_ends_it_at_once(world: World) -> None:
    world.begin().come_up().crash()

    world.crew.machine.stop("SIGTERM")

    assert world.exit_codes == [0]
    assert world.pause() is None


# --- restart ------------------------------------------------------------------------------------


def test_a_restart_waits_with_the_new_one_until_the_old_one_has_ended(world: World) -> None:
    old = world.begin().come_up()
    world.ask_for_restart()
    new = world.last
    told_before = list(old.told)
    new.prepare()
    began_before = new.has_begun
    old.end(CLEAN)
    new.be_ready()

    assert told_before == []
    assert old.told == ["make way"]
    assert not began_before
    assert new.has_begun
    assert world.exit_codes == []
    [answer] = world.answers
    assert isinstance(answer, ReadyRuntime)
    assert answer.pid == new.pid


def test_a_restart_counts_as_no_crash(world: World) -> None:
    old = world.begin().come_up()
    world.ask_for_restart()
    world.last.prepare()
    old.end(Ending(code=1))

    assert world.last.begun_with["restarts"] == 0


def test_a_new_one_that_is_not_valid_leaves_the_old_one_alone(world: World) -> None:
    old = world.begin().come_up()
    world.ask_for_restart()
    world.last.end(INVALID)

    assert old.told == []
    assert world.state == "running"
    assert world.answers == [INVALID.failed]


def test_a_new_one_that_dies_is_told_of_with_its_last_lines(world: World) -> None:
    world.begin().come_up()
    world.ask_for_restart()
    world.last.end(Ending(signal=11, has_begun=False, stderr=("boom",)))

    [answer] = world.answers
    assert isinstance(answer, Failed)
    assert "SIGSEGV" in answer.lines[0]
    assert answer.lines[1] == "boom"


def test_an_old_one_that_crashes_meanwhile_is_replaced_at_once(world: World) -> None:
    old = world.begin().come_up()
    world.ask_for_restart()
    old.crash()
    world.last.come_up()

    assert world.pause() is None
    assert len(world.started) == 2
    assert isinstance(world.answers[0], ReadyRuntime)


def test_a_new_one_that_dies_while_it_waits_is_started_again(world: World) -> None:
    old = world.begin().come_up()
    world.ask_for_restart()
    world.last.prepare().crash()
    old.end(CLEAN)

    assert len(world.started) == 3
    assert world.living == [world.last]
    assert isinstance(world.answers[0], Failed)


@pytest.mark.parametrize("is_prepared", [False, True])
def test_an_old_one_that_is_stopped_takes_the_new_one_with_it(
    world: World, is_prepared: bool
) -> None:
    old = world.begin().come_up()
    world.ask_for_restart()
    new = world.last
    if is_prepared:
        new.prepare()
    world.crew.leaving(old)
    old.end(CLEAN)
    waited = world.exit_codes == []
    new.end(Ending(signal=9, has_begun=False))

    assert new.told == ["die"]
    assert waited
    assert world.exit_codes == [0]
    assert isinstance(world.answers[0], Failed)


def test_an_old_one_that_is_stopped_after_the_death_of_the_new_one_is_the_last(
    world: World,
) -> None:
    old = world.begin().come_up()
    world.ask_for_restart()
    world.last.prepare().crash()
    world.crew.leaving(old)

    old.end(CLEAN)

    assert world.exit_codes == [0]
    assert world.living == []


@pytest.mark.parametrize("is_prepared", [False, True])
def test_a_stop_during_a_restart_ends_both(world: World, is_prepared: bool) -> None:
    old = world.begin().come_up()
    world.ask_for_restart()
    new = world.last
    if is_prepared:
        new.prepare()

    world.crew.machine.stop("SIGTERM")
    old.end(CLEAN)
    waited = world.exit_codes == []
    new.end(Ending(signal=9, has_begun=False))

    assert old.told[-1] == "stop"
    assert new.told == ["die"]
    assert not new.has_begun
    assert waited
    assert world.exit_codes == [0]
    assert isinstance(world.answers[0], Failed)


def test_a_restart_during_a_pause_ends_the_pause(world: World) -> None:
    world.begin().come_up().crash()
    world.ask_for_restart()
    world.last.come_up()

    assert len(world.started) == 2
    assert world.pause() is None
    assert isinstance(world.answers[0], ReadyRuntime)


def test_a_restart_is_refused_while_another_is_under_way(world: World) -> None:
    world.begin().come_up()
    world.ask_for_restart()
    world.ask_for_restart()

    [answer] = world.answers
    assert isinstance(answer, Failed)
    assert "another restart is under way" in answer.lines[0]


def test_a_new_one_that_fails_after_it_began_is_answered_and_tried_again(world: World) -> None:
    old = world.begin().come_up()
    world.ask_for_restart()
    world.last.prepare()
    old.end(CLEAN)
    world.last.end(PORT_TAKEN)

    assert world.answers == [PORT_TAKEN.failed]
    assert world.pause() == 1
    assert world.exit_codes == []


def test_a_wedged_one_is_replaced_whatever_it_says_at_its_end(world: World) -> None:
    runtime = world.begin().come_up()
    world.crew.wedged(runtime)
    world.crew.leaving(runtime)
    runtime.end(Ending(code=0, was_wedged=True))
    world.clock.advance(1)

    assert len(world.living) == 1
    assert "no sign of life" in world.last.prepare().begun_with["last_exit"]


def test_a_wedged_one_that_is_being_ended_needs_no_restart(world: World) -> None:
    world.crew.wedged(world.begin().come_up())
    world.ask_for_restart()

    assert len(world.started) == 1
    assert isinstance(world.answers[0], Failed)


def test_the_signals_for_a_runtime_reach_it(world: World) -> None:
    world.crew.pass_on(10)
    runtime = world.begin().come_up()
    world.crew.pass_on(10)
    runtime.crash()
    world.crew.pass_on(10)

    assert runtime.told == ["signal 10"]
