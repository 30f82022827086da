"""Let events go through the runtime, and wait for what becomes of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from attrs import frozen

from orgloop.cli.control import Control, named, require
from orgloop.cli.failing import CommandFailed, Exit, NothingRuns
from orgloop.cli.invocation import Invocation
from orgloop.cli.trying.events import Document, numbered
from orgloop.config.files import project_file, read_document
from orgloop.config.nodes import Scalar
from orgloop.config.problems import Findings, ProjectInvalid
from orgloop.config.salvage import node_at
from orgloop.daemon.flags import Flags
from orgloop.event import EventDraft

# What waits for a person or for somebody to ask for it does not go on by itself.
_AT_REST = frozenset({"held", "inbox"})
_BAD_REQUEST = 400
_FAILED = frozenset({"dead", "rejected"})
_FIRST_LOOK_SECONDS, _LONGEST_PAUSE_SECONDS = 0.02, 0.5


@frozen
class Way:
    """How far an event has come: the body of ``GET /api/events/<id>``."""

    event_id: str
    trace: dict[str, Any]

    @property
    def has_ended(self) -> bool:
        """Whether nothing more happens by itself."""
        if self.trace.get("state") == "accepted":
            return False
        return all(row.get("settled_at") or row.get("state") in _AT_REST for row in self._rows)

    @property
    def has_failed(self) -> bool:
        """Whether a delivery became a dead letter."""
        return any(row.get("state") in _FAILED for row in self._rows)

    @property
    def _rows(self) -> list[dict[str, Any]]:
        return self.trace.get("deliveries") or []


def runtime_of(invocation: Invocation) -> tuple[Control, str | None] | None:
    """Return the runtime of the home, and the name of the project here; `None` if nothing runs.

    Raises `CommandFailed` if the runtime does not have the project here: an event that is meant
    for one must not wake the actors of another.
    """
    try:
        control = Control.find(invocation.home)
    except NothingRuns:
        return None
    here = _project_here(invocation)
    running = [str(one["name"]) for one in require(control.get("/control/module/list"))["modules"]]
    if here is not None and here not in running:
        raise CommandFailed(
            f"the project here is {here}, and the runtime has {', '.join(running) or 'none'}",
            hint="try it here on the spot with --dry-run, or name the project that runs with -c",
        )
    return control, here


def _project_here(invocation: Invocation) -> str | None:
    """Return the name of the project of ``-c`` or of this directory, if there is one."""
    flags = Flags(project=invocation.config)
    try:
        file = project_file(flags.project_file(invocation.environ))
    except ProjectInvalid:
        return None
    top = read_document(file, Findings(), kind="Project")
    name = None if top is None else node_at(top, "metadata", "name")
    written = name.value if isinstance(name, Scalar) else None
    return written if isinstance(written, str) and "${" not in written else None


def send(
    control: Control,
    documents: Sequence[Document],
    project: str | None,
    say: Callable[[str], None],
) -> Iterator[str]:
    """Hand events to the runtime; yield the id of each as soon as it is kept.

    ``project`` is for those that do not name one. ``say`` is told of those that were there before.
    Raises `InvalidEvent` before any is handed over, and `CommandFailed` for what the runtime does
    not take.
    """
    for place, document in enumerate(documents, start=1):
        with numbered(place, len(documents)):
            EventDraft.from_json(document, platform="")
    for place, document in enumerate(documents, start=1):
        answer = control.post("/api/events", {"project": project, **document})
        if not answer.is_success:
            message, hint = answer.complaint()
            kept = "" if place == 1 else f" (those before number {place} were kept)"
            code = Exit.USAGE if answer.status == _BAD_REQUEST else Exit.FAILED
            raise CommandFailed(f"{message}{kept}", hint=hint, code=code)
        event_id = str(answer.document["event_id"])
        if answer.document.get("duplicate"):
            say(f"{event_id} was known already: this is what became of it then")
        yield event_id


def follow(control: Control, event_id: str, until: float) -> Way:
    """Return an event's way once it has ended, or as it is at ``until`` (by `time.monotonic`)."""
    pause = _FIRST_LOOK_SECONDS
    while True:
        way = Way(event_id, require(control.get(f"/api/events/{named(event_id)}")))
        if way.has_ended or time.monotonic() >= until:
            return way
        time.sleep(min(pause, max(0.0, until - time.monotonic())))
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
