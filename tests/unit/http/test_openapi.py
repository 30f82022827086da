"""The OpenAPI document says what the code does: no more, no less."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import jsonschema
import orjson
import pytest
from attrs import field, frozen
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.web.http_headers import Headers

from orgloop.http.call import Call
from orgloop.http.credentials import Credentials
from orgloop.http.endpoints import endpoints
from orgloop.http.fields import Fields
from orgloop.http.live.streams import Streams
from orgloop.http.operation import Operation
from support.http_fakes import TOKEN, FakeRuntime, Shop, record, row
from support.http_wire import Server

AT_THE_ROOT = {
    "/health/live",
    "/health/ready",
    "/webhook/{source}",
    "/webhook/{project}/{source}",
}
METHODS = ("GET", "POST", "PUT", "DELETE")


def runtime() -> FakeRuntime:
    shop = Shop()
    shop.queue.rows = [row(1)]
    made = FakeRuntime(projects={"shop": shop})
    made.log.records = [record(1)]
    return made


def table() -> list[Operation]:
    clock = Clock()
    served = runtime()
    credentials = Credentials(TOKEN, clock)
    return list(endpoints(served, credentials, Streams(served, clock), clock, needs_key=True))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = Server().get("/api/openapi.json").json
    return found


def described(operation: Operation) -> str:
    return re.sub(r"<(?:path:)?(\w+)>", r"{\1}", operation.path)


def test_every_operation_is_in_the_document_and_nothing_else(document: dict[str, Any]) -> None:
    listed = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        if path not in AT_THE_ROOT
        for method in methods
    }

    assert listed == {(one.method, described(one)) for one in table()}
    assert set(document["paths"]) >= AT_THE_ROOT


def test_what_the_document_names_is_served(document: dict[str, Any]) -> None:
    server = Server()
    access = server.site.gate._access

    for path, methods in document["paths"].items():
        for method in set(methods) if path not in AT_THE_ROOT else ():
            access(method.upper().encode(), re.sub(r"{\w+}", "a", path).encode())


def test_every_schema_is_one(document: dict[str, Any]) -> None:
    def look(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("schema"), dict):
                jsonschema.Draft202012Validator.check_schema(part["schema"])
            for inner in part.values():
                look(inner)
        elif isinstance(part, list):
            for inner in part:
                look(inner)

    look(document)
    assert document["openapi"].startswith("3.1")


def test_every_operation_has_a_name_that_a_function_can_have(document: dict[str, Any]) -> None:
    listed = [one for methods in document["paths"].values() for one in methods.values()]
    names = [one["operationId"] for one in listed]

    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name == name.lower() for name in names)
    assert all(one["summary"] and len(one["tags"]) == 1 for one in listed)


def test_what_has_a_name_is_described_once(document: dict[str, Any]) -> None:
    delivery = document["paths"]["/api/deliveries"]["get"]["responses"]["200"]
    trace = document["components"]["schemas"]["Trace"]

    items = delivery["content"]["application/json"]["schema"]["items"]
    assert items == {"$ref": "#/components/schemas/Delivery"}
    assert trace["properties"]["event"]["anyOf"][0] == {"$ref": "#/components/schemas/Event"}
    assert set(document["components"]["schemas"]) == referred_to(document)


def referred_to(part: Any) -> set[str]:
    """Return the names of the schemas that something in the document refers to."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    here = part.get("$ref") if isinstance(part, dict) else None
    known = {here.rpartition("/")[2]} if here and "/schemas/" in here else set()
    return known.union(*map(referred_to, inner))


@frozen
class Recording(Call):
    """A call that remembers what it was asked for."""

    asked: set[str] = field(factory=set)
    known: set[str] = field(factory=set)

    def _values(self, name: str) -> list[str]:
        self.asked.add(name)
        return super()._values(name)

    def body(self, *known: str) -> Fields:
        self.known.update(known)
        return super().body(*known)


def recorded(operation: Operation, query: Mapping[str, str], body: bytes) -> Recording:
    """Act, and return what was read; how it ends is not the question."""
    names = dict.fromkeys(re.findall(r"<(?:path:)?(\w+)>", operation.path), "evt_1")
    names = {name: "dlv_1x" + "0" * 31 + "1" if "delivery" in name else value
             for name, value in names.items()}  # fmt: skip
    request: Any = SimpleNamespace(
        args={name.encode(): [value.encode()] for name, value in query.items()},
        requestHeaders=Headers(),
        method=operation.method.encode(),
        path=operation.path.encode(),
        whole_body=lambda: body,
    )
    call = Recording(request, names)
    Deferred.fromCoroutine(operation.act(call)).addBoth(lambda result: None)
    return call


@pytest.mark.parametrize("operation", table(), ids=lambda one: f"{one.method} {one.path}")
def test_what_is_declared_is_what_is_read(operation: Operation) -> None:
    form = operation.form
    fields: dict[str, Any] = dict.fromkeys(form.required, "a")
    calls = [recorded(operation, {}, b"")]
    if form.query or form.fields:
        query = {one.name: "1" for one in form.query if one.schema.get("type") == "integer"}
        query |= {name: "a" for name in ("session_key",) if name in {q.name for q in form.query}}
        calls.append(recorded(operation, query, orjson.dumps(fields)))

    assert set().union(*(call.asked for call in calls)) == {one.name for one in form.query}
    if not form.is_open:
        assert set().union(*(call.known for call in calls)) == set(form.fields)
