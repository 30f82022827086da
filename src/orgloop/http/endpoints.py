"""Every path of control and API, in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.components import Components
from orgloop.http.control import Control
from orgloop.http.deliveries import Deliveries
from orgloop.http.emit import Emit
from orgloop.http.events import Events
from orgloop.http.exposition import Exposition
from orgloop.http.trace import Traces
from orgloop.http.view import Runtime

Endpoint = tuple[str, str, Callable[[Call], Awaitable[Answer]]]


def endpoints(runtime: Runtime) -> list[Endpoint]:
    """Return method, path (in werkzeug's notation) and what answers there."""
    control, components = Control(runtime), Components(runtime)
    return [
        ("GET", "/control/status", control.status),
        ("POST", "/control/shutdown", control.shutdown),
        ("GET", "/control/module/list", control.modules),
        ("GET", "/control/module/status/<path:name>", control.module),
        ("GET", "/api/status", components.status),
        ("GET", "/api/sources", components.sources),
        ("GET", "/api/actors", components.actors),
        ("GET", "/api/routes", components.routes),
        ("GET", "/api/events", Events(runtime).show),
        ("POST", "/api/events", Emit(runtime).emit),
        ("GET", "/api/events/<event_id>", Traces(runtime).show),
        ("GET", "/api/deliveries", Deliveries(runtime).show),
        ("GET", "/api/metrics", Exposition(runtime).text),
    ]
