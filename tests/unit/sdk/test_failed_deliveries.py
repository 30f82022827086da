"""What becomes of a delivery that was answered otherwise than 2xx."""

import pytest

from orgloop.delivery import DeliveryResult, Outcome
from orgloop.reports import HTTPResponse
from orgloop.sdk import failed_delivery

NOW_MS = 1_769_847_300_000


def failed(status: int, headers: dict[str, str] | None = None, **more: object) -> DeliveryResult:
    response = HTTPResponse(status, headers or {}, b"")
    return failed_delivery(response, f"it answered {status}", NOW_MS, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 599])
def test_what_may_be_another_answer_later_is_tried_again(status: int) -> None:
    assert failed(status) == DeliveryResult.error(f"it answered {status}")


@pytest.mark.parametrize("status", [100, 301, 304, 400, 404, 422])
def test_anything_else_is_rejected(status: int) -> None:
    result = failed(status, remedy=": set url")

    assert result == DeliveryResult.rejected(f"it answered {status}: set url")


def test_a_receiver_may_be_stricter_about_what_may_pass() -> None:
    assert failed(408, may_pass={429}).outcome is Outcome.REJECTED
    assert failed(429, may_pass={429}).outcome is Outcome.ERROR
    assert failed(502, may_pass=()).outcome is Outcome.ERROR


@pytest.mark.parametrize(("status", "pause"), [(429, 7.0), (503, 7.0), (500, None), (408, None)])
def test_only_too_many_and_unavailable_may_say_when(status: int, pause: float | None) -> None:
    assert failed(status, {"retry-after": "7"}).retry_after_seconds == pause
