"""Leave an actor alone that keeps failing, and find out when it is back."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime

from orgloop.flow.circuit_states import CircuitStates, StateName, new_circuit_states

LONGEST_COOLDOWN_SECONDS = 300.0
_MOST_SUSPECTS = 8  # more that fail one after another: it is the actor
_ROUNDS_ASKED_TO_WAIT = 4  # an actor that answers so is there, and overloaded; but not for ever
_AT_ONCE_SECONDS = 0.5  # longer between two probes, and the actor may have come back in between


@frozen
class Turn:
    """What may be claimed: as much as there is room for, or one delivery as a probe."""

    is_probe: bool = False
    passing: tuple[int, ...] = ()
    """The rows that a probe passes over: they have just failed, and are out of attempts."""


@frozen
class Suspect:
    """A row that failed as a probe and is out of attempts: is it the ticket, or the actor?"""

    row: int
    reason: str
    has_timed_out: bool
    failed_at: float


@define(eq=False)
class Circuit:
    """The circuit breaker of one actor: what may be claimed, and who may die.

    It opens after ``failure_threshold`` errors in a row, of whichever deliveries. After a cooldown
    one delivery is tried; any answer but an error closes it, an error doubles the cooldown. Nothing
    dies by the error that opens it or while it is open. A probe that has used its attempts up is
    weighed against the delivery behind it, tried at once: only where that one gets an answer was it
    the ticket, and not the actor. If that one is out of attempts as well, the next is tried; one
    that gets an answer then gives each of those before it one more chance.

    Nor does anything die of a restart: which errors came before it is not known.

    It keeps no books and starts no timers: the lane asks, and tells it how everything went.
    """

    failure_threshold: int
    cooldown_seconds: float
    _clock: IReactorTime
    failures: int = field(default=0, init=False)
    """How many errors there were since the last other answer."""
    reason: str | None = field(default=None, init=False)
    """What the last error was; `None` while it is closed."""
    _states: CircuitStates = field(factory=new_circuit_states, init=False)
    _state: StateName = field(default="closed", init=False)
    _rounds: int = field(default=0, init=False)
    _probe_at: float = field(default=0.0, init=False)
    _probe: int | None = field(default=None, init=False)
    _probed_at: float = field(default=0.0, init=False)
    _suspects: list[Suspect] = field(factory=list, init=False)
    _spared: set[int] = field(factory=set, init=False)
    """Rows that are tried once more although they are out of attempts."""
    _has_answered: bool = field(default=False, init=False)

    # --- what is shown

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half_open``."""
        return "half_open" if self._state in ("first", "second") else self._state

    @property
    def is_closed(self) -> bool:
        return self._state == "closed"

    @property
    def current_cooldown_seconds(self) -> float:
        """How long it waits, or waited last, before it tries the actor; grows with failures."""
        longest = max(self.cooldown_seconds, LONGEST_COOLDOWN_SECONDS)
        return min(longest, self.cooldown_seconds * 2.0 ** min(self._rounds, 62))

    @property
    def retry_in_seconds(self) -> float | None:
        """How long until the next probe may be made; `None` while it is closed."""
        if self.is_closed:
            return None
        return max(0.0, self._probe_at - self._clock.seconds()) if self._state == "open" else 0.0

    # --- what the lane asks and tells

    def begin_open(self, reason: str) -> None:
        """Begin as it was when an earlier run ended: open, and to be probed at once."""
        self.reason = reason
        self._states.trip()
        self._probe_at = self._clock.seconds()
        self._moved()

    def turn(self) -> Turn | None:
        """Return what may be claimed now, `None` while that is nothing."""
        if self._state == "closed":
            return Turn()
        if self._state == "open":
            return Turn(is_probe=True) if self._clock.seconds() >= self._probe_at else None
        if self._state == "second" and self._probe is None:
            return Turn(is_probe=True, passing=tuple(one.row for one in self._suspects))
        return None

    def admits(self, turn: Turn, rows: Sequence[int]) -> bool:
        """Take notice of what was claimed in ``turn``; false if it must wait after all."""
        if self._state == "closed":
            return True
        if not turn.is_probe or self._state == "first":
            return not rows
        if not rows:
            if self._state == "second":
                self._back_off()
            return True
        if self._state == "open":
            self._states.probe()
        [self._probe] = rows
        self._probed_at = self._clock.seconds()
        self._moved()
        return True

    def answered(self, row: int) -> Suspect | None:
        """Take notice of an answer other than an error; return who is dead because of it."""
        self.failures = 0
        self._has_answered = True
        self._spared.discard(row)
        if self._state == "closed":
            return None
        suspects = self._suspects if row == self._probe else []
        self._states.recover()
        self._rounds = 0
        self._probe = self.reason = None
        self._suspects = []
        self._moved()
        if len(suspects) == 1 and self._is_proven(suspects[0]):
            return suspects[0]
        self._spared.update(suspect.row for suspect in suspects)
        return None

    def _is_proven(self, suspect: Suspect) -> bool:
        """Whether it has failed while the actor was there.

        The actor may have come back while one timed out, or before the next could be tried: where
        it asked for a pause, or its rate left no room.
        """
        is_at_once = self._probed_at - suspect.failed_at <= _AT_ONCE_SECONDS
        return (is_at_once and not suspect.has_timed_out) or suspect.row in self._spared

    def failed(
        self,
        row: int,
        reason: str,
        *,
        spent: int,
        is_last: bool,
        has_timed_out: bool = False,
        asks_to_wait: bool = False,
    ) -> bool:
        """Take notice of an error; say whether the delivery may die of it.

        ``spent`` are its attempts so far, ``is_last`` says that there are no more. One that may not
        die waits, due at once. With ``asks_to_wait`` (``Retry-After``) the error speaks of the
        actor rather than of the delivery: for some rounds no other is tried because of it.
        """
        self.failures += 1
        may_die = False
        suspect = Suspect(row, reason, has_timed_out, self._clock.seconds())
        if self._state == "closed":
            is_spared = row in self._spared
            self._spared.discard(row)
            if not is_spared and is_last and not asks_to_wait and self._is_older(spent):
                self._states.trip()
                self._states.probe()
                self._weigh(suspect)
            elif self.failures < self.failure_threshold and not (
                asks_to_wait and is_last and self._is_older(spent)
            ):
                return True
            else:
                self._states.trip()
                self._cool_down()
                may_die = is_spared
        elif row == self._probe:
            is_told = not asks_to_wait or self._rounds >= _ROUNDS_ASKED_TO_WAIT
            if is_last and is_told and self._may_be_tickets(suspect):
                self._weigh(suspect)
            else:
                self._back_off()
        self.reason = reason
        return may_die

    def _may_be_tickets(self, suspect: Suspect) -> bool:
        """Whether it can be the tickets, several in a row; not where each takes its whole time."""
        if not self._suspects:
            return True
        return len(self._suspects) < _MOST_SUSPECTS and not suspect.has_timed_out

    def _is_older(self, spent: int) -> bool:
        """Whether errors of an earlier run, which are not among `failures`, led to this one."""
        return not self._has_answered and spent > self.failures

    def _weigh(self, suspect: Suspect) -> None:
        """Try the delivery behind one that may be what is wrong."""
        self._suspects.append(suspect)
        self._probe = None
        self._states.probe_next()
        self._moved()

    def unknown(self, row: int) -> None:
        """Take notice that an attempt says nothing of the actor: it did not get there."""
        if row != self._probe:
            return
        self._probe = None
        if self._state == "first":
            self._states.back_off()
            self._moved()

    def _back_off(self) -> None:
        self._states.back_off()
        self._rounds += 1
        self._cool_down()

    def _cool_down(self) -> None:
        self._probe = None
        self._suspects = []
        self._probe_at = self._clock.seconds() + self.current_cooldown_seconds
        self._moved()

    def _moved(self) -> None:
        self._state = self._states.state()
