"""Let the dashboard in: a code, good once and shortly, is exchanged for a session."""

from __future__ import annotations

import math
from collections import deque

from attrs import frozen
from twisted.internet.interfaces import IReactorTime

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.credentials import CODE_SECONDS, SESSION_SECONDS, Credentials, bearer_of
from orgloop.http.live.streams import Streams
from orgloop.http.problem import Problem, Refused, bad_field, later

_MOST_WRONG = 10
_WINDOW_SECONDS = 60.0

_WRONG_CODE = Problem(
    401,
    "wrong_code",
    f"the code is wrong, was used already, or is older than {CODE_SECONDS} s",
    "get another with: orgloop ui",
)


class WrongTries:
    """Bound how often one may be wrong: no code can be found by trying."""

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._times: deque[float] = deque(maxlen=_MOST_WRONG)

    def check(self) -> None:
        """Raise `Refused` after too many in a short time, also for who would be right now."""
        if len(self._times) < _MOST_WRONG:
            return
        wait = self._times[0] + _WINDOW_SECONDS - self._clock.seconds()
        if wait > 0:
            message = "too many wrong codes have been tried"
            raise Refused(later(429, "too_many_tries", message, seconds=math.ceil(wait)))

    def note(self) -> None:
        """Count one."""
        self._times.append(self._clock.seconds())


@frozen
class Sessions:
    """``POST /control/ui-code``, ``POST`` and ``DELETE /ui/session``."""

    _credentials: Credentials
    _streams: Streams
    _wrong_tries: WrongTries

    async def code(self, call: Call) -> Answer:
        """Give out a code."""
        call.body()
        code = self._credentials.codes.issue()
        return Answer.of({"code": code, "expires_in": CODE_SECONDS})

    async def open(self, call: Call) -> Answer:
        """Exchange a code for a session."""
        code = call.body("code").text("code")
        if code is None:
            raise Refused(bad_field("code", "missing", 'send {"code": "…"}'))
        self._wrong_tries.check()
        if not self._credentials.codes.take_back(code.encode("utf-8", "replace")):
            self._wrong_tries.note()
            raise Refused(_WRONG_CODE)
        token = self._credentials.sessions.issue()
        return Answer.of({"token": token, "expires_in": SESSION_SECONDS})

    async def close(self, call: Call) -> Answer:
        """End the session that the request is made with, and its streams."""
        self._credentials.sessions.take_back(bearer_of(call.headers) or b"")
        self._streams.recheck()
        return Answer.of({"ok": True})
