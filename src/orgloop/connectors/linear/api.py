"""Ask Linear's GraphQL API, and understand how it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from attrs import define, field

from orgloop.errors import OrgLoopError
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse
from orgloop.sdk.retryafter import retry_after_seconds

URL = "https://api.linear.app/graphql"
KEYS_PAGE = "https://linear.app/settings/account/security"
"""Where people make API keys."""

# Codes of errors (https://linear.app/developers/rate-limiting, .../graphql); "type" says the same
# in words of its own. They come with 400, with 401 or 429, and sometimes with 200.
_RATE_LIMITED = frozenset({"RATELIMITED", "RATE_LIMITED"})
_REFUSED = frozenset({"AUTHENTICATION_ERROR", "FORBIDDEN"})
# When each budget is full again, in milliseconds since the epoch.
_RESETS = {
    "x-ratelimit-requests-remaining": "x-ratelimit-requests-reset",
    "x-ratelimit-complexity-remaining": "x-ratelimit-complexity-reset",
    "x-ratelimit-endpoint-requests-remaining": "x-ratelimit-endpoint-requests-reset",
}
_PAUSE_SECONDS = 60.0
"""How long Linear is left alone where it does not say how long."""
_LONGEST_PAUSE_SECONDS = 3600.0  # its budgets are by the hour

JSONObject = dict[str, Any]


class LinearError(OrgLoopError):
    """Linear did not answer a question. ``what`` says why and ``fix`` what to do."""

    def __init__(self, what: str, fix: str = "") -> None:
        super().__init__(f"{what}: {fix}" if fix else what)
        self.what = what
        self.fix = fix


class LinearRefuses(LinearError):
    """Linear does not take the API key, or not for this."""


class TooComplex(LinearError):
    """A query costs more than Linear allows one to cost: ask for less at once."""


class RateLimited(LinearError):
    """Linear asks to be left alone for ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"Linear asks to be left alone for {seconds:.0f} s, its rate limit is used up",
            "poll less often, or give OrgLoop a key of its own",
        )
        self.seconds = seconds


@define(eq=False)
class LinearAPI:
    """Linear as one API key sees it. While it asks to be left alone, nothing is sent."""

    _key: str = field(repr=False)
    _url: str
    _context: PluginContext = field(repr=False)
    _timeout_seconds: float = 30.0
    _quiet_until: float = field(default=0.0, init=False)

    async def ask(self, query: str, **variables: object) -> JSONObject:
        """Return the ``data`` of an answer that has no errors.

        Raises `LinearError`, and `RequestFailed` where there is no answer.
        """
        self._be_quiet()
        response = await self._context.http.request(
            "POST",
            self._url,
            headers={
                "Authorization": authorization(self._key),
                "Content-Type": "application/json",
            },
            body=orjson.dumps({"query": query, "variables": variables}),
            timeout_seconds=self._timeout_seconds,
        )
        answer = response.json()
        document: JSONObject = answer if isinstance(answer, dict) else {}
        self._check(response, _objects(document.get("errors")))
        data = document.get("data")
        if not isinstance(data, dict):
            raise LinearError(
                "Linear's answer holds no data", "see that api_url is the address of its API"
            )
        return data

    def _be_quiet(self) -> None:
        left = self._quiet_until - self._context.clock.seconds()
        if left > 0:
            raise RateLimited(left)

    def _check(self, response: HTTPResponse, errors: list[JSONObject]) -> None:
        codes = set(_codes(errors))
        if response.status == 429 or codes & _RATE_LIMITED:
            seconds = pause_seconds(response, self._context.now_ms())
            self._quiet_until = self._context.clock.seconds() + seconds
            raise RateLimited(seconds)
        if response.status in (401, 403) or codes & _REFUSED:
            raise LinearRefuses(
                "Linear refuses the API key, which has expired, was revoked or may not read this",
                f"make one at {KEYS_PAGE} and set api_key to it",
            )
        said = _said(errors)
        if "complex" in said.lower():
            raise TooComplex(f"Linear finds the query too complex: {said}")
        if errors:
            raise LinearError(f"Linear answered {response.status}, {said}")
        if response.status != 200:
            raise LinearError(f"Linear answered {response.status}")


def authorization(key: str) -> str:
    """Return the header's value: a personal key stands alone, a token of an app is a bearer's."""
    return f"Bearer {key}" if key.startswith("lin_oauth_") else key


def pause_seconds(response: HTTPResponse, now_ms: int) -> float:
    """Return how long an answer asks us to wait: ``Retry-After``, else until a budget is full."""
    headers = response.headers
    asked = retry_after_seconds(headers.get("retry-after"), now_ms)
    if asked is None:
        moments = [reset for reset in _resets(headers) if reset > now_ms]
        asked = (max(moments) - now_ms) / 1000 if moments else _PAUSE_SECONDS
    return min(max(asked, 1.0), _LONGEST_PAUSE_SECONDS)


def _resets(headers: Mapping[str, str]) -> Iterable[int]:
    """Yield when the budgets that are used up are full again."""
    for remaining, reset in _RESETS.items():
        moment = headers.get(reset, "").partition(".")[0]
        if headers.get(remaining, "0").strip() == "0" and moment.isascii() and moment.isdigit():
            yield int(moment[:15])


def _objects(value: object) -> list[JSONObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _codes(errors: list[JSONObject]) -> Iterable[str]:
    for error in errors:
        extensions = error.get("extensions")
        if isinstance(extensions, dict):
            for name in ("code", "type"):
                yield str(extensions.get(name) or "").upper().replace(" ", "_")


def _said(errors: list[JSONObject]) -> str:
    """Return what Linear says is wrong, bounded: it may repeat what it was asked."""
    return "; ".join(str(error.get("message") or "an error") for error in errors)[:300]
