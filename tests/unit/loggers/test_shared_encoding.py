"""Several loggers of one runtime write the same entries: what they share is made once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from orgloop import __version__
from orgloop.logentry import LogEntry
from orgloop.loggers.entryjson import EntryJSON
from orgloop.loggers.otel.identity import root_id_of, trace_id_of
from orgloop.loggers.otel.records import record_of
from orgloop.testing.logger import FULL


def test_an_entry_is_encoded_once_whoever_writes_it() -> None:
    entry = evolve(FULL)
    first = entry.encoded

    assert entry.encoded is first
    assert EntryJSON()(entry) == EntryJSON()(entry)
    assert entry.encoded is first


def test_a_changed_entry_is_encoded_anew() -> None:
    before = FULL.encoded
    assert json.loads(evolve(FULL, attempt=3).encoded)["attempt"] == 3
    assert FULL.encoded is before


def test_every_reader_sees_the_entry_and_who_wrote_it() -> None:
    for entry in (FULL, LogEntry(phase="runtime.start", timestamp=0)):
        read = json.loads(EntryJSON()(entry))
        assert read.pop("hostname")
        assert read.pop("orgloop_version") == __version__
        assert read == json.loads(json.dumps(entry.to_json()))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ({(1, 2): "a", b"b": None, 3: 4}, {"(1, 2)": "a", "b'b'": None, "3": 4}),
        ({"text": "\ud800", "number": float("nan")}, {"text": "\ud800", "number": None}),
        (
            {"large": 1 << 70, "more": [{None: float("inf")}]},
            {"large": 1 << 70, "more": [{"None": None}]},
        ),
        ({"at": Path("/tmp"), "among": {1.5}}, {"at": "/tmp", "among": "{1.5}"}),
    ],
)
def test_whatever_an_entry_holds_it_is_json(said: Any, written: Any) -> None:
    entry = LogEntry(phase="runtime.start", timestamp=0, metadata=said)

    read = json.loads(entry.encoded, parse_constant=pytest.fail)

    assert read["metadata"] == written


def test_what_is_kept_of_one_record_does_not_show_in_another() -> None:
    first, second = record_of(FULL), record_of(evolve(FULL, event_id="evt_other"))
    first.attributes[0].value.string_value = "changed"

    assert second.attributes[0].value.string_value == FULL.phase
    assert record_of(FULL).attributes[0].value.string_value == FULL.phase


def test_events_of_two_projects_have_traces_of_their_own() -> None:
    other = evolve(FULL, project="other")

    assert trace_id_of(FULL) != trace_id_of(other)
    assert root_id_of(FULL) != root_id_of(other)
    assert trace_id_of(FULL)[:8] != root_id_of(FULL)
