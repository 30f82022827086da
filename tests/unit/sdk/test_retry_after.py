import time
from collections.abc import Iterator

import pytest

from orgloop.sdk.retryafter import retry_after_seconds

NOW = 1_445_412_480_000  # Wed, 21 Oct 2015 07:28:00 GMT


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Wed, 21 Oct 2015 07:29:30 GMT", 90),
        ("Wednesday, 21-Oct-15 07:29:30 GMT", 90),
        ("Wed Oct 21 07:29:30 2015", 90),
        ("Wed, 21 Oct 2015 07:00:00 GMT", 0),
        (None, None),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        ("Wed, 21 Oct 99999 07:28:00 GMT", None),
    ],
)
def test_a_number_and_every_form_of_a_date_is_understood(value, seconds):
    assert retry_after_seconds(value, NOW) == seconds


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("value", ["Wed Oct 21 07:29:30 2015", "Wed, 21 Oct 2015 07:29:30 -0000"])
@pytest.mark.usefixtures("new_york")
def test_a_date_without_a_zone_is_no_local_time(value: str) -> None:
    assert retry_after_seconds(value, NOW) == 90
