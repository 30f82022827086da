"""Say no over HTTP: every refusal has a status, a code for machines, and a way out for people."""

from __future__ import annotations

from attrs import frozen

from orgloop.errors import (
    InvalidEvent,
    InvalidPayload,
    InvalidValue,
    NotReady,
    OrgLoopError,
    Overloaded,
    StorageUnavailable,
)

RETRY_AFTER_SECONDS = 5
"""While starting, draining, degraded or without a disk."""


@frozen
class Problem:
    """Why a request is not done. The body of its answer is ``{"error": {code, message, hint}}``."""

    status: int
    code: str
    message: str
    hint: str
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def document(self) -> dict[str, dict[str, str]]:
        """Return the JSON that is answered."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


class Refused(OrgLoopError):
    """A request is answered with `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def later(status: int, code: str, message: str, *, seconds: int = RETRY_AFTER_SECONDS) -> Problem:
    """Return a problem that goes away by itself, with ``Retry-After``."""
    return Problem(
        status,
        code,
        message,
        f"send the request again in {seconds} s",
        ((b"Retry-After", b"%d" % seconds),),
    )


def not_found(
    message: str, hint: str = "GET /api/status shows what this runtime serves"
) -> Problem:
    """Return the problem of asking for what is not there."""
    return Problem(404, "not_found", message, hint)


def wrong_method(allowed: str) -> Problem:
    """Return the problem of a method that a path does not take; ``allowed`` goes into ``Allow``."""
    return Problem(
        405,
        "method_not_allowed",
        "this path does not take that method",
        f"use {allowed}",
        ((b"Allow", allowed.encode("ascii")),),
    )


def bad_value(name: str, message: str, hint: str) -> Problem:
    """Return the problem of a query parameter that cannot be understood."""
    return Problem(400, "bad_query", f"{name}: {message}", hint)


def bad_field(name: str, message: str, hint: str) -> Problem:
    """Return the problem of a field of the body that cannot be understood."""
    return Problem(400, "bad_field", f"{name}: {message}", hint)


def wrong_state(message: str, hint: str) -> Problem:
    """Return the problem of something that cannot be done as things stand."""
    return Problem(409, "wrong_state", message, hint)


def too_large(limit: int) -> Problem:
    """Return the problem of a body above the limit."""
    return Problem(
        413,
        "too_large",
        f"the body is larger than {limit} bytes",
        "send less, or raise http.max_body in orgloop.yaml",
    )


BUSY = later(503, "busy", "too many requests are under way", seconds=1)
STARTING = later(503, "starting", "the runtime is starting")
DRAINING = later(503, "draining", "the runtime is stopping")
INTERNAL = Problem(
    500,
    "internal",
    "the runtime could not answer this request",
    "its log says why; the request may be sent again",
)


def of_error(error: OrgLoopError) -> Problem:
    """Return how an error that was raised on purpose is answered."""
    if isinstance(error, Refused):
        return error.problem
    if isinstance(error, InvalidEvent):
        return Problem(
            400,
            "invalid_event",
            str(error),
            "mend the fields named in the message; nothing was kept",
        )
    if isinstance(error, (InvalidPayload, InvalidValue)):
        return Problem(400, "invalid_body", str(error), "send a JSON object in UTF-8")
    if isinstance(error, Overloaded):
        return later(429, "overloaded", str(error), seconds=1)
    if isinstance(error, NotReady):
        return later(503, "not_ready", str(error))
    if isinstance(error, StorageUnavailable):
        return later(503, "storage_unavailable", str(error))
    return INTERNAL
