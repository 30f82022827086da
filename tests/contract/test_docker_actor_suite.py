"""The docker actor passes the suite of actors, whatever its engine answers."""

from __future__ import annotations

from attrs import evolve

from orgloop.connectors.docker import registration
from orgloop.connectors.docker.config import DockerConfig
from orgloop.interfaces import IActor
from orgloop.plugin import PluginContext
from orgloop.reports import HTTPResponse
from orgloop.testing.actor import ActorSuite
from orgloop.testing.events import make_dispatch
from orgloop.testing.fakes import FakeHTTPClient

_ANSWERS = (
    HTTPResponse(204, {}, b""),
    HTTPResponse(404, {}, b'{"message": "No such container"}'),
    HTTPResponse(500, {}, b"<html>"),
)


class TestDockerActor(ActorSuite):
    dispatches = (
        make_dispatch(config={"action": "container.start"}),
        make_dispatch(config={"action": "container.stop", "delay": "1ms"}),
        make_dispatch(config={"action": "container.exec", "command": "true"}),
        make_dispatch(config={"action": "cluster.start"}),
    )

    def make(self, context: PluginContext) -> IActor:
        assert registration.actor is not None
        lent = evolve(context, http=FakeHTTPClient(_ANSWERS))
        return registration.actor(DockerConfig(container_name="app"), lent)
