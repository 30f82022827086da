"""When an actor is left alone, when it is tried, and who dies for it."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from orgloop.flow.circuit import Circuit, Turn

PROBE = Turn(is_probe=True)


class Tried:
    """A circuit, and what a lane does with it."""

    def __init__(self, threshold: int = 3, cooldown: float = 30.0) -> None:
        self.clock = Clock()
        self.circuit = Circuit(threshold, cooldown, self.clock)

    def fails(self, row: int, *, spent: int = 1, is_last: bool = False, **how: bool) -> bool:
        return self.circuit.failed(row, "no", spent=spent, is_last=is_last, **how)

    def opens(self) -> None:
        while self.circuit.is_closed:
            self.fails(0)

    def probes(self, row: int) -> Turn:
        turn = self.circuit.turn()
        assert turn is not None
        assert turn.is_probe
        assert self.circuit.admits(turn, [row])
        return turn


def test_it_opens_after_errors_in_a_row() -> None:
    tried = Tried()
    assert [tried.fails(n) for n in (1, 2)] == [True, True]
    assert tried.circuit.turn() == Turn()
    assert tried.fails(3) is False
    assert tried.circuit.state == "open"
    assert tried.circuit.turn() is None
    assert tried.circuit.reason == "no"


def test_any_other_answer_begins_the_count_anew() -> None:
    tried = Tried()
    tried.fails(1)
    tried.fails(2)
    assert tried.circuit.answered(3) is None
    assert tried.fails(4)
    assert tried.circuit.failures == 1


def test_nothing_dies_by_the_error_that_opens_it_or_while_it_is_open() -> None:
    tried = Tried(threshold=2)
    assert tried.fails(1, is_last=True) is True
    assert tried.fails(2, is_last=True) is False
    assert tried.fails(3, is_last=True) is False


def test_one_delivery_is_tried_after_the_cooldown() -> None:
    tried = Tried()
    tried.opens()
    tried.clock.advance(29.9)
    assert tried.circuit.turn() is None
    assert tried.circuit.retry_in_seconds == pytest.approx(0.1)
    tried.clock.advance(0.1)
    tried.probes(1)
    assert tried.circuit.state == "half_open"
    assert tried.circuit.turn() is None
    assert tried.circuit.answered(1) is None
    assert tried.circuit.turn() == Turn()
    assert tried.circuit.reason is None


def test_the_cooldown_doubles_up_to_five_minutes_and_begins_anew() -> None:
    tried = Tried()
    tried.opens()
    waited = []
    for _ in range(6):
        waited.append(tried.circuit.retry_in_seconds)
        tried.clock.advance(waited[-1] or 0)
        tried.probes(1)
        tried.fails(1)
    assert waited == [30, 60, 120, 240, 300, 300]
    tried.clock.advance(300)
    tried.probes(1)
    tried.circuit.answered(1)
    tried.opens()
    assert tried.circuit.retry_in_seconds == 30


def test_a_cooldown_that_is_longer_stays_as_it_is() -> None:
    tried = Tried(cooldown=600)
    tried.opens()
    tried.clock.advance(600)
    tried.probes(1)
    tried.fails(1)
    assert tried.circuit.retry_in_seconds == 600


def test_what_was_in_flight_when_it_opened_changes_nothing_unless_it_is_answered() -> None:
    tried = Tried()
    tried.opens()
    tried.clock.advance(10)
    tried.fails(7)
    assert tried.circuit.retry_in_seconds == 20
    assert tried.circuit.answered(8) is None
    assert tried.circuit.is_closed


def test_a_claim_that_was_asked_for_before_it_opened_is_put_back() -> None:
    tried = Tried()
    turn = tried.circuit.turn()
    assert turn is not None
    tried.opens()
    assert not tried.circuit.admits(turn, [1, 2])
    assert tried.circuit.state == "open"


def test_a_probe_that_comes_when_it_has_closed_is_an_attempt_like_any_other() -> None:
    tried = Tried()
    tried.opens()
    tried.clock.advance(30)
    turn = tried.circuit.turn()
    assert turn == PROBE
    tried.circuit.answered(9)
    assert tried.circuit.admits(turn, [1])
    assert tried.fails(1)


def condemned(*, pause: float = 0.0, **suspect: bool) -> Tried:
    """Return one whose first probe, row 1, is out of attempts, with row 2 tried next."""
    tried = Tried()
    tried.opens()
    tried.clock.advance(30)
    tried.probes(1)
    assert tried.fails(1, is_last=True, **suspect) is False
    tried.clock.advance(pause)
    assert tried.probes(2) == Turn(is_probe=True, passing=(1,))
    assert tried.circuit.turn() is None
    return tried


def test_it_was_the_ticket_if_the_next_one_is_answered() -> None:
    tried = condemned()
    dead = tried.circuit.answered(2)
    assert dead is not None
    assert (dead.row, dead.reason) == (1, "no")
    assert tried.circuit.is_closed


def test_it_was_the_actor_if_the_next_one_fails_too() -> None:
    tried = condemned()
    assert tried.fails(2) is False
    assert tried.circuit.retry_in_seconds == 60
    tried.clock.advance(60)
    assert tried.circuit.turn() == PROBE


def test_a_next_one_that_is_out_of_attempts_too_is_passed_over_as_well() -> None:
    tried = condemned()
    assert tried.fails(2, is_last=True) is False
    assert tried.probes(3) == Turn(is_probe=True, passing=(1, 2))
    assert tried.circuit.answered(3) is None
    assert tried.circuit.is_closed
    assert tried.fails(1, is_last=True) is True
    assert tried.fails(2, is_last=True) is True


def test_a_next_one_that_times_out_is_not_weighed_in_its_turn() -> None:
    tried = condemned()
    assert tried.fails(2, is_last=True, has_timed_out=True) is False
    assert tried.circuit.retry_in_seconds == 60


def test_an_actor_that_asks_to_wait_is_away_for_some_rounds() -> None:
    tried = Tried()
    tried.opens()
    for _ in range(4):
        tried.clock.advance(300)
        tried.probes(1)
        assert tried.fails(1, is_last=True, asks_to_wait=True) is False
        assert tried.circuit.state == "open"
    tried.clock.advance(300)
    tried.probes(1)
    tried.fails(1, is_last=True, asks_to_wait=True)
    assert tried.probes(2) == Turn(is_probe=True, passing=(1,))


def test_nothing_dies_after_a_restart_of_an_actor_that_asks_to_wait() -> None:
    tried = Tried()
    assert tried.fails(1, spent=3, is_last=True, asks_to_wait=True) is False
    assert tried.circuit.state == "open"


def test_of_many_that_are_out_of_attempts_one_after_another_it_is_the_actor() -> None:
    tried = condemned()
    for row in range(2, 9):
        assert tried.fails(row, is_last=True) is False
        tried.probes(row + 1)
    assert tried.fails(9, is_last=True) is False
    assert tried.circuit.turn() is None
    assert tried.circuit.retry_in_seconds == 60


def test_nobody_knows_which_it_was_while_there_is_no_next_one() -> None:
    tried = Tried()
    tried.opens()
    tried.clock.advance(30)
    tried.probes(1)
    tried.fails(1, is_last=True)
    turn = tried.circuit.turn()
    assert turn is not None
    assert tried.circuit.admits(turn, [])
    assert tried.circuit.turn() is None
    assert tried.circuit.retry_in_seconds == 60


def test_a_probe_that_finds_nothing_due_waits_until_something_is() -> None:
    tried = Tried()
    tried.opens()
    tried.clock.advance(30)
    assert tried.circuit.admits(PROBE, [])
    assert tried.circuit.turn() == PROBE


def test_one_that_timed_out_is_tried_once_more_before_it_is_dead() -> None:
    tried = condemned(has_timed_out=True)
    assert tried.circuit.answered(2) is None
    assert tried.circuit.is_closed
    assert tried.fails(1, is_last=True, has_timed_out=True) is True


def test_one_is_tried_once_more_if_the_next_had_to_wait() -> None:
    tried = condemned(pause=1.0)
    assert tried.circuit.answered(2) is None
    assert tried.fails(1, is_last=True) is True
    tried = condemned(pause=0.2)
    assert tried.circuit.answered(2) is not None


def test_one_that_is_tried_once_more_dies_even_by_the_error_that_opens_the_circuit() -> None:
    tried = condemned(has_timed_out=True)
    tried.circuit.answered(2)
    tried.fails(3)
    tried.fails(4)
    assert tried.fails(1, is_last=True) is True
    assert tried.circuit.state == "open"


def test_an_answer_from_before_condemns_nobody() -> None:
    tried = condemned()
    assert tried.circuit.answered(9) is None
    assert tried.circuit.is_closed
    assert tried.circuit.answered(2) is None


def test_an_attempt_that_did_not_get_there_is_made_again_or_by_another() -> None:
    tried = Tried()
    tried.opens()
    tried.clock.advance(30)
    tried.probes(1)
    tried.circuit.unknown(5)
    assert tried.circuit.turn() is None
    tried.circuit.unknown(1)
    assert tried.probes(3) == PROBE
    tried.fails(3, is_last=True)
    tried.probes(4)
    tried.circuit.unknown(4)
    assert tried.probes(5) == Turn(is_probe=True, passing=(3,))


def test_nothing_dies_because_a_restart_made_the_count_begin_anew() -> None:
    tried = Tried()
    assert tried.fails(1, spent=3, is_last=True) is False
    assert tried.probes(2) == Turn(is_probe=True, passing=(1,))


def test_what_failed_in_this_run_alone_is_dead_after_its_last_attempt() -> None:
    tried = Tried()
    assert [tried.fails(1, spent=n, is_last=n == 2) for n in (1, 2)] == [True, True]
    later = Tried()
    later.circuit.answered(1)
    assert later.fails(2, spent=3, is_last=True)


def test_it_begins_as_it_ended_and_is_probed_at_once() -> None:
    tried = Tried()
    tried.circuit.begin_open("the agent is away")
    assert tried.circuit.state == "open"
    assert tried.circuit.reason == "the agent is away"
    assert tried.circuit.retry_in_seconds == 0
    assert tried.probes(1) == PROBE
    assert tried.fails(1) is False
    assert tried.circuit.retry_in_seconds == 60
