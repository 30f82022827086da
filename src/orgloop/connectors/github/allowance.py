"""How much GitHub still lets us ask: its rate limits, and a budget of our own."""

from __future__ import annotations

from collections import deque

from attrs import define, field
from twisted.internet.interfaces import IReactorTime

from orgloop.connectors.github.errors import RateLimited
from orgloop.reports import HTTPResponse
from orgloop.sdk.retryafter import retry_after_seconds
from orgloop.times import to_iso

_HOUR_SECONDS = 3600.0
# "If the retry-after header is not present, wait for at least one minute" (GitHub's REST
# documentation about secondary limits).
_SECONDARY_PAUSE_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = _HOUR_SECONDS  # quotas are hourly: a reset that is further off is a slip
_SECONDARY = "any"
# What GitHub counts apart from each other ("x-ratelimit-resource").
CORE, GRAPHQL = "core", "graphql"


@define(eq=False)
class Allowance:
    """Remember until when GitHub wants to be left alone. One for each token of a runtime.

    Its own clock is the monotonic one: what GitHub says in wall-clock time is read against the
    ``Date`` of the same answer, so that a clock that is wrong here does no harm.
    """

    _clock: IReactorTime
    _until: dict[str, tuple[float, str]] = field(factory=dict, init=False)

    def check(self, resource: str) -> None:
        """Raise `RateLimited` while this resource (`CORE`, `GRAPHQL`) may not be asked."""
        for which in (resource, _SECONDARY):
            until, message = self._until.get(which, (0.0, ""))
            if until > self._clock.seconds():
                raise RateLimited(message)

    def note(self, resource: str, answer: HTTPResponse, server_ms: int) -> None:
        """Take in what an answer says; raise `RateLimited` if it is a refusal for that reason."""
        headers = answer.headers
        is_used_up = headers.get("x-ratelimit-remaining", "").strip() == "0"
        if is_used_up:
            pause = _until_reset(headers.get("x-ratelimit-reset"), server_ms)
            self._pause(resource, pause, server_ms, "the token's rate limit is used up")
        if not _is_limit(answer, resource):
            return
        asked = retry_after_seconds(headers.get("retry-after"), server_ms)
        if asked is not None or not is_used_up:
            pause = _SECONDARY_PAUSE_SECONDS if asked is None else asked
            self._pause(_SECONDARY, pause, server_ms, "GitHub asks to be left alone for a while")
        self.check(resource)
        raise RateLimited("GitHub's rate limit was reached")

    def _pause(self, which: str, seconds: float, server_ms: int, why: str) -> None:
        seconds = min(seconds, _LONGEST_PAUSE_SECONDS)
        until = to_iso(server_ms + round(seconds * 1000))
        message = f"{why}: nothing is asked before {until}"
        self._until[which] = (self._clock.seconds() + seconds, message)


def _is_limit(answer: HTTPResponse, resource: str) -> bool:
    """Whether an answer is a refusal because of a limit; GraphQL says so with status 200."""
    if answer.status == 429 or (answer.status in (403, 503) and "retry-after" in answer.headers):
        return True
    if answer.status != 403 and resource != GRAPHQL:
        return False
    document = answer.json()
    if not isinstance(document, dict):
        return False
    if answer.status == 403:
        spent = answer.headers.get("x-ratelimit-remaining", "").strip() == "0"
        return spent or "rate limit" in str(document.get("message", "")).lower()
    errors = document.get("errors")
    return isinstance(errors, list) and any(
        isinstance(one, dict) and one.get("type") in ("RATE_LIMITED", "RATE_LIMIT")
        for one in errors
    )


def _until_reset(reset: str | None, server_ms: int) -> float:
    try:
        # The reset is a whole second, and so is the date: one more, not to be early.
        return max(1.0, int(reset or "") - server_ms / 1000 + 1.0)
    except ValueError:
        return _SECONDARY_PAUSE_SECONDS


@define(eq=False)
class Budget:
    """Count the requests of the last hour that cost something, and refuse more than are allowed."""

    _clock: IReactorTime
    _limit: int | None
    _spent: deque[float] = field(factory=deque, init=False)

    def check(self) -> None:
        """Raise `RateLimited` if nothing is left."""
        while self._spent and self._spent[0] <= self._clock.seconds() - _HOUR_SECONDS:
            self._spent.popleft()
        if self._limit is not None and len(self._spent) >= self._limit:
            raise RateLimited(
                f"the source's rate_budget of {self._limit} requests an hour is used up: it goes "
                "on by itself; a longer poll.interval or a larger rate_budget avoids this"
            )

    def note(self, answer: HTTPResponse) -> None:
        """Count an answer; one that says that nothing has changed costs nothing."""
        if self._limit is not None and answer.status != 304:
            self._spent.append(self._clock.seconds())
