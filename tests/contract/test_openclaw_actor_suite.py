"""The openclaw actor passes the suite of actors, whatever its gateway answers."""

from __future__ import annotations

from attrs import evolve

from orgloop.connectors.openclaw import registration
from orgloop.connectors.openclaw.config import OpenClawConfig
from orgloop.interfaces import IActor
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse
from orgloop.testing.actor import ActorSuite
from orgloop.testing.events import make_dispatch, make_event
from orgloop.testing.fakes import FakeHTTPClient

_META = {"openclaw_callback_session_key": "waits"}
_ANSWERS = (
    HTTPResponse(200, {}, b'{"runId": "r"}'),
    HTTPResponse(401, {}, b""),
    HTTPResponse(503, {"retry-after": "1"}, b""),
    HTTPResponse(202, {}, b"garbage"),
)


class TestOpenClawActor(ActorSuite):
    dispatches = (
        make_dispatch(make_event(payload={"meta": _META})),
        make_dispatch(make_event(payload={"meta": {"openclaw_callback_agent_id": "another"}})),
        make_dispatch(make_event(payload={"meta": "text", "session": {"meta": [1]}})),
    )

    def make(self, context: PluginContext) -> IActor:
        assert registration.actor is not None
        lent = evolve(context, http=FakeHTTPClient(_ANSWERS))
        return registration.actor(OpenClawConfig(auth_token_env="token", agent_id="eng"), lent)
