"""The settings of deliveries that actors and routes may give.

`None` means that the actor, or the default behind it, decides; see `effective`.
"""

from __future__ import annotations

import re
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
        "How long until it is tried again.", default=None, minimum=Duration(1)
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
        inert="An actor that fails is tried again and again, each delivery as `retry` says.",
    )
    max_rate: float | None = option(
        "Deliveries per second, minute or hour: `100/s`, `30/m`, `500/h`.",
        default=None,
        convert=rate_per_second,
        schema={"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*/\s*[smh]\s*$|\$\{"},
        inert="Deliveries go out as fast as `concurrency` lets them.",
    )
    """Deliveries per second."""
    queue_depth: int | None = option(
        "Deliveries that may wait; beyond, the oldest become dead letters.",
        default=None,
        minimum=1,
        inert="Deliveries wait on disk, however many they are.",
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
        inert="Every event is delivered, at once.",
    )
    batch: BatchSettings | None = option(
        "Deliver several events together.",
        default=None,
        inert="Every event is delivered by itself.",
    )
    expect_stop: Duration | None = option(
        "Without an `actor.stopped` for this long after acceptance the session counts as lost.",
        default=None,
        minimum=Duration(1),
        inert="A session that ends without saying so is not noticed.",
    )


def _overlaid(base: Any, over: Any) -> Any:
    given = {
        attribute.name: value
        for attribute in fields(type(over))
        if (value := getattr(over, attribute.name)) is not None
    }
    return evolve(base, **given)


def effective(route: DeliverySettings, actor: DeliverySettings) -> DeliverySettings:
    """Return the route's settings, else the actor's; what belongs to the actor is the strictest."""
    merged: DeliverySettings = _overlaid(actor, route)
    return evolve(
        merged,
        retry=_overlaid(actor.retry, route.retry),
        circuit_breaker=_overlaid(actor.circuit_breaker, route.circuit_breaker),
        concurrency=_strictest(route.concurrency, actor.concurrency),
        queue_depth=_strictest(route.queue_depth, actor.queue_depth),
    )


def _strictest(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)
