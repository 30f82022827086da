"""Linear's GraphQL API over HTTP: keys, budgets, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLError, execute, parse, validate

from orgloop.interfaces import IHTTPClient
from orgloop.testing.httpserver import Answer, ReceivedRequest, ScriptedHTTPServer
from orgloop.testing.linear.complexity import MOST_POINTS, points
from orgloop.testing.linear.schema import linear_schema
from orgloop.testing.linear.workspace import Workspace
from orgloop.testing.socketless import SocketlessHTTPClient

API_KEY = "lin_api_test"
_HOUR_MS = 3_600_000


class LinearServer(ScriptedHTTPServer):
    """Answer GraphQL queries from a `Workspace`, over real sockets or as an HTTP client.

    What goes wrong is scripted as with any `ScriptedHTTPServer` (``server.answer(Answer(…))``), or
    set: ``api_key = None`` (every key has expired), ``requests_left`` (a budget, which comes back
    when a test sets it), ``most_points`` (what a query may cost).
    """

    def __init__(self, workspace: Workspace, api_key: str | None = API_KEY) -> None:
        super().__init__(self._answer)
        self.workspace = workspace
        self.api_key = api_key
        self.requests_left: int | None = None
        self.most_points = MOST_POINTS
        self.points: list[int] = []
        """What each query cost that was run."""
        self._schema = linear_schema()
        self._documents: dict[str, DocumentNode] = {}

    def client(self) -> IHTTPClient:
        """Return a client whose every request comes here, without sockets."""
        client: IHTTPClient = SocketlessHTTPClient(self.take)
        return client

    def _answer(self, request: ReceivedRequest) -> Answer:
        if self.api_key is None or request.headers.get("authorization") != self.api_key:
            return _refusal(
                401, "AUTHENTICATION_ERROR", "Authentication required, not authenticated"
            )
        if self.requests_left is not None:
            if self.requests_left <= 0:
                return self._rate_limited()
            self.requests_left -= 1
        asked = request.json()
        return self._run(asked["query"], asked.get("variables") or {})

    def _run(self, query: str, variables: dict[str, Any]) -> Answer:
        try:
            document = self._document(query)
        except GraphQLError as error:
            return _refusal(400, "GRAPHQL_VALIDATION_FAILED", error.message)
        cost = points(self._schema, document, variables)
        if cost > self.most_points:
            return _refusal(400, "INPUT_ERROR", f"Query too complex: {cost} of {self.most_points}")
        result = execute(self._schema, document, self.workspace, variable_values=variables)
        assert isinstance(result, ExecutionResult)
        if result.errors:
            return _refusal(400, "GRAPHQL_VALIDATION_FAILED", result.errors[0].message)
        self.points.append(cost)
        return Answer(json={"data": result.data}, headers={"X-Complexity": str(cost)})

    def _document(self, query: str) -> DocumentNode:
        """Return a query that may be run; it is looked at once."""
        if query not in self._documents:
            document = parse(query)
            for error in validate(self._schema, document):
                raise error
            self._documents[query] = document
        return self._documents[query]

    def _rate_limited(self) -> Answer:
        headers = {
            "X-RateLimit-Requests-Remaining": "0",
            "X-RateLimit-Requests-Reset": str(self.workspace.now_ms + _HOUR_MS // 60),
        }
        return _refusal(400, "RATELIMITED", "Rate limit exceeded", headers)


def _refusal(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None
) -> Answer:
    words = {"code": code, "type": code.lower().replace("_", " "), "statusCode": status}
    errors = [{"message": message, "extensions": words}]
    return Answer(status=status, json={"errors": errors, "data": None}, headers=headers or {})
