"""``GET /api/openapi.json``: the API as an OpenAPI 3.1 document, made from what serves it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from attrs import define, field

import orgloop
from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.form import JSON_TYPE, Form, Query, Schema
from orgloop.http.operation import Access, Operation
from orgloop.http.schemas import PROBLEM, TEXT, one_of, shape

_EVERYWHERE = (400, 403, 405, 408, 413, 421, 503)
"""What any operation may be answered: see `orgloop.http.gate` and `orgloop.http.channel`."""
_VARIABLE = re.compile(r"<(?:path:)?(\w+)>")
_SECURITY: Mapping[Access, Sequence[Mapping[str, Sequence[str]]]] = {
    "control": [{"controlToken": []}],
    "dashboard": [{"controlToken": []}, {"session": []}],
    "session": [{"session": []}],
    "anyone": [],
}
_SCHEMES = {
    "controlToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "what control.token in the home holds",
    },
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "a session of the dashboard, from POST /ui/session",
    },
}


@define
class OpenAPI:
    """The document of a table of operations; made when it is first asked for."""

    operations: Sequence[Operation] = field(factory=list)
    _document: dict[str, Any] | None = field(default=None, init=False)

    async def show(self, call: Call) -> Answer:
        """Answer this document."""
        if self._document is None:
            self._document = document_of(self.operations)
        return Answer.of(self._document)


def document_of(operations: Iterable[Operation]) -> dict[str, Any]:
    """Return the OpenAPI document of these operations, and of health and webhooks."""
    paths: dict[str, dict[str, Any]] = _of_root()
    for one in operations:
        path = _VARIABLE.sub(r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OrgLoop",
            "version": orgloop.__version__,
            "description": "What a running OrgLoop can be asked, and told, over HTTP.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": _SCHEMES,
            "schemas": {"Problem": PROBLEM},
            "responses": {
                str(status): {
                    "description": HTTPStatus(status).phrase,
                    "content": {JSON_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
                for status in (*_EVERYWHERE, 401, 404, 409, 429)
            },
        },
    }


def _operation(one: Operation) -> dict[str, Any]:
    names = _VARIABLE.findall(one.path)
    described: dict[str, Any] = {
        "operationId": f"{one.method} {one.path}",
        "summary": (one.act.__doc__ or "").partition("\n")[0].rstrip("."),
        "parameters": [*map(_in_path, names), *map(_in_query, one.form.query)],
        "responses": _responses(one),
        "security": _SECURITY[one.access],
    }
    if one.method != "GET":
        described["requestBody"] = _body(one.form)
    return described


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {**TEXT, "minLength": 1}}


def _in_query(query: Query) -> dict[str, Any]:
    return {
        "name": query.name,
        "in": "query",
        "required": query.is_required,
        "description": query.description,
        "schema": query.schema,
    }


def _body(form: Form) -> dict[str, Any]:
    schema: Schema = {
        "type": "object",
        "properties": form.fields,
        "required": list(form.required),
        "additionalProperties": form.is_open,
    }
    return {"required": bool(form.required), "content": {JSON_TYPE: {"schema": schema}}}


def _responses(one: Operation) -> dict[str, Any]:
    form = one.form
    done = {"description": "Done", "content": {form.content_type: {"schema": form.answer}}}
    refused = {401, *_EVERYWHERE, *form.problems}
    return {
        str(form.status): done,
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(refused)},
    }


def _of_root() -> dict[str, dict[str, Any]]:
    """Return what is served beside the table: see `orgloop.http.root`."""
    from orgloop.http import schemas

    live = _said(200, shape(status=one_of("live")))
    ready = _said(200, shape(status=one_of("ok", "degraded")))
    unready = _said(503, shape(status=one_of("starting", "draining", "disk")))
    refused = {str(status): {"$ref": f"#/components/responses/{status}"} for status in (400, 403)}
    return {
        "/health/live": {"get": {"responses": {**live, **refused}, "security": []}},
        "/health/ready": {"get": {"responses": {**ready, **unready, **refused}, "security": []}},
        "/webhook/{source}": {
            "post": {
                "summary": "Report what a source reports",
                "parameters": [_in_path("source")],
                "requestBody": {"content": {JSON_TYPE: {"schema": {"type": "object"}}}},
                "responses": {
                    **_said(200, schemas.ACCEPTED),
                    **{
                        str(status): {"$ref": f"#/components/responses/{status}"}
                        for status in sorted((*_EVERYWHERE, 401, 404, 429))
                    },
                },
                "security": [],
            }
        },
    }


def _said(status: int, schema: Schema) -> dict[str, Any]:
    content = {JSON_TYPE: {"schema": schema}}
    return {str(status): {"description": HTTPStatus(status).phrase, "content": content}}
