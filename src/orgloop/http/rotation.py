"""Replace the control token while the runtime runs."""

from __future__ import annotations

from attrs import field, frozen
from twisted.internet.defer import Deferred, DeferredLock

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.credentials import Credentials
from orgloop.http.live.streams import Streams
from orgloop.http.view import Runtime
from orgloop.storage.home import Home


@frozen
class Rotation:
    """``POST /control/token/rotate``."""

    _runtime: Runtime
    _credentials: Credentials
    _streams: Streams
    _one_at_a_time: DeferredLock = field(factory=DeferredLock)

    async def rotate(self, call: Call) -> Answer:
        """Put a new token into the home, and take no other from then on.

        The answer does not tell it: who may read the home finds it there.
        """
        call.body()
        await self._one_at_a_time.run(lambda: Deferred.fromCoroutine(self._rotate()))
        return Answer.of({"ok": True})

    async def _rotate(self) -> None:
        token = await self._runtime.run_in_thread(Home.renew_control_token, self._runtime.home)
        self._credentials.replace(token)
        self._streams.recheck()
