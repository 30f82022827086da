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
from orgloop.http.named import by_reference, components, reference
from orgloop.http.operation import Access, Operation
from orgloop.http.schemas import ACCEPTED, PROBLEM, TEXT, one_of, shape

_EVERYWHERE = (400, 403, 405, 408, 413, 421, 503)
"""What any operation may be answered: see `orgloop.http.gate` and `orgloop.http.channel`."""
_OF_HEALTH = (400, 403, 405, 408, 413, 503)
_REFUSALS = (*_EVERYWHERE, 401, 404, 409, 429)
_HEADERS: Mapping[int, tuple[str, str]] = {
    405: ("Allow", "the methods that this path takes"),
    429: ("Retry-After", "how many seconds to wait"),
    503: ("Retry-After", "how many seconds to wait, where that is known"),
}
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
        "paths": by_reference(paths),
        "components": {
            "securitySchemes": _SCHEMES,
            "schemas": components(),
            "responses": {str(status): _refusal(status) for status in _REFUSALS},
        },
    }


def _refusal(status: int) -> dict[str, Any]:
    refusal: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {JSON_TYPE: {"schema": reference(PROBLEM)}},
    }
    if status in _HEADERS:
        name, description = _HEADERS[status]
        refusal["headers"] = {name: {"description": description, "schema": TEXT}}
    return refusal


def _operation(one: Operation) -> dict[str, Any]:
    names = _VARIABLE.findall(one.path)
    described: dict[str, Any] = {
        **_identity(one.method, one.path),
        "summary": (one.act.__doc__ or "").partition("\n")[0].rstrip("."),
        "parameters": [*map(_in_path, names), *map(_in_query, one.form.query)],
        "responses": _responses(one),
        "security": _SECURITY[one.access],
    }
    if one.method != "GET":
        described["requestBody"] = _body(one.form)
    return described


def _identity(method: str, path: str) -> dict[str, Any]:
    """Return the name of an operation, good for a function, and the group it belongs to."""
    words = re.findall(r"\w+", path.replace("<path:", ""))
    group = words[1] if words[0] == "api" else words[0]
    return {"operationId": "_".join([method.lower(), *words]), "tags": [group]}


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {**TEXT, "minLength": 1}}


def _in_query(query: Query) -> dict[str, Any]:
    return {
        "name": query.name,
        "in": "query",
        "required": query.is_required,
        "allowEmptyValue": True,  # it counts as none
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
    done: dict[str, Any] = {
        "description": "Done",
        "content": {form.content_type: {"schema": form.answer}},
    }
    if any(query.name == "cursor" for query in form.query):
        done["headers"] = {
            "Link": {"description": "the next page, if there is one", "schema": TEXT}
        }
    return {str(form.status): done, **_refused(401, *_EVERYWHERE, *form.problems)}


def _refused(*statuses: int) -> dict[str, Any]:
    return {
        str(status): {"$ref": f"#/components/responses/{status}"}
        for status in sorted(set(statuses))
    }


def _of_root() -> dict[str, dict[str, Any]]:
    """Return what is served beside the table: see `orgloop.http.root`."""
    unready = shape(status=one_of("starting", "draining", "disk"))
    return {
        "/health/live": {
            "get": {
                **_identity("GET", "/health/live"),
                "summary": "Say that the runtime listens",
                "responses": {**_said(200, shape(status=one_of("live"))), **_refused(*_OF_HEALTH)},
                "security": [],
            }
        },
        "/health/ready": {
            "get": {
                **_identity("GET", "/health/ready"),
                "summary": "Say whether the runtime takes anything in",
                "responses": {
                    **_said(200, shape(status=one_of("ok", "degraded"))),
                    **_refused(*_OF_HEALTH),
                    **_said(503, {"anyOf": [unready, PROBLEM]}),
                },
                "security": [],
            }
        },
        "/webhook/{source}": {"post": _webhook("source")},
        "/webhook/{project}/{source}": {"post": _webhook("project", "source")},
    }


def _webhook(*names: str) -> dict[str, Any]:
    return {
        **_identity("POST", "/webhook/" + "/".join(names)),
        "summary": "Report what a source reports",
        "description": "A source may answer in its own way, to a challenge for instance.",
        "parameters": [*map(_in_path, names)],
        "requestBody": {"content": {JSON_TYPE: {"schema": {"type": "object"}}}},
        "responses": {**_said(200, ACCEPTED), **_refused(401, 404, 429, *_EVERYWHERE)},
        "security": [],
    }


def _said(status: int, schema: Schema) -> dict[str, Any]:
    content = {JSON_TYPE: {"schema": schema}}
    return {str(status): {"description": HTTPStatus(status).phrase, "content": content}}
