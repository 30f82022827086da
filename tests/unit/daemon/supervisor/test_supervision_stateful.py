"""Whatever happens, in whatever order: one runtime at most, and an end for whoever asks for it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orgloop.daemon.supervisor.backoff import Pace
from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.telling.report import Failed
from support.supervised import PretendedRuntime, World

PACE = Pace(max_restarts=3)
ENDINGS = st.sampled_from(
    [
        Ending(code=0),
        Ending(code=1),
        Ending(signal=9),
        Ending(code=4, failed=Failed(4, ("invalid",))),
        Ending(code=1, failed=Failed(1, ("port taken",))),
        Ending(signal=15, was_wedged=True),
    ]
)
WHICH = st.integers(min_value=0, max_value=9)


class Supervised(RuleBasedStateMachine):
    """A supervisor to which anything happens that can."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.world = World.at(self.directory)
        self.world.begin()
        self.asked = 0

    def teardown(self) -> None:
        self.world.crew.machine.stop("the test is over")
        for process in self.world.living:
            process.end(Ending(code=0))
        assert self.world.exit_codes != []
        assert self.world.clock.getDelayedCalls() == []
        assert len(self.world.answers) == self.asked
        self.world.close()
        shutil.rmtree(self.directory)

    # --- what may happen ------------------------------------------------------------------------

    @rule(which=WHICH)
    def a_process_takes_its_next_step(self, which: int) -> None:
        process = self._one(which)
        if process is None:
            return
        if process.introduction is None:
            process.prepare(PACE)
        elif process.has_begun and not process.is_ready:
            process.be_ready()

    @rule(which=WHICH, ending=ENDINGS)
    def a_process_ends(self, which: int, ending: Ending) -> None:
        if (process := self._one(which)) is not None:
            process.end(ending)

    @rule(which=WHICH)
    def a_process_says_that_it_leaves(self, which: int) -> None:
        process = self._one(which)
        if process is not None and process.has_begun:
            process.follower.leaving(process)

    @rule(which=WHICH)
    def a_process_gives_no_sign_of_life(self, which: int) -> None:
        if (process := self._one(which)) is not None:
            process.follower.wedged(process)

    @rule(seconds=st.sampled_from([0.3, 2.0, 31.0, 400.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.clock.advance(seconds)

    @rule()
    def somebody_asks_for_a_restart(self) -> None:
        self.asked += 1
        self.world.ask_for_restart()

    @precondition(lambda self: self.asked % 3 == 2)  # not the end of nearly every run
    @rule()
    def somebody_asks_for_a_stop(self) -> None:
        self.world.crew.machine.stop("SIGTERM")

    def _one(self, which: int) -> PretendedRuntime | None:
        living = self.world.living
        return living[which % len(living)] if living else None

    # --- what is always so ----------------------------------------------------------------------

    @invariant()
    def at_most_one_has_begun(self) -> None:
        assert sum(process.has_begun for process in self.world.living) <= 1

    @invariant()
    def the_supervisor_ends_once_and_last(self) -> None:
        assert len(self.world.exit_codes) <= 1
        if self.world.exit_codes:
            assert self.world.living == []

    @invariant()
    def nobody_is_forgotten(self) -> None:
        """Something lives, something is due, or it is over."""
        is_going_on = self.world.living or self.world.clock.getDelayedCalls()
        assert bool(is_going_on) != bool(self.world.exit_codes)


TestSupervised = Supervised.TestCase
TestSupervised.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
