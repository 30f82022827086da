"""The settings of deliveries that actors and routes may give.

`None` means that the actor, or the default behind it, decides; see `effective`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from attrs import Factory, evolve, fields, frozen

from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.options import option


@frozen(kw_only=True)
class RetrySettings:
    """How a failed attempt is made again."""

    max_attempts: int | None = option(
        "Attempts in all, the first included.", default=None, minimum=1
    )
    backoff: Literal["fixed", "linear", "exponential"] | None = option(
        "How the delay grows from attempt to attempt.", default=None
    )
    initial_delay: Duration | None = option("The delay before the second attempt.", default=None)
    max_delay: Duration | None = option("No delay is longer.", default=None)
    jitter: Literal["full", "none"] | None = option(
        "`full`: random between nothing and the delay.", default=None
    )


@frozen(kw_only=True)
class CircuitSettings:
    """When something that keeps failing is left alone, and for how long."""

    failure_threshold: int | None = option(
        "Consecutive failures that open the circuit.", default=None, minimum=1
    )
    cooldown: Duration | None = option(
        "How long until it is tried again; each time that fails, twice as long, up to 5 minutes.",
        default=None,
        minimum=Duration(1),
    )


@frozen(kw_only=True)
class DebounceSettings:
    """Deliver only the last of several events that follow each other closely."""

    quiet: Duration = option("Deliver after this long without another event.", minimum=Duration(1))
    max: Duration = option(
        "Deliver after this long in any case; ten times `quiet` if it is not written.",
        default=Factory(lambda self: Duration(self.quiet.milliseconds * 10), takes_self=True),
        minimum=Duration(1),
    )


@frozen(kw_only=True)
class BatchSettings:
    """Deliver several events together."""

    max: int = option("Deliver when there are this many.", minimum=1)
    every: Duration = option("Deliver after this long in any case.", minimum=Duration(1))


def rate_per_second(written: Any) -> float:
    """Read a rate such as ``100/s``, ``30/m`` or ``500/h``."""
    match = _RATE.fullmatch(written.strip()) if isinstance(written, str) else None
    per_second = float(match[1]) / _RATE_SECONDS[match[2]] if match else 0.0
    if not per_second:
        raise InvalidValue("this is not a rate: write a number above 0 and a unit, as in 100/s")
    return per_second


_RATE = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)\s*/\s*([smh])")
_RATE_SECONDS = {"s": 1, "m": 60, "h": 3600}


def debounce_of(written: Any) -> DebounceSettings:
    """Read ``debounce: 30s``: the quiet time; the longest is ten times that."""
    if not isinstance(written, str):
        raise InvalidValue("debounce is a duration or a mapping with quiet and max")
    quiet = Duration.parse(written)
    if not quiet.milliseconds:
        raise InvalidValue("debounce must be longer than nothing")
    return DebounceSettings(quiet=quiet)


@frozen(kw_only=True)
class DeliverySettings:
    """The ``delivery`` block of an actor or a route."""

    concurrency: int | None = option(
        "Attempts of one actor at the same time.", default=None, minimum=1
    )
    timeout: Duration | None = option(
        "How long one attempt may take.", default=None, minimum=Duration(1)
    )
    retry: RetrySettings = option("How failed attempts are repeated.", default=RetrySettings())
    circuit_breaker: CircuitSettings = option(
        "When an actor counts as degraded.",
        default=CircuitSettings(),
    )
    max_rate: float | None = option(
        "Deliveries per second, minute or hour: `100/s`, `30/m`, `500/h`.",
        default=None,
        convert=rate_per_second,
        schema={"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*/\s*[smh]\s*$|\$\{"},
    )
    """Deliveries per second."""
    queue_depth: int | None = option(
        "Deliveries that may wait; beyond, the oldest become dead letters.",
        default=None,
        minimum=1,
    )
    order_by: str | None = option(
        "A template; deliveries with the same result go out one after another, in order.",
        default=None,
    )
    debounce: DebounceSettings | None = option(
        "Deliver only the last of several close events; a duration alone is `quiet`, "
        "and `max` ten times that.",
        default=None,
        shorthand=debounce_of,
        schema={"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h|d|w))+$|\$\{"},
    )
    batch: BatchSettings | None = option(
        "Deliver several events together.",
        default=None,
    )
    expect_stop: Duration | None = option(
        "Without an `actor.stopped` for this long after delivery the session counts as lost.",
        default=None,
        minimum=Duration(1),
    )


def overlaid(base: Any, over: Any) -> Any:
    """Return ``base`` with what ``over``, of the same class, says in its place."""
    given = {
        attribute.name: value
        for attribute in fields(type(over))
        if (value := getattr(over, attribute.name)) is not None
    }
    return evolve(base, **given)


def effective(route: DeliverySettings, actor: DeliverySettings) -> DeliverySettings:
    """Return the route's settings, else the actor's; what belongs to the actor is the strictest.

    Debounce and batch are one choice: a route that makes it leaves the actor's aside, and beside
    batch, which loses no event, debounce has no effect.
    """
    if route.debounce is not None or route.batch is not None:
        actor = evolve(actor, debounce=None, batch=None)
    merged: DeliverySettings = overlaid(actor, route)
    if merged.batch is not None:
        merged = evolve(merged, debounce=None)
    return evolve(merged, retry=overlaid(actor.retry, route.retry), **of_the_actor([route, actor]))


def of_the_actor(settings: Sequence[DeliverySettings]) -> dict[str, Any]:
    """Return the settings that belong to an actor, each the strictest that any of these asks for.

    A circuit that opens after fewer failures, or stays open for longer, is stricter.
    """
    circuits = [one.circuit_breaker for one in settings]
    return {
        "concurrency": _least(one.concurrency for one in settings),
        "queue_depth": _least(one.queue_depth for one in settings),
        "circuit_breaker": CircuitSettings(
            failure_threshold=_least(one.failure_threshold for one in circuits),
            cooldown=max(
                (one.cooldown for one in circuits if one.cooldown is not None), default=None
            ),
        ),
    }


def _least(values: Iterable[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)
