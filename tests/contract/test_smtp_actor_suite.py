"""The smtp actor passes the suite of actors, with a mail server and without one."""

from __future__ import annotations

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from orgloop.connectors.smtp import registration
from orgloop.connectors.smtp.config import SMTPConfig
from orgloop.interfaces import IActor
from orgloop.plugin import PluginContext
from orgloop.testing.actor import ActorSuite
from orgloop.testing.events import make_dispatch
from orgloop.testing.smtp import SMTPStandIn


class TestSMTPActor(ActorSuite):
    dispatches = (make_dispatch(config={"to": "Ada <ada@x.test>", "body": 7}),)

    @pytest.fixture(autouse=True)
    def server(self):
        self.smtp = SMTPStandIn()
        self.smtp.start(reactor)
        yield
        pytest_twisted.blockon(Deferred.fromCoroutine(self.smtp.stop()))

    def make(self, context: PluginContext) -> IActor:
        assert registration.actor is not None
        config = SMTPConfig(
            host="127.0.0.1",
            port=self.smtp.port,
            security="none",
            sender="loop@example.com",
            to=("ada@example.com",),
            html="<p>{{payload}}</p>",
        )
        return registration.actor(config, context)


class TestSMTPActorWithoutAServer(ActorSuite):
    def make(self, context: PluginContext) -> IActor:
        assert registration.actor is not None
        config = SMTPConfig(
            host="127.0.0.1", port=1, security="none", sender="a@x.test", to=("b@x.test",)
        )
        return registration.actor(config, context)
