"""``orgloop checkpoint``: where the polling of a source goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import click

from orgloop.cli.cells import table_of
from orgloop.cli.completing import names_of
from orgloop.cli.control import Control, named, require
from orgloop.cli.failing import CommandFailed, NothingRuns
from orgloop.cli.filters import PROJECT
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import one_line, show, show_json

_COLUMNS = {
    "source": "source",
    "project": "project",
    "updated": "updated_at",
    "checkpoint": "checkpoint",
}
_NOT_FOUND = 404
Row = dict[str, Any]


@click.group("checkpoint")
@global_options
def command() -> None:
    """Look at checkpoints, and set them: also while the source is being polled."""


@command.command("list")
@global_options
@PROJECT
@click.pass_obj
def list_(invocation: Invocation, project: str | None) -> None:
    """List the checkpoints that are kept."""
    with _checkpoints(invocation, project) as checkpoints:
        rows = checkpoints.rows()
    if invocation.json:
        show_json(rows)
    elif not rows:
        invocation.say("no checkpoints")
    else:
        show(table_of(rows, _COLUMNS))


@command.command("show")
@global_options
@click.argument("source", shell_complete=names_of("source"))
@PROJECT
@click.pass_obj
def show_(invocation: Invocation, source: str, project: str | None) -> None:
    """Print the checkpoint of SOURCE."""
    with _checkpoints(invocation, project) as checkpoints:
        found = [row for row in checkpoints.rows() if row["source"] == source]
    if not found:
        raise CommandFailed(
            f"source {source!r} has no checkpoint",
            hint="see which have one, with: orgloop checkpoint list",
        )
    if len(found) > 1:
        names = ", ".join(str(row["project"]) for row in found)
        raise CommandFailed(
            f"source {source!r} is there in more than one project ({names})",
            hint="add --project with the name of one of them",
        )
    if invocation.json:
        show_json(found[0])
    else:
        show(str(found[0]["checkpoint"]))


@command.command("set")
@global_options
@click.argument("source", shell_complete=names_of("source"))
@click.argument("checkpoint")
@PROJECT
@click.pass_obj
def set_(invocation: Invocation, source: str, checkpoint: str, project: str | None) -> None:
    """Let SOURCE go on from CHECKPOINT, which is what the source itself writes there."""
    with _checkpoints(invocation, project) as checkpoints:
        row = checkpoints.put(source, checkpoint)
    if invocation.json:
        show_json(row)
    else:
        show(f"{one_line(source)} goes on from {one_line(checkpoint)}")


@command.command("reset")
@global_options
@click.argument("source", shell_complete=names_of("source"))
@PROJECT
@click.pass_obj
def reset(invocation: Invocation, source: str, project: str | None) -> None:
    """Let SOURCE start over, as if it had never been polled."""
    with _checkpoints(invocation, project) as checkpoints:
        existed = checkpoints.remove(source)
    if invocation.json:
        show_json({"source": source, "existed": existed})
    else:
        was = "" if existed else " (it had no checkpoint)"
        show(f"{one_line(source)} starts over{was}")


class _Checkpoints(Protocol):
    """Checkpoints, wherever they can be reached."""

    def rows(self) -> list[Row]:
        """Return all of them."""

    def put(self, source: str, checkpoint: str) -> Row:
        """Set one, and return it."""

    def remove(self, source: str) -> bool:
        """Reset one, and say whether it was there."""


@contextmanager
def _checkpoints(invocation: Invocation, project: str | None) -> Iterator[_Checkpoints]:
    """Reach them through the runtime if one runs, else in the files, with the home's lock held."""
    try:
        control = Control.find(invocation.home)
    except NothingRuns:
        pass
    else:
        yield _OfRuntime(control, project)
        return
    from orgloop.cli.checkpoint_files import CheckpointFiles
    from orgloop.cli.held_home import held_home

    files = CheckpointFiles.of(invocation, project, lambda: round(time.time() * 1000))
    with held_home(invocation.home):
        yield files


class _OfRuntime:
    def __init__(self, control: Control, project: str | None) -> None:
        self._control = control
        self._project = project

    def rows(self) -> list[Row]:
        rows: list[Row] = require(self._control.get("/api/checkpoints", project=self._project))
        return rows

    def put(self, source: str, checkpoint: str) -> Row:
        document = {"checkpoint": checkpoint, "project": self._project}
        return self._done("PUT", source, document)

    def remove(self, source: str) -> bool:
        return bool(self._done("DELETE", source, {"project": self._project})["existed"])

    def _done(self, method: str, source: str, document: Row) -> Row:
        answer = self._control.send(method, f"/api/checkpoints/{named(source)}", document)
        if answer.status == _NOT_FOUND:
            raise CommandFailed(
                f"there is no source {source!r}", hint="see which there are, with: orgloop status"
            )
        row: Row = require(answer)
        return row
