"""Entries become syslog messages that a strict reader takes apart again, whatever they hold."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from orgloop.errors import InvalidValue
from orgloop.logentry import PHASE_ORDER, LogEntry
from orgloop.loggers.syslog.config import SyslogConfig, _app_name, _facility, _host
from orgloop.loggers.syslog.message import MAX_BYTES, MAX_OLD_BYTES, Form
from orgloop.testing.lending import NOW_MS
from orgloop.testing.logger import FULL
from orgloop.testing.syslog import parse

FORM = Form(
    facility=16,
    app_name="orgloop",
    hostname="build-1",
    pid=77,
    is_old=False,
    has_structured_data=True,
)


def test_a_message_has_the_form_of_rfc_5424() -> None:
    entry = LogEntry(
        phase="deliver.retry",
        timestamp=NOW_MS,
        project="org",
        event_id="evt_1",
        route='a "route" [1]\\',
        target="reviewer",
        attempt=2,
        duration_ms=12.5,
        error="it answered 500",
    )

    assert (
        FORM.message(entry)
        .decode()
        .startswith(
            "<132>1 2026-01-31T08:15:00.250Z build-1 orgloop 77 deliver.retry [origin software="
        )
    )
    message = parse(FORM.message(entry))
    assert (message.facility, message.severity) == (16, 4)
    assert message.message_id == "deliver.retry"
    assert message.data["orgloop@32473"] == {
        "project": "org",
        "event_id": "evt_1",
        "target": "reviewer",
        "route": 'a "route" [1]\\',
        "duration_ms": "12.5",
        "attempt": "2",
    }
    assert message.text == (
        'deliver.retry route="a "route" [1]\\" actor=reviewer attempt=2 12.5ms '
        'evt_1 error="it answered 500"'
    )


def test_structured_data_can_be_left_out() -> None:
    message = parse(evolve(FORM, has_structured_data=False).message(FULL))

    assert message.data == {}
    assert "evt_full" in message.text


def test_a_message_can_have_the_older_form() -> None:
    message = parse(evolve(FORM, is_old=True, app_name="my/loop").message(FULL))

    assert (message.app_name, message.process_id, message.hostname) == ("my_loop", "77", "build-1")
    assert (message.facility, message.severity) == (16, 4)
    assert message.text.startswith("deliver.retry source=söurce")


def test_what_is_cut_of_a_long_message_is_its_error() -> None:
    raw = evolve(FORM, is_old=True).message(evolve(FULL, error="x" * 9_000))

    assert len(raw) == MAX_OLD_BYTES
    assert "evt_full" in parse(raw).text


@pytest.mark.parametrize(
    ("phase", "severity"),
    [
        ("deliver.dead", 3),
        ("deliver.retry", 4),
        ("actor.recovered", 5),
        ("source.emit", 6),
        ("transform.pass", 7),
    ],
)
def test_the_severity_follows_from_the_phase(phase: str, severity: int) -> None:
    assert parse(FORM.message(LogEntry(phase=phase, timestamp=NOW_MS))).severity == severity


ANY_TEXT = st.none() | st.text(st.characters(), max_size=40).map(lambda text: text * 300)


@given(st.sampled_from(PHASE_ORDER), *[ANY_TEXT] * 4, st.booleans())
def test_whatever_an_entry_holds_the_message_is_one(
    phase: str,
    route: str | None,
    source: str | None,
    error: str | None,
    result: str | None,
    is_old: bool,
) -> None:
    entry = LogEntry(
        phase=phase,
        timestamp=NOW_MS,
        route=route,
        source=source,
        error=error,
        result=result,
        metadata={"x": error},
    )

    raw = evolve(FORM, is_old=is_old).message(entry)

    assert len(raw) <= (MAX_OLD_BYTES if is_old else MAX_BYTES)
    assert not set(raw) & set(range(32))
    message = parse(raw)
    if not is_old:
        assert message.data["orgloop@32473"]["metadata"]


def test_options_that_no_daemon_would_understand_are_refused() -> None:
    for refuse, value in [
        (_facility, "local9"),
        (_facility, 24),
        (_facility, True),
        (_app_name, "two words"),
        (_app_name, "x" * 49),
        (_host, "a b"),
        (_host, "logs..example.com"),
        (_host, "x" * 64 + ".example.com"),
    ]:
        with pytest.raises(InvalidValue):
            refuse(value)
    assert [_facility("LOCAL7"), _facility(3)] == [23, 3]
    assert [_host("::1"), _host("bücher.example"), _host("10.0.0.1")] == [
        "::1",
        "bücher.example",
        "10.0.0.1",
    ]


def test_the_port_follows_from_the_protocol() -> None:
    assert SyslogConfig(protocol="tls").port_in_use == 6514
    assert SyslogConfig(port=5514).port_in_use == 5514
