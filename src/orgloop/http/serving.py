"""Turn a piece of work into the answer of a request, whatever becomes of it."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from orgloop.errors import OrgLoopError
from orgloop.http.answer import Answer, send
from orgloop.http.problem import INTERNAL, of_error

if TYPE_CHECKING:
    from twisted.web.server import Request

_log = Logger()


def serve(request: Request, work: Awaitable[Answer]) -> Deferred[None]:
    """Send what ``work`` answers; the Deferred fires when that is done, and never fails.

    Cancelling it (Klein does when a client goes away) leaves the work alone: an event on its way to
    the disk stays on its way.
    """
    done: Deferred[None] = Deferred()
    finish = partial(_finished, done)
    Deferred.fromCoroutine(_answered(request, work)).addCallback(partial(send, request)).addErrback(
        _unsent
    ).addCallback(finish)
    return done


def refuse_failed(request: Request, reason: Failure) -> Answer:
    """Log what went wrong and return the answer.

    As text: what a peer sent is never a reason for the runtime to stop, however it went wrong.
    """
    _log.error(
        "answering {method!r} {path!r} failed: {trace}",
        method=request.method,
        path=request.path,
        trace=reason.getTraceback(),
    )
    return Answer.of_problem(INTERNAL)


async def _answered(request: Request, work: Awaitable[Answer]) -> Answer:
    try:
        return await work
    except OrgLoopError as error:
        problem = of_error(error)
        if problem is INTERNAL:
            return refuse_failed(request, Failure())
        return Answer.of_problem(problem)
    except GeneratorExit:
        raise  # nobody waits for this any more
    except BaseException:  # a plugin may be the cause: whatever it is, it is answered
        return refuse_failed(request, Failure())


def _unsent(reason: Failure) -> None:
    _log.warn("an answer could not be sent: {error}", error=reason.getErrorMessage())


def _finished(done: Deferred[None], result: Any) -> None:
    done.callback(None)
