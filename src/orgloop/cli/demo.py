"""``orgloop demo``: a project of its own, a real runtime, events that flow, a loop that closes."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from orgloop.cli.control import Control, require
from orgloop.cli.failing import CommandFailed, NothingRuns
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.look import time_of_day
from orgloop.cli.output import one_line, show_json, show_prose
from orgloop.daemon.launch import module_command

T = TypeVar("T")

_PROJECT = Path(__file__).with_name("demo_project")
_TICKETS: tuple[dict[str, Any], ...] = (
    {"type": "ticket.opened", "ticket": 7, "author": "ada", "text": "The printer is on fire."},
    {"type": "ticket.opened", "ticket": 8, "author": "bot", "text": "I am a bot."},
)
_LIMIT_SECONDS = 13.0
_PAUSE_SECONDS = 0.05
_NEXT = """
Try next:
  orgloop init --name NAME    writes a project of your own
  orgloop validate -c PATH    checks it
  orgloop start -c PATH       runs it
  orgloop ui                  shows in a browser what runs
  orgloop trace EVENT         shows what became of an event
The smallest project stands in the README, more in docs/examples and in orgloop init --help."""


@click.command("demo")
@global_options
@click.pass_obj
def command(invocation: Invocation) -> None:
    """Start a demo project in a temporary home, send it events, and show them flow.

    Needs no account and no network, changes nothing outside its temporary directory, and ends by
    itself.
    """
    deadline = time.monotonic() + _LIMIT_SECONDS
    tell = _silent if invocation.json else show_prose
    with tempfile.TemporaryDirectory(prefix="orgloop-demo-") as directory:
        place = _Place(Path(directory), invocation.environ, deadline)
        place.prepare()
        tell(f"Starting a runtime in {place.root}")
        with place.runtime() as control:
            tell(f"It listens on {control.url}, on this machine only.")
            answers = [_send(control, ticket, tell) for ticket in _TICKETS]
            stopped = _follow(control, place, str(answers[0]["event_id"]), tell)
            _follow(control, place, str(answers[1]["event_id"]), tell, expects_effect=False)
        delivered = place.delivered(stopped)
    if invocation.json:
        show_json(delivered)
        return
    show_prose("\nThe loop closed. This is what the last actor was given:\n")
    show_json(delivered)
    show_prose(_NEXT)


class _Place:
    """The temporary directory: the project and the home of the demo."""

    def __init__(self, root: Path, environ: Mapping[str, str], deadline: float) -> None:
        self.root = root
        self._project, self._home, self._log = root / "project", root / "home", root / "output"
        self._deadline = deadline
        self._environ = {
            name: value for name, value in environ.items() if not name.startswith("ORGLOOP_")
        }

    def prepare(self) -> None:
        shutil.copytree(_PROJECT, self._project)

    @contextmanager
    def runtime(self) -> Iterator[Control]:
        """Run the project in a process of its own; end it gracefully afterwards."""
        arguments = ["start", "-c", str(self._project), "--home", str(self._home), "--port", "0"]
        with (
            self._log.open("wb") as output,
            subprocess.Popen(
                [*module_command("orgloop"), *arguments],
                env=self._environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            ) as process,
        ):
            try:
                yield self.until(lambda: self._ready(process), "the runtime to be ready")
            finally:
                process.terminate()
                try:
                    process.wait(max(1.0, self._deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()

    def _ready(self, process: subprocess.Popen[bytes]) -> Control | None:
        if process.poll() is not None:
            raise CommandFailed(f"the demo's runtime ended: {self._tail()}")
        try:
            control = Control.find(self._home, timeout_seconds=1.0)
            return control if control.get("/health/ready").is_success else None
        except (NothingRuns, CommandFailed):
            return None

    def until(self, found: Callable[[], T | None], awaited: str) -> T:
        """Ask again and again until there is an answer."""
        while time.monotonic() < self._deadline:
            answer = found()
            if answer is not None:
                return answer
            time.sleep(_PAUSE_SECONDS)
        raise CommandFailed(f"the demo waited too long for {awaited}: {self._tail()}")

    def delivered(self, event_id: str) -> dict[str, Any]:
        """Return the document that the notebook was given with this event."""
        for line in (self._project / "notebook.jsonl").read_text("utf-8").splitlines():
            document: dict[str, Any] = json.loads(line) if line else {}
            if document.get("event", {}).get("id") == event_id:
                return document
        raise CommandFailed(f"the notebook was not given {event_id}: {self._tail()}")

    def _tail(self) -> str:
        return self._log.read_text("utf-8", "replace")[-2000:] if self._log.exists() else ""


def _send(control: Control, ticket: dict[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    tell(f"\nPOST /webhook/desk  {json.dumps(ticket)}")
    answer: dict[str, Any] = require(control.post("/webhook/desk", ticket))
    tell(f"  kept on disk as {one_line(answer['event_id'])}")
    return answer


def _follow(
    control: Control,
    place: _Place,
    event_id: str,
    tell: Callable[[str], None],
    *,
    expects_effect: bool = True,
) -> str:
    """Show an event's way until it is settled, and that of the last event it gave rise to.

    Returns the id of the last event of the chain.
    """

    def settled() -> dict[str, Any] | None:
        trace: dict[str, Any] = require(control.get(f"/api/events/{event_id}"))
        is_complete = trace["state"] in ("settled", "unmatched")
        return trace if is_complete and (trace["effects"] or not expects_effect) else None

    trace = place.until(settled, f"{event_id} to be settled")
    tell(f"\n{one_line(trace['source'])}: {one_line(trace['type'])}  {event_id}")
    for phase in trace["phases"]:
        tell(f"  {time_of_day(phase['timestamp'])}  {phase['phase']:<16} {_where(phase)}")
    if not trace["effects"]:
        return event_id
    tell("  it gave rise to an event of its own:")
    effect = str(trace["effects"][-1]["event_id"])
    return _follow(control, place, effect, tell, expects_effect=False)


def _where(phase: dict[str, Any]) -> str:
    if phase["phase"] == "route.match":
        return f"{one_line(phase['route'])} -> {one_line(phase['actor'])}"
    return one_line(phase.get("transform") or phase.get("actor") or phase.get("source"))


def _silent(text: str) -> None:
    """Show nothing: with --json only the delivered event is data."""
