"""The Klein application: control and API, imported when they are first needed.

Klein and its routing cost a tenth of a second to import; a webhook that comes right after a restart
should not wait for that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.web.server import Request

from orgloop.http.answer import Answer, prepare
from orgloop.http.call import Call
from orgloop.http.operation import Access, Operation
from orgloop.http.problem import Problem, Refused, not_found, wrong_method
from orgloop.http.serving import refuse_failed, serve

if TYPE_CHECKING:
    from klein import Klein
    from klein.resource import KleinResource


class Application:
    """Control and API of one runtime; ``operations`` is called when they are first needed."""

    def __init__(self, operations: Callable[[], Sequence[Operation]]) -> None:
        self._list_operations = operations
        self._operations: Sequence[Operation] = ()
        self._klein: Klein | None = None
        self._resource: KleinResource | None = None

    def preload(self) -> None:
        """Import and build everything, unless that is done."""
        if self._klein is None:
            self._klein = self._built()
            self._resource = self._klein.resource()

    def render(self, request: Request) -> None:
        """Answer ``request``, which `Gate` let through."""
        self.preload()
        assert self._resource is not None
        make_ready = getattr(request, "prepare_for_klein", None)
        if make_ready is not None:
            make_ready()
        self._resource.render(request)

    def access(self, method: bytes, path: bytes) -> Access:
        """Say who may call this; raise `Refused` if there is no such path, or not this method."""
        self.preload()
        assert self._klein is not None
        from werkzeug.exceptions import HTTPException

        mapper = self._klein.url_map.bind("localhost")
        try:
            number, _ = mapper.match(
                unquote(path.decode("ascii", "replace")), method.decode("ascii")
            )
        except HTTPException as error:
            raise Refused(_problem_of(error)) from error
        return self._operations[int(number)].access

    def _built(self) -> Klein:
        from klein import Klein
        from werkzeug.exceptions import HTTPException

        self._operations = self._list_operations()
        app = Klein()
        app.url_map.merge_slashes = False  # a path means what it says
        for number, one in enumerate(self._operations):
            app.route(one.path, methods=[one.method], endpoint=str(number))(_serving(one))
        app.handle_errors(HTTPException)(cast(Any, _refuse_unknown))
        app.handle_errors(Exception)(cast(Any, _refuse_broken))
        return app


def _serving(operation: Operation) -> Callable[..., Deferred[None]]:
    def answer(request: Request, **names: str) -> Deferred[None]:
        passage = getattr(request, "passage", None)
        is_session = passage is not None and passage.is_session
        return serve(request, operation.act(Call(request, names, is_session)))

    return answer


def _refuse_unknown(request: Request, failure: Failure) -> bytes:
    return prepare(request, Answer.of_problem(_problem_of(failure.value)))


def _refuse_broken(request: Request, failure: Failure) -> bytes:
    return prepare(request, refuse_failed(request, failure))


def _problem_of(error: Any) -> Problem:
    if error.code == 405:
        return wrong_method(", ".join(sorted(error.valid_methods)))
    return not_found("there is nothing at this path")
