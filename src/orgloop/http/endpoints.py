"""Every path of control and API, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from orgloop.http.actions import ACTIONS, Act, Action
from orgloop.http.answer import Answer
from orgloop.http.audit import Audit
from orgloop.http.call import Call
from orgloop.http.checkpoints import Checkpoints
from orgloop.http.components import Components
from orgloop.http.control import Control
from orgloop.http.deliveries import Deliveries
from orgloop.http.doctor import Doctor
from orgloop.http.emit import Emit
from orgloop.http.events import Events
from orgloop.http.exposition import Exposition
from orgloop.http.inbox import Inboxes
from orgloop.http.polls import Polls
from orgloop.http.replay import Replays
from orgloop.http.trace import Traces
from orgloop.http.view import Runtime

Endpoint = tuple[str, str, Callable[[Call], Awaitable[Answer]]]


def endpoints(runtime: Runtime) -> list[Endpoint]:
    """Return method, path (in werkzeug's notation) and what answers there."""
    return [
        *_control(runtime),
        *_components(runtime),
        *_events(runtime),
        *_books(runtime),
        *_inbox(runtime),
        *_checkpoints(runtime),
        ("GET", "/api/doctor", Doctor(runtime).show),
        ("GET", "/api/metrics", Exposition(runtime).text),
    ]


def _control(runtime: Runtime) -> list[Endpoint]:
    control = Control(runtime)
    return [
        ("GET", "/control/status", control.status),
        ("POST", "/control/shutdown", control.shutdown),
        ("GET", "/control/module/list", control.modules),
        ("GET", "/control/module/status/<path:name>", control.module),
    ]


def _components(runtime: Runtime) -> list[Endpoint]:
    components = Components(runtime)
    return [
        ("GET", "/api/status", components.status),
        ("GET", "/api/sources", components.sources),
        ("POST", "/api/sources/<path:source>/poll", Polls(runtime).poll),
        ("GET", "/api/actors", components.actors),
        ("GET", "/api/routes", components.routes),
    ]


def _events(runtime: Runtime) -> list[Endpoint]:
    replays = Replays(runtime)
    return [
        ("GET", "/api/events", Events(runtime).show),
        ("POST", "/api/events", Emit(runtime).emit),
        ("GET", "/api/events/<event_id>", Traces(runtime).show),
        ("POST", "/api/events/<event_id>/replay", replays.event),
        ("POST", "/api/replay", replays.range),
    ]


def _books(runtime: Runtime) -> list[Endpoint]:
    deliveries = Deliveries(runtime)
    return [
        ("GET", "/api/queue", deliveries.queue),
        ("GET", "/api/deliveries", deliveries.show),
        ("GET", "/api/deliveries/<delivery_id>", deliveries.one),
        *(one for action in ACTIONS for one in _action(runtime, action)),
        ("GET", "/api/audit", Audit(runtime).show),
    ]


def _action(runtime: Runtime, action: Action) -> list[Endpoint]:
    act = Act(runtime, action)
    return [
        ("POST", f"/api/deliveries/{action.name}", act.many),
        ("POST", f"/api/deliveries/<delivery_id>/{action.name}", act.one),
    ]


def _inbox(runtime: Runtime) -> list[Endpoint]:
    inboxes = Inboxes(runtime)
    return [
        ("GET", "/api/inbox/list", inboxes.list),
        ("GET", "/api/inbox/status", inboxes.status),
        ("GET", "/api/inbox/drain", inboxes.drain),
        ("POST", "/api/inbox/ack", inboxes.acknowledge),
    ]


def _checkpoints(runtime: Runtime) -> list[Endpoint]:
    checkpoints = Checkpoints(runtime)
    return [
        ("GET", "/api/checkpoints", checkpoints.show),
        ("PUT", "/api/checkpoints/<path:source>", checkpoints.put),
        ("DELETE", "/api/checkpoints/<path:source>", checkpoints.delete),
    ]
