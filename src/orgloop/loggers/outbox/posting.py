"""Send a batch over HTTP, and understand the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus

from attrs import field, frozen

from orgloop.errors import ConnectionRefused, InvalidValue, RequestFailed
from orgloop.interfaces import IHTTPClient
from orgloop.loggers.outbox.errors import NotSent, Refused, TooLarge
from orgloop.reports import HTTPResponse
from orgloop.sdk.retryafter import retry_after_seconds
from orgloop.sdk.sending import answer_to
from orgloop.sdk.urls import parse_url

TIMEOUT_SECONDS = 10.0
"""How long a receiver may take: what the OpenTelemetry specification sets for exporters."""


@frozen(kw_only=True)
class Post:
    """Requests of one kind to one URL, which is not shown: it may hold a secret."""

    http: IHTTPClient = field(repr=False)
    now_ms: Callable[[], int]
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    method: str = "POST"
    passing: Callable[[int], bool]
    """Whether a status may be another one later."""

    async def __call__(self, body: bytes) -> HTTPResponse:
        """Send one request and return its answer if that is 2xx.

        Raises `NotSent` for what may pass (no answer, a status that is ``passing``), `TooLarge` for
        413, else `Refused`.
        """
        try:
            response = await answer_to(
                self.http.request(
                    self.method,
                    self.url,
                    headers=self.headers,
                    body=body,
                    timeout_seconds=TIMEOUT_SECONDS,
                )
            )
        except RequestFailed as error:
            raise NotSent(str(error)) from error
        except (ConnectionRefused, InvalidValue) as error:
            raise Refused(str(error)) from error
        if not 200 <= response.status < 300:
            raise self._failure(response)
        return response

    def _failure(self, response: HTTPResponse) -> NotSent | Refused:
        answered = f"{parse_url(self.url).origin} answered {response.status}"
        if self.passing(response.status):
            asked = response.headers.get("retry-after")
            pause = retry_after_seconds(asked, self.now_ms())
            return NotSent(answered, after_seconds=pause)
        if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return TooLarge(answered)
        if 300 <= response.status < 400:
            return Refused(f"{answered}; redirects are not followed: set it to where they lead")
        return Refused(answered)


def with_content_type(headers: Mapping[str, str], content_type: str) -> Mapping[str, str]:
    """Return configured headers with the type of what is sent, in place of any other."""
    others = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    return {**others, "Content-Type": content_type}
