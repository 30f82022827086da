"""Show the runtime's metrics to Prometheus, when it asks."""

from __future__ import annotations

from attrs import define, field

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.families import FAMILIES
from orgloop.http.moment import Moment, moment_of
from orgloop.http.prometheus import CONTENT_TYPE
from orgloop.http.view import Runtime


@define(eq=False)
class Exposition:
    """``GET /api/metrics``."""

    _runtime: Runtime
    _began_at: float | None = field(default=None, init=False)

    async def text(self, call: Call) -> Answer:
        """Answer all metrics. They are written beside the reactor: there may be many routes."""
        moment = await moment_of(self._runtime, self._since())
        text = await self._runtime.run_in_thread(written, moment)
        return Answer(text, content_type=CONTENT_TYPE)

    def _since(self) -> float:
        """Return when the runtime began: always the same, though the wall clock may be set."""
        if self._began_at is None:
            self._began_at = (self._runtime.now_ms() - self._runtime.uptime_ms()) / 1000
        return self._began_at


def written(moment: Moment) -> bytes:
    """Return all metrics of a moment as text."""
    return "".join(piece for family in FAMILIES for piece in family.write(moment)).encode()
