"""``orgloop inbox``: what waits for a session, and how an agent takes it."""

from __future__ import annotations

import json
from typing import Any

import click

from orgloop.cli.cells import moment, table_of
from orgloop.cli.control import Control, require
from orgloop.cli.filters import PROJECT
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import one_line, show, show_json

_COLUMNS = {
    "session": "sessionKey",
    "pending": "pending",
    "handed out": "leased",
    "oldest": "oldest_event_at",
    "route": "route",
    "actor": "actor",
    "project": "project",
}
_FORMAT = click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text", help="How to answer."
)


@click.group("inbox")
@global_options
def command() -> None:
    """Look into the inboxes of sessions, and take out what is there."""


@command.command("list")
@global_options
@PROJECT
@_FORMAT
@click.pass_obj
def list_(invocation: Invocation, project: str | None, form: str) -> None:
    """List the inboxes that hold something."""
    answer = require(Control.find(invocation.home).get("/api/inbox/list", project=project))
    if invocation.json or form == "json":
        show_json(answer)
        return
    sessions = answer["sessions"]
    if not sessions:
        invocation.say("every inbox is empty")
        return
    show(table_of(sessions, _COLUMNS))


@command.command("status")
@global_options
@click.option("--key", metavar="KEY", help="Only this session's inbox.")
@PROJECT
@_FORMAT
@click.pass_obj
def status(invocation: Invocation, key: str | None, project: str | None, form: str) -> None:
    """Say how much waits in one inbox, or in all together."""
    control = Control.find(invocation.home)
    answer = require(control.get("/api/inbox/status", session_key=key, project=project))
    if invocation.json or form == "json":
        show_json(answer)
        return
    show(f"{answer['pending']} pending, {answer['leased']} handed out")
    if answer["oldest_event_at"]:
        show(f"oldest: {moment(answer['oldest_event_at'])}")


@command.command("drain")
@global_options
@click.option("--key", required=True, metavar="KEY", help="The session whose inbox it is.")
@click.option("--limit", type=click.IntRange(1, 1000), help="At most so many events.")
@click.option("--ack", is_flag=True, help="Settle what was handed out; hand out nothing new.")
@click.option("--continuation", metavar="LEASE", help="With --ack: only if it is this lease.")
@PROJECT
@_FORMAT
@click.pass_obj
def drain(
    invocation: Invocation,
    key: str,
    limit: int | None,
    continuation: str | None,
    project: str | None,
    form: str,
    *,
    ack: bool,
) -> None:
    """Take the next events out of a session's inbox, under a lease of ten minutes.

    The next drain of the same session settles them, and so does --ack; a lease that ends puts them
    back. With --format json: {events, remaining, continuation}.
    """
    if continuation is not None and not ack:
        raise click.UsageError("--continuation goes with --ack")
    control = Control.find(invocation.home)
    if ack:
        answer = _acknowledged(control, key, continuation, project)
    else:
        answer = require(
            control.get("/api/inbox/drain", session_key=key, limit=limit, project=project)
        )
    if invocation.json or form == "json":
        show_json(answer)
    elif ack:
        show(f"{answer['settled']} settled, {answer['remaining']} pending")
    else:
        _show_events(invocation, answer)


def _acknowledged(
    control: Control, key: str, continuation: str | None, project: str | None
) -> dict[str, Any]:
    document = {"session_key": key, "continuation": continuation, "project": project}
    settled = require(control.post("/api/inbox/ack", document))["settled"]
    left = require(control.get("/api/inbox/status", session_key=key, project=project))
    return {"events": [], "remaining": left["pending"], "continuation": None, "settled": settled}


def _show_events(invocation: Invocation, answer: dict[str, Any]) -> None:
    for event in answer["events"]:
        show(f"{one_line(event.get('id'))}  {one_line(event.get('type'))}")
        show(json.dumps(event.get("payload"), indent=2, ensure_ascii=False))
    settled, count = answer["settled"], len(answer["events"])
    before = f"{settled} settled; " if settled else ""
    handed = f"{count} handed out for ten minutes" if count else "nothing to hand out"
    invocation.say(f"{before}{handed}, {answer['remaining']} remain")
