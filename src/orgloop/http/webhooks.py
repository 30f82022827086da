"""Take webhooks: verify, read, keep, and only then say 200."""

from __future__ import annotations

import re

from attrs import frozen
from twisted.logger import Logger
from twisted.web.http_headers import Headers

from orgloop.errors import InvalidPayload, OrgLoopError, StorageUnavailable
from orgloop.event import Cause, EventDraft
from orgloop.http.answer import Answer
from orgloop.http.gate import Passage
from orgloop.http.problem import INTERNAL, Problem, Refused, later, of_error
from orgloop.http.view import Acceptance, Endpoint, Runtime
from orgloop.interfaces import IWebhookSource
from orgloop.logentry import LogEntry
from orgloop.reports import WebhookRequest, WebhookResult
from orgloop.wording import described

_BAD_SIGNATURE = Problem(
    401,
    "bad_signature",
    "the request's signature is missing or wrong",
    "sign with the secret that the source's config names, and check the sender's clock",
)
_SOURCE_FAILED = Problem(
    500,
    "source_failed",
    "the source could not read the request",
    "the runtime's log says why; the request may be sent again",
)
_CONTENT_TYPE = re.compile(r"[ -~]+")
_NO_DISK = later(503, "storage_unavailable", "events cannot be kept at the moment")


@frozen
class WebhookIntake:
    """Hand requests to their sources, and what these make of them to the flow."""

    _runtime: Runtime
    _log = Logger()

    async def take(self, passage: Passage, path: bytes, headers: Headers, body: bytes) -> Answer:
        """Return the answer, once the events are durable; raise `OrgLoopError` otherwise."""
        endpoint, source = passage.endpoint, passage.source
        assert endpoint is not None
        assert source is not None
        result = await self._read(
            endpoint,
            source,
            WebhookRequest(path.decode("latin-1"), _plain(headers), body, self._runtime.now_ms()),
            has_token=passage.has_token,
        )
        try:
            accepted = await endpoint.accept(result.events, cause=cause_of(headers))
        except StorageUnavailable as error:  # it names files, which are no business of strangers
            raise Refused(_NO_DISK) from error
        if result.body is not None:
            return Answer(result.body, 200, result.content_type.encode("latin-1"))
        return accepted_answer(accepted)

    async def _read(
        self,
        endpoint: Endpoint,
        source: IWebhookSource,
        request: WebhookRequest,
        *,
        has_token: bool,
    ) -> WebhookResult:
        """Let the source verify and read the request; its failures stay its own."""
        try:
            if not has_token and source.is_signed and not source.verify(request):
                raise Refused(_BAD_SIGNATURE)
            return _checked(await source.receive(request))
        except (Refused, InvalidPayload):
            raise
        except OrgLoopError as error:
            self._report(endpoint, str(error))
            if of_error(error) is INTERNAL:  # it would be logged whole, with what must be hidden
                raise Refused(_SOURCE_FAILED) from error
            raise
        except GeneratorExit:
            raise  # nobody waits for this any more
        except BaseException as error:  # of a library, perhaps: whatever it is, it is the source's
            self._report(endpoint, described(error))
            raise Refused(_SOURCE_FAILED) from error

    def _report(self, endpoint: Endpoint, said: str) -> None:
        error = endpoint.conceal(said)
        self._log.error(
            "source {source} of {project} failed at a webhook: {error}",
            source=endpoint.source_id,
            project=endpoint.project,
            error=error,
        )
        self._runtime.metrics.source_error(endpoint.source_id)
        self._runtime.observe(
            LogEntry(
                phase="source.error",
                timestamp=self._runtime.now_ms(),
                project=endpoint.project,
                source=endpoint.source_id,
                error=error,
            )
        )


def _checked(result: object) -> WebhookResult:
    """Return what a source answered, if that is what a source may answer."""
    if not isinstance(result, WebhookResult):
        raise TypeError(f"the source answered with {type(result).__name__}")
    for event in result.events:
        if not isinstance(event, EventDraft):
            raise TypeError(f"the source reported {type(event).__name__} where an event belongs")
    if not isinstance(result.body, bytes | None):
        raise TypeError(f"the source's own answer is {type(result.body).__name__}, not bytes")
    if not _CONTENT_TYPE.fullmatch(result.content_type):
        raise ValueError("the source's own answer has a content type that is none")
    return result


def accepted_answer(accepted: Acceptance) -> Answer:
    """Say which events a request became."""
    ids = list(accepted.event_ids)
    return Answer.of(
        {
            "ok": True,
            "event_id": ids[0] if ids else None,
            "event_ids": ids,
            "events_created": accepted.created,
            "duplicate": accepted.duplicate,
        }
    )


def cause_of(headers: Headers) -> Cause | None:
    """Return what ``X-OrgLoop-Trace`` says the request came out of."""
    values = headers.getRawHeaders(b"X-OrgLoop-Trace")
    return Cause.parse(values[0].decode("latin-1")) if values else None


def _plain(headers: Headers) -> dict[str, str]:
    return {
        name.decode("ascii").lower(): (
            values[0] if len(values) == 1 else b", ".join(values)
        ).decode("latin-1")
        for name, values in headers.getAllRawHeaders()
    }
