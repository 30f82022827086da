"""How each operation is asked and what it answers: what `orgloop.http.openapi` publishes."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.delivery import OPEN_STATES, UNROUTED
from orgloop.http import schemas
from orgloop.http.call import DEFAULT_LIMIT, MAX_LIMIT
from orgloop.http.form import Form, Query, Schema
from orgloop.http.replay import LARGEST_PAGE
from orgloop.http.schemas import FLAG, STATES, TEXT, TYPES, WHOLE, listed, maybe, shape
from orgloop.logentry import PHASES

_NAME: Schema = {**TEXT, "minLength": 1}


def _words(name: str, description: str, values: Sequence[str] | None = None) -> Query:
    """Return a filter that takes several values, separated by commas."""
    if values is None:
        return Query(name, f"{description}; several are separated by commas", TEXT)
    schema = {**TEXT, "pattern": rf"^[\s,]*$|{_between_commas(values)}"}
    return Query(name, f"{description}, of {', '.join(values)}; separated by commas", schema)


def _names(values: Sequence[str] | None = None) -> Schema:
    """Return the schema of a field that names several: in a list, or with commas between them."""
    one: Schema = _NAME if values is None else {**TEXT, "enum": list(values)}
    several: Schema = {**TEXT, "pattern": r"[^\s,]" if values is None else _between_commas(values)}
    return {"anyOf": [several, {**listed(one), "minItems": 1}, {"type": "null"}]}


def _between_commas(values: Sequence[str]) -> str:
    """Return a pattern of at least one of these words; see `orgloop.commas.words`.

    There is one way only to take a text: with more, who checks one that does not fit tries all.
    """
    one = "|".join(value.replace(".", r"\.") for value in values)
    return rf"^[\s,]*({one})\s*(,\s*(({one})\s*)?)*$"


def _moment(name: str, description: str) -> Query:
    return Query(name, description, schemas.MOMENT)


_PROJECT = Query("project", "the project, where more than one could be meant", TEXT)
_PROJECTS = _words("project", "the projects")
_LIMIT = Query(
    "limit",
    "how many a page holds",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
)
_CURSOR = Query("cursor", "where the page begins: what the Link header of another says", TEXT)
_ROUTES = _words("route", "the routes")
_ACTORS = _words("actor", "the actors")
_SOURCES = _words("source", "the sources")
_EVENTS = _words("event", "the ids of events")
_ROUTED = [state for state in STATES if state not in UNROUTED]
_OPEN = [state for state in _ROUTED if state in OPEN_STATES]
_SETTLED = [state for state in _ROUTED if state not in OPEN_STATES]

_MAYBE_TEXT = maybe(TEXT)
_MAYBE_MOMENT = maybe(schemas.MOMENT)
_MAYBE_FLAG = maybe(FLAG)


def _deliveries(states: list[str]) -> Form:
    return Form(
        query=(
            _words("id", "the ids"),
            _words("state", "the states", states),
            _ACTORS,
            _ROUTES,
            _EVENTS,
            _PROJECTS,
            _moment("from", "came then or later"),
            _moment("to", "came before"),
            _moment("settled_from", "settled then or later"),
            _moment("settled_to", "settled before"),
            Query("reason", "a part of the error", TEXT),
            _LIMIT,
            _CURSOR,
        ),
        answer=listed(schemas.DELIVERY),
    )


# --- control

CONTROL_STATUS = Form(answer=schemas.CONTROL_STATUS)
SHUTDOWN = Form(answer=schemas.OK, status=202)
MODULES = Form(answer=schemas.MODULES)
MODULE = Form(answer=schemas.CONTROL_MODULE, problems=(404,))
ROTATION = Form(answer=schemas.OK)
CODE = Form(answer=shape(code=TEXT, expires_in=WHOLE))
SESSION = Form(
    fields={"code": _NAME},
    required=("code",),
    answer=shape(token=TEXT, expires_in=WHOLE),
    problems=(429,),
)
SESSION_END = Form(answer=schemas.OK)

# --- components

STATUS = Form(answer=schemas.STATUS)
SOURCES = Form(answer=listed(schemas.SOURCE))
ACTORS = Form(answer=listed(schemas.ACTOR))
ROUTES = Form(answer=listed(schemas.extended(schemas.ROUTE, delivery=schemas.ANY_OBJECT)))
POLL = Form(
    fields={"project": _MAYBE_TEXT},
    answer=shape(source=TEXT, project=TEXT, ok=FLAG, events_created=WHOLE, error=_MAYBE_TEXT),
    problems=(404, 409),
)

# --- events

EVENTS = Form(
    query=(
        _PROJECT,
        _SOURCES,
        _words("type", "the types", TYPES),
        Query("trace", "the id of a trace", TEXT),
        _moment("from", "accepted then or later"),
        _moment("to", "accepted before"),
        _ROUTES,
        _words("state", "the states of deliveries", STATES),
        Query("find", "a text that the event holds, in letters of either case", TEXT),
        _LIMIT,
        Query("cursor", "where the page begins", {"type": "integer", "minimum": 0}),
    ),
    answer=listed(schemas.EVENT_ROW),
)
EMIT = Form(
    query=(_PROJECT,),
    fields={
        "type": schemas.TYPE,
        "source": _NAME,
        "payload": {},
        "project": _MAYBE_TEXT,
    },
    required=("type", "source"),
    is_open=True,
    answer=schemas.ACCEPTED,
    problems=(429,),
)
TRACE = Form(query=(_PROJECT,), answer=schemas.TRACE, problems=(404,))
REPLAY = Form(
    fields={"routes": _names(), "dry_run": _MAYBE_FLAG, "project": _MAYBE_TEXT},
    answer=schemas.REPLAY,
    problems=(404, 409),
)
RANGE_REPLAY = Form(
    fields={
        "from": _MAYBE_MOMENT,
        "to": _MAYBE_MOMENT,
        "sources": _names(),
        "types": _names(TYPES),
        "routes": _names(),
        "project": _MAYBE_TEXT,
        "dry_run": _MAYBE_FLAG,
        "cursor": maybe({**TEXT, "pattern": r"^([0-9]{1,18}-[0-9]{1,18})?$"}),
        "limit": maybe({**WHOLE, "minimum": 1, "maximum": LARGEST_PAGE}),
    },
    answer=schemas.RANGE_REPLAY,
    problems=(404,),
)

# --- the books

QUEUE = _deliveries(_OPEN)
DELIVERIES = _deliveries(_ROUTED)
DELIVERY = Form(answer=schemas.extended(schemas.WAY, event=maybe(schemas.EVENT)), problems=(404,))
ACT = Form(answer=schemas.DELIVERY, problems=(404, 409))


def act_many(states: Sequence[str]) -> Form:
    """Return how something is done with many deliveries, which may be in these states."""
    return Form(
        fields={
            "ids": _names(),
            "route": _names(),
            "actor": _names(),
            "reason": maybe(_NAME),
            "from": _MAYBE_MOMENT,
            "to": _MAYBE_MOMENT,
            "settled_from": _MAYBE_MOMENT,
            "settled_to": _MAYBE_MOMENT,
            "state": _names(states),
            "project": _MAYBE_TEXT,
            "dry_run": _MAYBE_FLAG,
        },
        answer=shape(count=WHOLE, dry_run=FLAG),
    )


AUDIT = Form(
    query=(
        _words("state", "the states", _SETTLED),
        _ACTORS,
        _ROUTES,
        _EVENTS,
        _PROJECTS,
        _moment("from", "settled then or later"),
        _moment("to", "settled before"),
        _LIMIT,
        _CURSOR,
    ),
    answer=listed(schemas.AUDIT_ENTRY),
)

# --- inboxes, checkpoints

_KEY = Query("session_key", "the session", TEXT)
INBOXES = Form(query=(_PROJECT,), answer=shape(sessions=listed(schemas.INBOX)))
INBOX = Form(
    query=(_KEY, _PROJECT),
    answer=shape(pending=WHOLE, leased=WHOLE, oldest_event_at=_MAYBE_MOMENT),
)
DRAIN = Form(
    query=(
        Query("session_key", "the session", TEXT, is_required=True),
        Query("limit", "how many at most", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT}),
        _PROJECT,
    ),
    answer=shape(
        events=listed(schemas.EVENT), remaining=WHOLE, continuation=_MAYBE_TEXT, settled=WHOLE
    ),
)
ACKNOWLEDGEMENT = Form(
    fields={"session_key": TEXT, "continuation": _MAYBE_TEXT, "project": _MAYBE_TEXT},
    required=("session_key",),
    answer=shape(settled=WHOLE),
)
CHECKPOINTS = Form(query=(_PROJECT,), answer=listed(schemas.CHECKPOINT))
CHECKPOINT = Form(
    query=(_PROJECT,),
    fields={"checkpoint": TEXT, "project": _MAYBE_TEXT},
    required=("checkpoint",),
    answer=schemas.CHECKPOINT,
    problems=(404,),
)
CHECKPOINT_RESET = Form(
    query=(_PROJECT,),
    fields={"project": _MAYBE_TEXT},
    answer=shape(source=TEXT, project=TEXT, existed=FLAG),
    problems=(404,),
)

# --- the runtime as a whole

DOCTOR = Form(answer=schemas.DOCTOR)
METRICS = Form(answer=TEXT, content_type="text/plain")
STREAM = Form(
    query=(
        _SOURCES,
        _ROUTES,
        _ACTORS,
        _words("result", "the results"),
        _words("phase", "the phases", sorted(PHASES)),
        _EVENTS,
        _PROJECTS,
        Query(
            "limit",
            "how many entries a second at most; `lost` counts the others",
            {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT},
        ),
    ),
    answer=TEXT,
    content_type="text/event-stream",
)
OPENAPI = Form(answer=shape(openapi=TEXT, paths=schemas.ANY_OBJECT))
