"""Which log entries are shown, each of them once, and how they look."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orgloop.cli.entries.books import entries_of
from orgloop.cli.entries.doubles import Doubles
from orgloop.cli.entries.line import Lines
from orgloop.cli.entries.telling import Telling
from orgloop.cli.entries.wanted import Wanted
from orgloop.cli.failing import Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.look import columns_of
from orgloop.cli.main import orgloop
from orgloop.delivery import DeliveryState
from orgloop.identity import derived_event_id
from orgloop.storage.home import Home
from orgloop.storage.snapshot import write_snapshot
from support.filled import Past
from support.http_fakes import record, row


def entry(second: int = 0, **fields: Any) -> dict[str, Any]:
    at = f"2026-01-31T08:15:{second:02d}.250Z"
    return {"timestamp": at, "phase": "route.match", "event_id": "evt_1", "route": "r", **fields}


def test_what_is_asked_for_has_one_value_of_each_parameter() -> None:
    wanted = Wanted.of(actor="a, b", phase="route.match", source=None)

    assert wanted(entry(target="b"))
    assert not wanted(entry(target="c"))
    assert not wanted(entry())
    assert wanted.query() == {"actor": "a,b", "phase": "route.match"}
    assert Wanted.of(route=None)({})


def test_what_the_books_told_is_not_shown_again_when_it_comes_live() -> None:
    doubles = Doubles()
    doubles.new_in_books([entry(1), entry(1, event_id="evt_2")])

    assert not doubles.is_new(entry(3))
    assert doubles.is_new(entry(3))  # it happened twice
    assert doubles.is_new(entry(50, event_id="evt_2"))  # much later: another


def test_what_came_live_is_left_out_of_the_next_reading_of_the_books() -> None:
    doubles = Doubles()
    doubles.new_in_books([entry(1)])
    assert doubles.is_new(entry(20))

    again = doubles.new_in_books([entry(1), entry(20), entry(21)])

    assert again == [entry(21)]
    assert not doubles.is_new(entry(21))


def test_a_line_tells_the_day_once_and_is_harmless() -> None:
    lines = Lines(details=True)

    first = lines.text(entry(1, error="\x1b[2J\n", metadata={"reason": "\u202e"}))
    second = lines.text(entry(2, duration_ms=12.3456, transform="two words"))

    assert first.startswith("── 2026-01-31\n")
    assert r"error=\x1b[2J\n" in first
    assert r"\u202e" in first
    assert "\n" not in second
    assert second.endswith("""route=r transform="two words" 12 ms evt_1""")


def test_on_a_narrow_terminal_no_word_is_torn_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orgloop.cli.entries.line.width", lambda: 50)
    event = "evt_01a205a0203c815ddf7022b50526b260"

    written = Lines(details=False).text(entry(event_id=event, source="desk", event_type="t" * 20))

    assert all(columns_of(line) <= 50 for line in written.splitlines())
    assert any(line.strip().endswith(event) for line in written.splitlines())


def test_a_reason_of_any_length_does_not_flood_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    long = entry(error="e" * 5_000_000, metadata={"m": "m" * 5_000_000})

    whole = Lines(details=True).text(long)
    monkeypatch.setattr("orgloop.cli.entries.line.width", lambda: 80)

    assert len(whole) > 10_000_000, "in a file nothing is cut"
    assert len(Lines(details=True).text(long)) < 5_000


@pytest.mark.parametrize(
    ("phase", "complaint"), [("deliverd", "'deliverd' is no phase"), ("deliver.x", "no phase")]
)
def test_a_phase_that_there_is_not_is_refused(phase: str, complaint: str) -> None:
    result = CliRunner().invoke(orgloop, ["logs", "--phase", phase], obj=Invocation({}))

    assert result.exit_code == Exit.USAGE
    assert complaint in result.stderr


@pytest.mark.parametrize("flags", [(), ("--no-follow",)])
def test_a_home_without_books_and_runtime_is_told(tmp_path: Path, flags: tuple[str, ...]) -> None:
    result = logs("--home", str(tmp_path), *flags)

    assert (result.exit_code, result.stdout) == (Exit.NOTHING_RUNS, "")
    assert f"nothing is running on {tmp_path}" in result.stderr


def logs(*arguments: str) -> Result:
    return CliRunner().invoke(orgloop, ["logs", *arguments], obj=Invocation({}))


@pytest.fixture
def past(tmp_path: Path) -> Home:
    """A home in which three events of the project shop were delivered."""
    home = Home(tmp_path)
    Past(
        project="shop", source="door", route="all", actor="desk", count=3, state="delivered"
    ).write(home)
    parts = {"sources": {"door": {}}, "actors": {"desk": {}}, "routes": {"all": {}}}
    write_snapshot(home.state, {"written_at": "", "projects": [{"name": "shop", **parts}]})
    return home


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--source", "dor"), "shop has no source or actor 'dor': did you mean 'door'?"),
        (("--route", "all,al"), "shop has no route 'al': did you mean 'all'?"),
        (("--actor", "zzz"), "shop has no actor 'zzz'\n"),
        (("--project", "ship"), "no project 'ship' runs, or ran last: did you mean 'shop'?"),
    ],
)
def test_where_nothing_is_found_a_name_that_nothing_has_is_told(
    past: Home, flags: tuple[str, ...], told: str
) -> None:
    found = logs("--home", str(past.root), "--no-follow", "--phase", "transform", *flags)
    known = logs("--home", str(past.root), "--no-follow", "--source", "door,desk")

    assert (found.exit_code, found.stdout) == (Exit.SUCCESS, "")
    assert f"no entries in the books of {past.root}" in found.stderr
    assert told in found.stderr
    assert known.stdout
    assert "did you mean" not in known.stderr


def test_a_result_that_there_is_not_is_refused() -> None:
    result = logs("--result", "delivred")

    assert result.exit_code == Exit.USAGE
    assert "'delivred' is none of delivered, accepted" in result.stderr


def test_the_last_entries_are_found_also_where_they_are_about_an_old_event(past: Home) -> None:
    many = Past(
        project="shop", source="door", route="all", actor="desk", count=700, state="delivered"
    )
    home = Home(past.root / "many")
    many.write(home)
    with sqlite3.connect(home.queue("shop")) as queue:
        queue.execute("UPDATE attempts SET ended_at = ended_at + 9000000000 WHERE row = 1")
        queue.execute("UPDATE deliveries SET settled_at = settled_at + 9000000000 WHERE row = 1")
    queue.close()
    oldest = derived_event_id("shop", "door", "webhook", "past-1")

    told = logs("--home", str(home.root), "--no-follow", "-n", "1", "--json")

    assert json.loads(told.stdout)["event_id"] == oldest


def test_what_says_nothing_new_is_shown_only_at_length(capsys: pytest.CaptureFixture[str]) -> None:
    def shown(phase: str | None = None, **flags: bool) -> str:
        invocation = Invocation({"ORGLOOP_HOME": "/nowhere"})
        vars(invocation).update(flags)
        told = [entry(1), entry(2, phase="transform.start"), entry(3, phase="audit.record")]
        Telling(invocation, Wanted.of(phase=phase))._watched(iter(told), 0, 0)
        return capsys.readouterr().out

    assert "route.match" in shown()
    assert not {"transform.start", "audit.record"} & set(shown().split())
    assert "transform.start" in shown(verbose=True)
    assert "audit.record" in shown(phase="audit.record")
    assert "audit.record" in shown(json=True)


def test_what_was_kept_only_after_it_was_told_is_made_up_for(
    past: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(past.queue("shop"))) as queue:
        [newest] = queue.execute("SELECT max(settled_at) FROM deliveries").fetchone()
    invocation = Invocation({})
    invocation.home_option, invocation.json = str(past.root), True
    telling = Telling(invocation, Wanted.of())

    telling._watched(iter([None, None]), newest - 500, newest + 500)
    late = [json.loads(line)["phase"] for line in capsys.readouterr().out.splitlines()]
    telling._watched(iter([None]), newest - 500, newest + 500)

    assert late == ["source.emit", "route.match", "deliver.attempt", "deliver.success"]
    assert capsys.readouterr().out == "", "each of it once"


def test_an_entry_of_the_books_is_like_the_one_that_was_told_live() -> None:
    at = 1_769_846_400_000
    held = {"transform": "guard", "verdict": "hold", "duration_ms": 0.0, "detail": "suspect"}
    taken = {"attempt": 1, "started_at": at, "ended_at": at + 7, "outcome": "accepted"}
    rows = [row(1), row(1, id="dlv_1x0", state=DeliveryState.HELD, settled_at=None)]
    histories = {
        rows[0].id: {"steps": [], "attempts": [{**taken, "error": None}]},
        rows[1].id: {"steps": [held], "attempts": []},
    }

    told = {one["phase"]: one for one in entries_of(record(1), rows, histories)}

    success = told["deliver.success"]
    assert (success["result"], success["duration_ms"]) == ("accepted", 7)
    assert told["deliver.held"]["error"] == "suspect"
    assert not {"transform", "result", "duration_ms"} & told["deliver.held"].keys()


def test_what_lies_further_back_than_was_asked_for_is_not_shown_later() -> None:
    doubles = Doubles()
    doubles.new_in_books([entry(3)])
    doubles.pass_over([entry(1), entry(2)])

    assert doubles.new_in_books([entry(1), entry(2), entry(3), entry(4)]) == [entry(4)]


def test_a_search_goes_on_until_there_is_nothing_more(
    past: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orgloop.http.events._MOST_STRETCHES", 1)
    many = Home(past.root / "many")
    Past(
        project="shop", source="door", route="all", actor="desk", count=450, state="delivered"
    ).write(many)
    oldest = derived_event_id("shop", "door", "webhook", "past-1")

    def events(home: Home, *flags: str) -> Result:
        command = ["events", "--home", str(home.root), *flags]
        return CliRunner().invoke(orgloop, command, obj=Invocation({}))

    found = events(many, "--find", oldest.upper(), "-q")
    monkeypatch.setattr("orgloop.cli.events.watch", lambda invocation, look, is_watched: look())
    watched = events(many, "--find", oldest, "--watch")
    several = events(past, "--find", "number", "--limit", "2", "--json")
    nothing = events(past, "--source", "dor")

    assert found.stdout.split() == [oldest]
    assert (watched.stdout, "no events among the newest\n" in watched.stderr) == ("", True)
    assert len(json.loads(several.stdout)) == 2
    assert "did you mean 'door'?" in nothing.stderr
