"""Every path of control, API and dashboard, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from twisted.internet.interfaces import IReactorTime

from orgloop.http import forms
from orgloop.http.actions import ACTIONS, Act, Action
from orgloop.http.answer import Answer
from orgloop.http.audit import Audit
from orgloop.http.call import Call
from orgloop.http.checkpoints import Checkpoints
from orgloop.http.components import Components
from orgloop.http.control import Control
from orgloop.http.credentials import Credentials
from orgloop.http.deliveries import Deliveries
from orgloop.http.doctor import Doctor
from orgloop.http.emit import Emit
from orgloop.http.events import Events
from orgloop.http.exposition import Exposition
from orgloop.http.form import Form
from orgloop.http.inbox import Inboxes
from orgloop.http.live.stream import Stream
from orgloop.http.live.streams import Streams
from orgloop.http.openapi import OpenAPI
from orgloop.http.operation import Operation
from orgloop.http.polls import Polls
from orgloop.http.replay import Replays
from orgloop.http.rotation import Rotation
from orgloop.http.sessions import Sessions, WrongTries
from orgloop.http.trace import Traces
from orgloop.http.view import Runtime


def endpoints(
    runtime: Runtime,
    credentials: Credentials,
    streams: Streams,
    clock: IReactorTime,
    *,
    needs_key: bool,
) -> Sequence[Operation]:
    """Return all operations; ``needs_key`` says whether a key is asked for at all."""
    openapi = OpenAPI()
    openapi.operations = [
        *_control(runtime),
        *_keys(runtime, credentials, streams, clock),
        *_components(runtime),
        *_events(runtime),
        *_books(runtime),
        *_inbox(runtime),
        *_checkpoints(runtime),
        _read("/api/doctor", Doctor(runtime).show, forms.DOCTOR),
        _read("/api/metrics", Exposition(runtime).text, forms.METRICS),
        _read("/api/stream", Stream(streams, credentials, needs_key).show, forms.STREAM),
        _read("/api/openapi.json", openapi.show, forms.OPENAPI),
    ]
    return openapi.operations


def _read(path: str, act: Callable[[Call], Awaitable[Answer]], form: Form) -> Operation:
    """Return an operation that changes nothing, so that the dashboard may ask for it."""
    return Operation("GET", path, act, form, "dashboard")


def _control(runtime: Runtime) -> list[Operation]:
    control = Control(runtime)
    return [
        Operation("GET", "/control/status", control.status, forms.CONTROL_STATUS),
        Operation("POST", "/control/shutdown", control.shutdown, forms.SHUTDOWN),
        Operation("GET", "/control/module/list", control.modules, forms.MODULES),
        Operation("GET", "/control/module/status/<path:name>", control.module, forms.MODULE),
    ]


def _keys(
    runtime: Runtime, credentials: Credentials, streams: Streams, clock: IReactorTime
) -> list[Operation]:
    sessions = Sessions(credentials, streams, WrongTries(clock))
    rotation = Rotation(runtime, credentials, streams)
    return [
        Operation("POST", "/control/token/rotate", rotation.rotate, forms.ROTATION),
        Operation("POST", "/control/ui-code", sessions.code, forms.CODE),
        Operation("POST", "/ui/session", sessions.open, forms.SESSION, "anyone"),
        Operation("DELETE", "/ui/session", sessions.close, forms.SESSION_END, "session"),
    ]


def _components(runtime: Runtime) -> list[Operation]:
    components = Components(runtime)
    polls = Polls(runtime)
    return [
        _read("/api/status", components.status, forms.STATUS),
        _read("/api/sources", components.sources, forms.SOURCES),
        Operation("POST", "/api/sources/<path:source>/poll", polls.poll, forms.POLL, "dashboard"),
        _read("/api/actors", components.actors, forms.ACTORS),
        _read("/api/routes", components.routes, forms.ROUTES),
    ]


def _events(runtime: Runtime) -> list[Operation]:
    replays = Replays(runtime)
    return [
        _read("/api/events", Events(runtime).show, forms.EVENTS),
        Operation("POST", "/api/events", Emit(runtime).emit, forms.EMIT),
        _read("/api/events/<event_id>", Traces(runtime).show, forms.TRACE),
        Operation("POST", "/api/events/<event_id>/replay", replays.event, forms.REPLAY),
        Operation("POST", "/api/replay", replays.range, forms.RANGE_REPLAY),
    ]


def _books(runtime: Runtime) -> list[Operation]:
    deliveries = Deliveries(runtime)
    return [
        _read("/api/queue", deliveries.queue, forms.QUEUE),
        _read("/api/deliveries", deliveries.show, forms.DELIVERIES),
        _read("/api/deliveries/<delivery_id>", deliveries.one, forms.DELIVERY),
        *(one for action in ACTIONS for one in _action(runtime, action)),
        _read("/api/audit", Audit(runtime).show, forms.AUDIT),
    ]


def _action(runtime: Runtime, action: Action) -> list[Operation]:
    act = Act(runtime, action)
    of_one = f"/api/deliveries/<delivery_id>/{action.name}"
    return [
        Operation(
            "POST",
            f"/api/deliveries/{action.name}",
            act.many,
            forms.act_many(action.states),
            "dashboard",
        ),
        Operation("POST", of_one, act.one, forms.ACT, "dashboard"),
    ]


def _inbox(runtime: Runtime) -> list[Operation]:
    inboxes = Inboxes(runtime)
    return [
        _read("/api/inbox/list", inboxes.list, forms.INBOXES),
        _read("/api/inbox/status", inboxes.status, forms.INBOX),
        # It hands out under a lease: an agent's business, whatever the method.
        Operation("GET", "/api/inbox/drain", inboxes.drain, forms.DRAIN),
        Operation("POST", "/api/inbox/ack", inboxes.acknowledge, forms.ACKNOWLEDGEMENT),
    ]


def _checkpoints(runtime: Runtime) -> list[Operation]:
    checkpoints = Checkpoints(runtime)
    return [
        _read("/api/checkpoints", checkpoints.show, forms.CHECKPOINTS),
        Operation("PUT", "/api/checkpoints/<path:source>", checkpoints.put, forms.CHECKPOINT),
        Operation(
            "DELETE", "/api/checkpoints/<path:source>", checkpoints.delete, forms.CHECKPOINT_RESET
        ),
    ]
