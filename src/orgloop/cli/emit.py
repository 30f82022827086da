"""``orgloop emit``: send an event to the runtime, from a shell or from an agent at work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import click
import orjson

from orgloop.cli.completing import names_of
from orgloop.cli.control import Control, require
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json


@click.command("emit")
@global_options
@click.option(
    "--source",
    shell_complete=names_of("source"),
    metavar="ID",
    help="The source the event is from.",
)
@click.option("--type", "event_type", metavar="TYPE", help="Such as resource.changed.")
@click.option("--payload", metavar="JSON", help="The payload, a JSON object.")
@click.option("--platform-event", metavar="NAME", help="provenance.platform_event.")
@click.argument("file", type=click.File("rb"), required=False)
@click.pass_obj
def command(
    invocation: Invocation,
    source: str | None,
    event_type: str | None,
    payload: str | None,
    platform_event: str | None,
    file: IO[bytes] | None,
) -> None:
    """Send an event: described by options, or as JSON in FILE (- is standard input).

    Inside a command that OrgLoop started, the event continues the chain it belongs to.
    """
    document = _from_file(file) if file is not None else {}
    document |= _given(source, event_type, payload)
    if platform_event is not None:
        document["provenance"] = {
            **_object(document.get("provenance")),
            "platform_event": platform_event,
        }
    missing = [f"--{name}" for name in ("source", "type") if not document.get(name)]
    if missing:
        raise click.UsageError(f"an event needs {' and '.join(missing)}")
    control = Control.find(invocation.home)
    answer = require(control.post("/api/events", document, _trace(invocation.environ)))
    if invocation.json:
        show_json(answer)
    else:
        event_id = str(answer.get("event_id") or answer.get("id"))
        show(event_id)
        invocation.suggest(f"what becomes of it: orgloop trace {event_id}")


def _given(source: str | None, event_type: str | None, payload: str | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if source is not None:
        given["source"] = source
    if event_type is not None:
        given["type"] = event_type
    if payload is not None:
        given["payload"] = _parsed(payload, "--payload")
    return given


def _from_file(file: IO[bytes]) -> dict[str, Any]:
    return _parsed(file.read(), "the event")


def _parsed(text: str | bytes, what: str) -> dict[str, Any]:
    try:
        document = orjson.loads(text)  # as the runtime does: its complaints would be of more text
    except orjson.JSONDecodeError as error:
        raise CommandFailed(
            f"{what} is not JSON: {error}", hint="quote it for the shell: '{…}'", code=Exit.USAGE
        ) from error
    if not isinstance(document, dict):
        raise CommandFailed(
            f"{what} is JSON but no object", hint='write {"name": …}', code=Exit.USAGE
        )
    return document


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _trace(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the header that continues the chain, inside a command that a delivery started."""
    trace, event = environ.get("ORGLOOP_TRACE_ID"), environ.get("ORGLOOP_EVENT_ID")
    return {"X-OrgLoop-Trace": f"{trace};{event}"} if trace and event else {}
