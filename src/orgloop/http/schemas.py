"""The shapes of what the API shows, as JSON Schema: see `orgloop.http.shapes` for the making."""

from __future__ import annotations

from typing import Any

from orgloop.delivery import DeliveryState
from orgloop.event import EVENT_TYPES
from orgloop.http.form import Schema

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ANY_OBJECT: Schema = {"type": "object"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
STATES = sorted(str(state) for state in DeliveryState)
TYPES = sorted(EVENT_TYPES)


def maybe(schema: Schema) -> Schema:
    """Return a schema that lets through null as well."""
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "object" and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def shape(**fields: Schema) -> Schema:
    """Return the schema of an object with these fields, each of them always there."""
    return {"type": "object", "properties": fields, "required": list(fields)}


def extended(schema: Schema, **fields: Schema) -> Schema:
    """Return the schema of an object with more fields."""
    return shape(**schema["properties"], **fields)


def one_of(*values: str) -> Schema:
    """Return the schema of one of some texts."""
    return {"type": "string", "enum": list(values)}


STATE = one_of(*STATES)
TYPE = one_of(*TYPES)
PROBLEM = shape(error=shape(code=TEXT, message=TEXT, hint=TEXT))
OK = shape(ok=FLAG)

EVENT = shape(id=TEXT, timestamp=TEXT, source=TEXT, type=TYPE, provenance=ANY_OBJECT)
EVENT_ROW = shape(
    event_id=TEXT,
    timestamp=TEXT,
    source=TEXT,
    type=TEXT,
    platform_event={},
    matched_routes=listed(TEXT),
    sop_files=listed(TEXT),
    actors=listed(TEXT),
    processing_ms=maybe(WHOLE),
    module=TEXT,
    trace_id=TEXT,
    accepted_at=MOMENT,
    states=listed(STATE),
    damaged=FLAG,
)
ACCEPTED = shape(
    ok=FLAG,
    event_id=maybe(TEXT),
    event_ids=listed(TEXT),
    events_created=WHOLE,
    duplicate=FLAG,
)
DELIVERY = shape(
    id=TEXT,
    event_id=TEXT,
    route=maybe(TEXT),
    actor=maybe(TEXT),
    project=TEXT,
    state=STATE,
    attempts=WHOLE,
    key=TEXT,
    order_key=maybe(TEXT),
    due_at=maybe(MOMENT),
    accepted_at=MOMENT,
    created_at=MOMENT,
    settled_at=maybe(MOMENT),
    error=maybe(TEXT),
    tracking_id=maybe(TEXT),
    replay=FLAG,
    into=maybe(TEXT),
    batch=FLAG,
    session_key=maybe(TEXT),
    prompt_file=maybe(TEXT),
    prompt_sha256=maybe(TEXT),
)
STEP = shape(transform=TEXT, verdict=TEXT, duration_ms=NUMBER, detail=maybe(TEXT))
# A change has no ``before`` where something was added, and no ``after`` where it was removed.
_CHANGE: Schema = {
    "type": "object",
    "properties": {"path": TEXT, "before": {}, "after": {}},
    "required": ["path"],
}
STEP_CHANGES = shape(transform=TEXT, verdict=TEXT, changes=listed(_CHANGE), omitted=WHOLE)
ROUTE_STANDING = shape(
    name=TEXT,
    matched=FLAG,
    reason=maybe(shape(path=TEXT, expected={}, actual={})),
    failing=WHOLE,
)
ATTEMPT = shape(
    attempt=WHOLE,
    started_at=MOMENT,
    ended_at=MOMENT,
    duration_ms=WHOLE,
    outcome=TEXT,
    error=maybe(TEXT),
)
WAY = extended(
    DELIVERY,
    steps=listed(STEP),
    changes=listed(STEP_CHANGES),
    attempt_history=listed(ATTEMPT),
    members=listed(TEXT),
)
AUDIT_ENTRY = shape(
    delivery_id=TEXT,
    event_id=TEXT,
    trace_id=maybe(TEXT),
    depth=maybe(WHOLE),
    project=TEXT,
    route=maybe(TEXT),
    actor=maybe(TEXT),
    prompt_file=maybe(TEXT),
    prompt_sha256=maybe(TEXT),
    attempts=listed(ATTEMPT),
    outcome=STATE,
    error=maybe(TEXT),
    accepted_at=MOMENT,
    settled_at=maybe(MOMENT),
    duration_ms=maybe(WHOLE),
    tracking_id=maybe(TEXT),
    replay=FLAG,
    into=maybe(TEXT),
)
_TRACED: dict[str, Any] = {
    "event_id": TEXT,
    "project": TEXT,
    "source": TEXT,
    "type": TEXT,
    "platform_event": {},
    "timestamp": TEXT,
    "accepted_at": MOMENT,
    "trace_id": TEXT,
    "depth": WHOLE,
    "damaged": FLAG,
}
TRACE = shape(
    **_TRACED,
    event=maybe(EVENT),
    parent=maybe(TEXT),
    state=TEXT,
    processing_ms=maybe(WHOLE),
    causes=listed(shape(**_TRACED)),
    effects=listed(shape(**_TRACED, effects=listed(ANY_OBJECT))),
    effects_cut=FLAG,
    routes=listed(ROUTE_STANDING),
    routes_omitted=WHOLE,
    routes_changed=FLAG,
    deliveries=listed(extended(WAY, carrier=maybe(WAY), actor_away=maybe(TEXT))),
    phases=listed(shape(timestamp=MOMENT, phase=TEXT)),
)
MODULE = shape(name=TEXT, state=TEXT, sources=WHOLE, routes=WHOLE, actors=WHOLE, uptime_ms=WHOLE)
SOURCE = shape(
    id=TEXT,
    module=TEXT,
    connector=TEXT,
    type=TEXT,
    status=one_of("healthy", "degraded", "unhealthy"),
    reason=maybe(TEXT),
    last_event=maybe(MOMENT),
    event_count=WHOLE,
    events_24h=WHOLE,
    poll_interval=maybe(TEXT),
    last_poll=maybe(MOMENT),
    error_count=WHOLE,
    last_error=maybe(TEXT),
    description=maybe(TEXT),
)
ACTOR = shape(
    id=TEXT,
    module=TEXT,
    connector=TEXT,
    status=TEXT,
    reason=maybe(TEXT),
    circuit=shape(
        state=one_of("closed", "open", "half_open"),
        failures=WHOLE,
        cooldown_ms=WHOLE,
        retry_in_ms=maybe(WHOLE),
    ),
    in_flight=WHOLE,
    waiting=WHOLE,
    held=WHOLE,
    inbox=WHOLE,
    open=WHOLE,
    delivered=WHOLE,
    dead=WHOLE,
    delivery=ANY_OBJECT,
    description=maybe(TEXT),
)
ROUTE = shape(
    name=TEXT,
    module=TEXT,
    when=shape(source=TEXT, events=listed(TEXT), filter=maybe(ANY_OBJECT)),
    actor=TEXT,
    transforms=listed(TEXT),
    sop_file=maybe(TEXT),
    fire_count=WHOLE,
    last_fired=maybe(MOMENT),
    description=maybe(TEXT),
)
_SUPERVISION: dict[str, Schema] = {
    "supervision": one_of("none", "supervised", "unsupervised"),
    "supervisor_pid": maybe(WHOLE),
    "restarts": WHOLE,
    "last_exit": maybe(TEXT),
}
STATUS = shape(
    health=one_of("ok", "degraded", "disk"),
    running=FLAG,
    phase=TEXT,
    version=TEXT,
    runtime_id=TEXT,
    pid=WHOLE,
    uptime_ms=WHOLE,
    http_port=WHOLE,
    **_SUPERVISION,
    heartbeat_interval_ms=maybe(WHOLE),
    modules=listed(MODULE),
    sources=listed(SOURCE),
    actors=listed(ACTOR),
    routes=listed(ROUTE),
    deliveries={"type": "object", "additionalProperties": WHOLE},
    orphaned=WHOLE,
)
_CONTROL_MODULE = extended(MODULE, health=listed(ANY_OBJECT))
MODULES = shape(modules=listed(_CONTROL_MODULE))
CONTROL_MODULE = _CONTROL_MODULE
CONTROL_STATUS = shape(
    running=FLAG,
    pid=WHOLE,
    uptime_ms=WHOLE,
    httpPort=WHOLE,
    phase=TEXT,
    runtime_id=TEXT,
    **_SUPERVISION,
    modules=listed(_CONTROL_MODULE),
)
INBOX = shape(
    sessionKey=TEXT,
    pending=WHOLE,
    leased=WHOLE,
    oldest_event_at=maybe(MOMENT),
    route=maybe(TEXT),
    actor=maybe(TEXT),
    project=TEXT,
)
CHECKPOINT = shape(source=TEXT, project=TEXT, checkpoint=TEXT, updated_at=TEXT)
_GRADE = one_of("ok", "degraded", "error")
DOCTOR = shape(
    status=_GRADE,
    checks=listed(shape(category=TEXT, name=TEXT, status=_GRADE, message=TEXT, fix=TEXT)),
)
_REPLAYED = shape(event_id=TEXT, route=TEXT, delivery_id=maybe(TEXT))
_REPLAY = shape(project=TEXT, dry_run=FLAG, count=WHOLE, deliveries=listed(_REPLAYED))
REPLAY = extended(_REPLAY, event_id=TEXT)
RANGE_REPLAY = extended(_REPLAY, events=WHOLE, cursor=maybe(TEXT))
