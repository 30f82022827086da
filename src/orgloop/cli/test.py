"""``orgloop test``: let an event go through the routes, and show what becomes of it."""

from __future__ import annotations

import time
from pathlib import Path

import click

from orgloop.cli.control import Control
from orgloop.cli.duration import DURATION
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json
from orgloop.cli.tab.paths import complete_files
from orgloop.cli.trying.completing import SAMPLES
from orgloop.cli.trying.events import Document, read_events
from orgloop.durations import Duration

_IN_A_RUNTIME = Duration(30_000)


@click.command("test")
@global_options
@click.option("--dry-run", is_flag=True, help="On the spot, also if a runtime runs.")
@click.option(
    "--generate",
    metavar="CONNECTOR[:KIND]",
    shell_complete=SAMPLES,
    help="An event like those of this connector, source or actor.",
)
@click.option(
    "--timeout",
    type=DURATION,
    help="How long it may take: an event on the spot (1m), all of them in a runtime (30s).",
)
@click.option(
    "--suite",
    "suites",
    metavar="FILES",
    shell_complete=complete_files,
    multiple=True,
    help="Run the tests in these files, directories or patterns.",
)
@click.option("-k", "keyword", metavar="TEXT", help="With --suite: tests whose names hold TEXT.")
@click.option(
    "--junit",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --suite: write JUnit XML.",
)
@click.argument("files", nargs=-1, metavar="[FILE]", shell_complete=complete_files)
@click.pass_context
def command(
    ctx: click.Context,
    dry_run: bool,
    generate: str | None,
    timeout: Duration | None,
    suites: tuple[str, ...],
    keyword: str | None,
    junit: Path | None,
    files: tuple[str, ...],
) -> None:
    """Try the event in FILE (- is standard input): JSON, a list of events, or one on each line.

    Without a runtime it goes through the project on the spot, as far as the actors' doors: nobody
    is woken, nothing is kept. With one it goes through that, and is followed until it is settled.

    With --suite the tests in FILES are run, on the spot: see orgloop schema Suite.
    """
    invocation: Invocation = ctx.obj
    if suites:
        if generate is not None:
            raise click.UsageError("--generate does not go with --suite: write it in the suite")
        from orgloop.cli.trying.suites import Wish, run_suites

        named = (*suites, *files)  # what a shell makes of a pattern comes behind the first as FILE
        wish = Wish(named=named, keyword=keyword, report=junit, limit=timeout)
        run_suites(invocation, wish)
        return
    if keyword is not None or junit is not None:
        raise click.UsageError("-k and --junit go with --suite")
    if len(files) > 1 or bool(files) == (generate is not None):
        raise click.UsageError("say which event: one FILE (- is standard input) or --generate")
    documents = _documents(files[0]) if files else []
    from orgloop.cli.trying.there import runtime_of

    running = None if dry_run else runtime_of(invocation)
    if running is None:
        from orgloop.cli.trying.here import try_here

        try_here(invocation, documents, generate, timeout)
        return
    if generate is not None:
        from orgloop.cli.trying.here import generated

        documents = [generated(invocation, generate)]
    _try_there(ctx, *running, documents, timeout or _IN_A_RUNTIME)


def _documents(file: str) -> list[Document]:
    try:
        with click.open_file(file, "rb") as stream:
            return read_events(stream)
    except OSError as error:
        raise click.UsageError(f"{file} cannot be read: {error.strerror}") from error


def _try_there(
    ctx: click.Context,
    control: Control,
    project: str | None,
    documents: list[Document],
    timeout: Duration,
) -> None:
    from orgloop.cli import trace
    from orgloop.cli.trying.events import no_event_told
    from orgloop.cli.trying.there import follow, send

    invocation: Invocation = ctx.obj
    until = time.monotonic() + timeout.seconds
    with no_event_told():
        ids = list(send(control, documents, project, invocation.say))
    ways = [follow(control, one, until) for one in ids]
    if invocation.json:
        found = [way.trace for way in ways]
        show_json(found if len(found) > 1 else found[0])
    else:
        for place, way in enumerate(ways):
            if place:
                show()
            ctx.invoke(trace.command, event=way.event_id)
    if waiting := [way.event_id for way in ways if not way.has_ended]:
        raise CommandFailed(
            f"{', '.join(waiting)}: not settled after {timeout}",
            hint=f"see how it goes on with: orgloop trace {waiting[0]}",
        )
    if any(way.has_failed for way in ways):
        raise SystemExit(Exit.FAILED)
