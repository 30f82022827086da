"""``orgloop trace``: show one event's whole way, from its causes to its effects."""

from __future__ import annotations

import time
from urllib.parse import quote

import click

from orgloop.cli.books import Books
from orgloop.cli.completing import EVENTS
from orgloop.cli.control import Answer, require
from orgloop.cli.failing import CommandFailed
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json
from orgloop.cli.tracing.advice import advice
from orgloop.cli.tracing.shown import trace_in_short, trace_text

_NOT_FOUND = 404
_SHORTEST = 8  # of the beginning of an id


@click.command("trace")
@global_options
@click.argument("event", shell_complete=EVENTS)
@click.pass_obj
def command(invocation: Invocation, event: str) -> None:
    """Show what happened to EVENT, and why.

    Its causes; the routes that wanted it, and of the others the nearest, with the field on which
    they failed; what each transform said and changed; every attempt and its answer; its effects.
    EVENT may be the beginning of an id, of eight characters or more. -v shows the event itself and
    leaves nothing out, -q shows only ids and states.
    """
    answer = Books.find(invocation).get(f"/api/events/{quote(event, safe='', errors='replace')}")
    if answer.status == _NOT_FOUND:
        raise _not_found(event, answer)
    trace = require(answer)
    if invocation.json:
        show_json(trace)
    elif invocation.quiet:
        show(trace_in_short(trace))
    else:
        show(trace_text(trace, time.time(), details=invocation.verbose))
        if told := advice(trace):
            invocation.say(told)


def _not_found(event: str, answer: Answer) -> CommandFailed:
    """Say that no event is meant by that, or that several are."""
    message, hint = answer.complaint()
    if hint.startswith("such as "):
        return CommandFailed(f"{event!r}: {message}", hint=hint)
    advice = "what is settled goes after defaults.event_retention; see what is held with:"
    if len(event) < _SHORTEST:
        advice = "the beginning of an id has eight characters or more; see what is held with:"
    return CommandFailed(f"no event {event!r} is held", hint=f"{advice} orgloop events")
