"""The root resource: health, webhooks and files beside Klein, Klein for everything else."""

from __future__ import annotations

from typing import Any

from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from orgloop.http.answer import Answer, send
from orgloop.http.application import Application
from orgloop.http.body import body_of
from orgloop.http.gate import HEALTH_PATHS, Gate, Passage
from orgloop.http.health import health_answer
from orgloop.http.problem import Problem, Refused
from orgloop.http.request import asked_by
from orgloop.http.serving import serve
from orgloop.http.view import Runtime
from orgloop.http.webhooks import WebhookIntake


class Root(Resource):
    """Answer every request that `Gate` lets through, and say no to the others.

    Health, webhooks and files need neither Klein nor its cost. Works with requests of any site, so
    that a test can traverse it in memory.
    """

    isLeaf = True

    def __init__(self, runtime: Runtime, gate: Gate, application: Application) -> None:
        super().__init__()
        self._runtime = runtime
        self._gate = gate
        self._application = application
        self._webhooks = WebhookIntake(runtime)

    def render(self, request: Request) -> Any:
        """Answer ``request``, now or later."""
        passage = getattr(request, "passage", None) or self._admitted(request)
        request.passage = passage  # type: ignore[attr-defined]  # of our own requests it is
        if isinstance(passage, Problem):
            send(request, Answer.of_problem(passage))
        elif passage.endpoint is not None:
            headers = request.requestHeaders
            serve(request, self._webhooks.take(passage, request.path, headers, body_of(request)))
        elif passage.file is not None:
            send(request, passage.file.answer(request.requestHeaders))
        elif request.path in HEALTH_PATHS:
            send(request, health_answer(self._runtime, request.path))
        else:
            self._application.render(request)
        return NOT_DONE_YET

    def _admitted(self, request: Request) -> Passage | Problem:
        declared = request.getHeader(b"Content-Length")
        length = int(declared) if declared else 0
        try:
            return self._gate.admit(asked_by(request, request.method, request.path, length))
        except Refused as refused:
            return refused.problem
