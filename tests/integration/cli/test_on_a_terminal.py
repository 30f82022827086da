"""The command line in front of a person: a real pseudo-terminal, and what is to be seen on it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.process import RuntimeProcess
from support.screen import Screen

Run = Callable[..., subprocess.CompletedProcess[str]]
Open = Callable[..., Screen]
PARTS = """\
sources: [{id: desk, connector: webhook}]
actors:
  - id: picky
    connector: command
    config: {command: ["false"]}
    delivery: {retry: {max_attempts: 1}, circuit_breaker: {failure_threshold: 1000}}
routes:
  - {name: tickets, description: "\\e[2J", when: {source: desk}, then: {actor: picky}}
"""
HOSTILE = "\x1b[2J\x1b]0;owned\x07 \u202egpj.exe \x9b31m"
# What the command line itself writes: colours (SGR), and what redraws a screen.
OWN_SEQUENCES = re.compile(rb"\x1b\[(?:[0-9;]*m|H|K|J|2J)")


@pytest.fixture
def screen(project: Path, home: Path) -> Iterator[Open]:
    """Open a terminal with a command; what still runs is ended."""
    opened: list[Screen] = []

    def open_one(*arguments: str, columns: int = 80, rows: int = 40, **environ: str) -> Screen:
        known = {"ORGLOOP_HOME": str(home), **environ}
        opened.append(Screen(*arguments, environ=known, cwd=project, columns=columns, rows=rows))
        return opened[-1]

    yield open_one
    for one in opened:
        one.kill()


def is_harmless(written: bytes) -> bool:
    """Whether a terminal was told nothing but text, colours and the redrawing of a screen."""
    rest = OWN_SEQUENCES.sub(b"", written).replace(b"\r\n", b"\n").decode("utf-8")
    return all(letter == "\n" or letter.isprintable() for letter in rest)


def test_init_asks_and_ctrl_c_leaves_nothing_behind(screen: Open, project: Path) -> None:
    (project / "orgloop.yaml").unlink()
    asked = screen("init")
    asked.until_shown("Template [minimal]:")
    assert "github-to-slack" in asked.text
    asked.type("\n")
    asked.until_shown("Name [project]:")

    asked.type("\x03")

    assert asked.end() == 1
    assert list(project.iterdir()) == []
    question = next(place for place, line in enumerate(asked.lines) if line.startswith("Name ["))
    assert asked.lines[question + 1] == "orgloop: nothing was written"


def test_init_asks_again_and_no_word_is_torn_on_a_narrow_terminal(
    screen: Open, project: Path
) -> None:
    (project / "orgloop.yaml").unlink()
    asked = screen("init", columns=60, rows=100)
    for question, answers in (
        ("Template [minimal]:", ("nimal", "none")),
        ("Connectors, with commas between them:", ("github,slak", "slack , github")),
        ("Name [project]:", ("my shop", "shop")),
    ):
        for times, answer in enumerate(answers, 1):
            asked.until_shown(question, times)
            asked.type(f"{answer}\n")

    assert asked.end() == 0
    assert (project / "connectors" / "slack.yaml").exists()
    for told in ("'nimal'", "'slak'", "'my shop' cannot be"):
        assert told in asked.text
    whole = " ".join(asked.text.split())
    assert "one agent supervises the sessions of several coding agents" in whole
    assert "the project cannot start the repository to follow, as owner/name" in whole


def test_ctrl_c_ends_the_demo_and_leaves_nothing(screen: Open, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    demo = screen("demo", columns=60, TMPDIR=str(temporary))
    demo.until_shown("It listens on")

    demo.type("\x03")

    assert demo.end() == 1
    assert "\norgloop: interrupted" in demo.text
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("environ", "has_colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
    ids=["a terminal", "NO_COLOR", "NO_COLOR is empty", "a dumb terminal"],
)
def test_colours_are_for_terminals_that_want_them(
    environ: dict[str, str], has_colours: bool, screen: Open
) -> None:
    shown = screen("validate", **environ)

    assert shown.end() == 0
    assert "house is valid" in shown.text
    assert (b"\x1b[" in shown.written) == has_colours


@pytest.mark.parametrize("command", ["status", "queue", "events"])
def test_watching_waits_for_a_runtime_and_ends_with_ctrl_c(command: str, screen: Open) -> None:
    watching = screen(command, "--watch", columns=60, rows=10)
    watching.until_shown("start a runtime with: orgloop start")

    watching.type("\x03")

    assert watching.end() == 0
    assert watching.written.endswith(b"^C\r\n")  # what comes next begins a line


def test_what_strangers_send_is_shown_and_harmless(
    screen: Open, project: Path, runtime: RuntimeProcess, orgloop: Run, tmp_path: Path
) -> None:
    with (project / "orgloop.yaml").open("a", encoding="utf-8") as file:
        file.write(PARTS)
    runtime.start()
    ids: list[str] = []
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"deeper": deep}
    for rest in ("", "A" * 5_000_000):
        event = {
            "source": "desk",
            "type": "message.received",
            "provenance": {"platform": "desk", "platform_event": HOSTILE},
            "payload": {"text": HOSTILE + rest, "deep": deep},
        }
        (tmp_path / "event.json").write_text(json.dumps(event), "utf-8")
        done = orgloop("emit", str(tmp_path / "event.json"))
        assert done.returncode == 0, done.stderr
        ids.append(done.stdout.strip())
    while runtime.get("/api/status")["deliveries"]["dead"] != 2:
        pass
    [letter, _] = json.loads(orgloop("dlq", "list", "--json").stdout)
    known = {*ids, letter["id"], *json_ids(orgloop)}

    commands: tuple[tuple[str, ...], ...] = (
        ("dlq", "show", letter["id"]),
        ("dlq", "list"),
        ("trace", ids[1], "-v"),
        ("events",),
        ("logs", "--no-follow"),
        ("queue",),
        ("status",),
        ("routes", "-v"),
        ("inspect", "route", "tickets"),
    )
    opened = [screen(*command, columns=70, rows=60) for command in commands]
    for command, shown in zip(commands, opened, strict=True):
        assert shown.end() == 0, shown.text
        assert is_harmless(shown.written), command
        assert not is_harmless(shown.written + HOSTILE.encode())
        assert r"\x1b[0m" not in shown.text, command  # our own colours are colours
        assert len(shown.written) < 100_000, command
        # Wide enough for an id, so none is torn apart or cut.
        named = set(re.findall(r"(?:evt|dlv)_[0-9a-fx]*", shown.text))
        assert named <= known, command

    assert "orgloop dlq show ID" in opened[1].text
    asked = screen("dlq", "discard", "--all")
    asked.until_shown("Discard 2 dead letters? [y/N]:")
    asked.type("n\n")
    assert asked.end() == 1
    assert "nothing was changed" in asked.text


def json_ids(orgloop: Run) -> set[str]:
    """Return every id there is of events and deliveries."""
    events = orgloop("events", "--json", "--limit", "100").stdout
    letters = orgloop("dlq", "list", "--json").stdout
    return set(re.findall(r"(?:evt|dlv)_[0-9a-fx]*", events + letters))
