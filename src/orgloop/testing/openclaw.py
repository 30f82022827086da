"""A stand-in of an OpenClaw gateway: its webhooks, as far as they can be seen from outside."""

from __future__ import annotations

from attrs import field, frozen

from orgloop.event import JSONObject
from orgloop.testing.httpserver import Answer, ReceivedRequest, ScriptedHTTPServer


@frozen
class Run:
    """One run of an agent that the gateway was asked for."""

    id: str
    key: str
    """The idempotency key of the request that started it."""
    body: JSONObject = field(repr=False)


class OpenClawStandIn(ScriptedHTTPServer):
    """A gateway on loopback that starts runs and remembers which it has started.

    Like the real one it knows a repeated request by its idempotency key and what it asks for, takes
    no request without the token, and tells its version to anybody who asks for its health. Answers
    that were put into the script come first.
    """

    def __init__(self, token: str = "a-token", version: str = "2026.3.12") -> None:
        super().__init__(self._answer)
        self.token = token
        self.version = version
        self.runs: list[Run] = []
        self.sessions: set[str] | None = None
        """The session keys it takes; `None` takes any, others are answered 400."""

    def _answer(self, request: ReceivedRequest) -> Answer:
        path = request.path.partition("?")[0]
        if path == "/health":
            return Answer(json={"ok": True, "status": "live", "version": self.version})
        if not path.startswith("/hooks"):
            return Answer(status=404)
        if request.method != "POST":
            return Answer(status=405, headers={"Allow": "POST"})
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return Answer(status=401)
        if path != "/hooks/agent":
            return Answer(status=404)
        return self._started(request)

    def _started(self, request: ReceivedRequest) -> Answer:
        body = request.json()
        if not body.get("message"):
            return Answer(status=400, json={"ok": False, "error": "message required"})
        if self.sessions is not None and body.get("sessionKey") not in self.sessions:
            return Answer(status=400, json={"ok": False, "error": "unknown session"})
        return Answer(json={"ok": True, "runId": self._run(request, body).id})

    def _run(self, request: ReceivedRequest, body: JSONObject) -> Run:
        key = request.headers.get("idempotency-key", "")
        for run in self.runs:
            if key and (run.key, run.body) == (key, body):
                return run
        self.runs.append(Run(f"run-{len(self.runs) + 1}", key, body))
        return self.runs[-1]
