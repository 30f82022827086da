"""What an agent's call of the hook means, and what is made of what the agent says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time

import pytest

from orgloop.cli.handin.asked import asked_by
from orgloop.cli.handin.body import body_of
from orgloop.cli.handin.runtime import NotTaken, hand_over
from orgloop.cli.handin.taking import MOST_BYTES, NothingToTake, take
from orgloop.event import normal_timestamp


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("hook claude-code", ("claude-code", "claude-code", None, None)),
        ("hook claude-code-stop", ("claude-code-stop", "claude-code", None, None)),
        ("hook claude-code-start --source cc", ("claude-code-start", "cc", None, None)),
        ("--home /h -q hook codex --port=4801", ("codex", "codex", "/h", "4801")),
        ("-c /p hook x --config y --json -v", ("x", "x", None, None)),
        ("hook x --what-is-this -y", ("x", "x", None, None)),
        ("hook x --source", ("x", "x", None, None)),
    ],
)
def test_a_call_names_a_source_and_where_the_runtime_is(
    line: str, expected: tuple[str | None, ...]
) -> None:
    asked = asked_by(line.split())

    assert asked is not None
    assert (asked.name, asked.source, asked.home, asked.port) == expected
    assert asked.body is None


@pytest.mark.parametrize(
    "line",
    ["", "hook", "hook --help", "hook install codex", "hook x -h", "emit hook x", "--what hook x"],
)
def test_other_commands_are_not_the_hooks(line: str) -> None:
    assert asked_by(line.split()) is None


def test_what_happened_may_be_the_last_argument() -> None:
    asked = asked_by(["hook", "codex", '{"type": "agent-turn-complete"}'])

    assert asked is not None
    assert asked.body == b'{"type": "agent-turn-complete"}'


def test_what_was_said_gets_a_name_and_a_time_of_its_own() -> None:
    body = body_of(b'{"session_id": "s"}', None)
    again = body_of(b'{"session_id": "s"}', None)

    assert body["session_id"] == "s"
    assert body["delivery_id"] != again["delivery_id"]
    assert normal_timestamp(str(body["timestamp"])) == body["timestamp"]
    assert "hook_type" not in body


def test_what_has_a_name_and_a_time_keeps_them() -> None:
    said = {"session_id": "s", "delivery_id": "d", "timestamp": "2026-01-31T08:15:00Z"}

    assert body_of(json.dumps(said).encode(), None) == said


def test_a_name_speaks_for_an_agent_that_does_not_say_the_moment() -> None:
    assert body_of(b"{}", "start")["hook_type"] == "start"
    assert body_of(b'{"hook_type": "stop"}', "start")["hook_type"] == "stop"
    assert "hook_type" not in body_of(b'{"hook_event_name": "Stop"}', "start")


def test_nothing_that_a_strict_reader_refuses_costs_an_event() -> None:
    body = body_of(
        b'\xef\xbb\xbf{"a": "\\ud83d", "b": NaN, "i": -1e999, "c": "\xff", "d": "\\ud83d\\ude00"}',
        None,
    )

    assert body["a"] == "\N{REPLACEMENT CHARACTER}"
    assert (body["b"], body["i"]) == (None, None)
    assert body["c"] == "\N{REPLACEMENT CHARACTER}"
    assert body["d"] == "\N{GRINNING FACE}"


@pytest.mark.parametrize("said", [b"", b"garbage", b"[]", b'"x"', b"{", b"[" * 100_000])
def test_what_is_no_json_object_is_not_handed_over(said: bytes) -> None:
    with pytest.raises(NothingToTake):
        body_of(said, None)


def test_reading_ends_with_the_end_or_with_the_time() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"abc")

    assert take(reading, time.monotonic()) == b""
    os.close(writing)
    assert take(reading, time.monotonic() + 60) == b"abc"
    os.close(reading)


def test_what_is_left_of_too_much_is_read_all_the_same() -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(b"x" * (MOST_BYTES + 1_000_000))

    agent = threading.Thread(target=write)
    agent.start()
    with pytest.raises(NothingToTake, match="more than"):
        take(reading, time.monotonic() + 60)
    agent.join()

    assert os.read(reading, 1) == b""
    os.close(reading)


def test_a_closed_input_says_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)

    with pytest.raises(NothingToTake, match="cannot be read"):
        take(reading, time.monotonic() + 60)


def test_nothing_is_sent_where_nobody_holds_the_home(tmp_path) -> None:
    deadline = time.monotonic() + 60
    with pytest.raises(NotTaken, match="no runtime has run"):
        hand_over(str(tmp_path), "s", b"{}", None, deadline, None)
    (tmp_path / "orgloop.lock").write_text("{}")
    with pytest.raises(NotTaken, match="no runtime is running"):
        hand_over(str(tmp_path), "s", b"{}", None, deadline, None)
    (tmp_path / "control.token").write_text("../no token\r\n")
    with pytest.raises(NotTaken, match="no token"):
        hand_over(str(tmp_path), "s", b"{}", None, deadline, "1")
    with pytest.raises(NotTaken, match="no port"):
        hand_over(str(tmp_path), "s", b"{}", None, deadline, "http")


@pytest.mark.timeout(10)
def test_a_fifo_in_place_of_the_lock_holds_no_agent_up(tmp_path) -> None:
    os.mkfifo(tmp_path / "orgloop.lock")

    with pytest.raises(NotTaken, match="no runtime is running"):
        hand_over(str(tmp_path), "s", b"{}", None, time.monotonic() + 60, None)


def test_the_way_of_a_hook_imports_next_to_nothing() -> None:
    program = (
        "import sys; import orgloop.cli.entry, orgloop.cli.handin.run;"
        "print(sorted({'click', 'attr', 'attrs', 'twisted', 'orjson', 'http', 'ssl', 'email',"
        " 'urllib', 'pathlib', 'tempfile', 'subprocess'} & sys.modules.keys()))"
    )

    loaded = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert loaded.stdout.strip() == "[]"
