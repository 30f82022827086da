"""The schemas that have a name of their own in the OpenAPI document, for clients made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orgloop.http import schemas
from orgloop.http.form import Schema

NAMED: Mapping[str, Schema] = {
    "Accepted": schemas.ACCEPTED,
    "Actor": schemas.ACTOR,
    "Attempt": schemas.ATTEMPT,
    "AuditEntry": schemas.AUDIT_ENTRY,
    "Checkpoint": schemas.CHECKPOINT,
    "ControlStatus": schemas.CONTROL_STATUS,
    "Delivery": schemas.DELIVERY,
    "DeliveryHistory": schemas.WAY,
    "DeliveryState": schemas.STATE,
    "Event": schemas.EVENT,
    "EventSummary": schemas.EVENT_ROW,
    "EventType": schemas.TYPE,
    "Findings": schemas.DOCTOR,
    "Inbox": schemas.INBOX,
    "Module": schemas.MODULE,
    "ModuleStatus": schemas.CONTROL_MODULE,
    "Problem": schemas.PROBLEM,
    "Replay": schemas.REPLAY,
    "ReplayPage": schemas.RANGE_REPLAY,
    "Route": schemas.ROUTE,
    "RouteStanding": schemas.ROUTE_STANDING,
    "Source": schemas.SOURCE,
    "Status": schemas.STATUS,
    "Step": schemas.STEP,
    "StepChanges": schemas.STEP_CHANGES,
    "Trace": schemas.TRACE,
}
_NAMES = {id(schema): name for name, schema in NAMED.items()}


def reference(schema: Schema) -> Schema:
    """Return a reference to a schema that has a name."""
    return {"$ref": f"#/components/schemas/{_NAMES[id(schema)]}"}


def by_reference(part: Any) -> Any:
    """Return a part of the document with references in place of the schemas that have names."""
    if id(part) in _NAMES:
        return reference(part)
    return _within(part)


def components() -> dict[str, Any]:
    """Return the schemas by their names, each with references to the others."""
    return {name: _within(schema) for name, schema in NAMED.items()}


def _within(part: Any) -> Any:
    if isinstance(part, Mapping):
        return {key: by_reference(inner) for key, inner in part.items()}
    if isinstance(part, list | tuple):
        return [by_reference(inner) for inner in part]
    return part
