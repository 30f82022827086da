"""Keep attempts apart, as the ``max_rate`` of actors and routes asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from attrs import define, field, frozen
from twisted.internet.interfaces import IReactorTime

from orgloop.records import Claim

# A token is left unused for a moment when we are late; so long it is not lost. With what comes back
# in a second that is a little less than the rate, and so no second holds more, even where the
# network brings attempts closer together than they were made.
_LATE_SECONDS = 0.02
_COMES_BACK = 0.97
_NEARLY = 1e-9  # fractions of a token do not add up to exactly one


@define(eq=False)
class Bucket:
    """Tokens that come back evenly; a few may gather (https://en.wikipedia.org/wiki/Token_bucket).

    ``rate`` is in tokens per second, and what no second exceeds: on average it is 3 % less.
    """

    rate: float
    _clock: IReactorTime
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._tokens = self._burst
        self._filled_at = self._clock.seconds()

    @property
    def _burst(self) -> float:
        return 1.0 + self.rate * _LATE_SECONDS

    @property
    def _per_second(self) -> float:
        return self.rate * _COMES_BACK

    def whole(self) -> int:
        """Return how many tokens there are."""
        now = self._clock.seconds()
        self._tokens = min(self._burst, self._tokens + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        return int(self._tokens + _NEARLY)

    def take(self, count: int) -> None:
        """Take tokens; what is not there is owed."""
        self._tokens -= count

    def next_in_seconds(self) -> float:
        """Return how long until there is a token."""
        return 0.0 if self.whole() else (1.0 - self._tokens) / self._per_second


@frozen
class Ask:
    """One claim that the rates allow: what of, and at most how much."""

    limit: int
    gates: Sequence[str]
    ungated: bool


@define(eq=False)
class Rates:
    """The rates of one lane: the actor's own, and instead of it a route's where that has one.

    Rows of a route with a rate of its own stand at a gate of the route's name. Rows at a gate that
    has no rate any more count with those that have no gate.
    """

    _actor: Bucket | None
    _routes: Mapping[str, Bucket]
    _strays: tuple[str, ...] = field(default=(), init=False)

    @classmethod
    def of(cls, actor: float | None, routes: Mapping[str, float], clock: IReactorTime) -> Rates:
        """Return the rates of an actor and of the routes that have one of their own."""
        return cls(
            None if actor is None else Bucket(actor, clock),
            {name: Bucket(rate, clock) for name, rate in routes.items()},
        )

    def stand_at(self, gates: Iterable[str]) -> bool:
        """Take notice of the gates there are in the books; say whether one has no rate (any more).

        True only for one that was not known.
        """
        strays = tuple(gate for gate in gates if gate not in self._routes)
        has_new = not set(strays) <= set(self._strays)
        self._strays = strays
        return has_new

    def asks(self, room: int) -> list[Ask]:
        """Return the claims to make together, so that no bucket is overdrawn, for ``room`` rows.

        The first takes the oldest of everything that may go; since all of that may be of one route,
        it takes no more than the emptiest bucket holds. The second takes what has no rate, or the
        actor's, as far as there is room.
        """
        plain = room if self._actor is None else min(room, self._actor.whole())
        open_routes = {
            name: tokens for name, bucket in self._routes.items() if (tokens := bucket.whole())
        }
        if not open_routes:
            return [Ask(plain, self._strays, True)] if plain else []
        first = min([room, *open_routes.values(), *([plain] if plain else [])])
        strays = self._strays if plain else ()
        asks = [Ask(first, (*open_routes, *strays), plain > 0)]
        if plain > first:
            asks.append(Ask(plain - first, self._strays, True))
        return asks

    def spend(self, claims: Iterable[Claim]) -> None:
        """Take notice of attempts that begin."""
        for claim in claims:
            bucket = self._routes.get(claim.route, self._actor)
            if bucket is not None:
                bucket.take(1)

    def waits(self) -> tuple[Ask, list[float]]:
        """Return what may go now, and in how many seconds each empty bucket has a token again."""
        buckets = [bucket for bucket in (self._actor, *self._routes.values()) if bucket is not None]
        waits = [seconds for bucket in buckets if (seconds := bucket.next_in_seconds())]
        is_open = self._actor is None or self._actor.whole() > 0
        gates = [name for name, bucket in self._routes.items() if bucket.whole()]
        return Ask(1, (*gates, *(self._strays if is_open else ())), is_open), waits
