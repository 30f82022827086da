"""``orgloop logs``: what happens to events, as it happens, after what the books hold of it."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from orgloop.cli.completing import EVENTS, last_of, names_of
from orgloop.cli.entries.wanted import Wanted
from orgloop.cli.failing import NothingRuns
from orgloop.cli.filters import PROJECT, SINCE, UNTIL
from orgloop.cli.interrupting import until_ctrl_c
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.states import States
from orgloop.commas import words
from orgloop.logentry import PHASE_ORDER
from orgloop.storage.home import Home
from orgloop.storage.ownership import owner_of

_DEFAULT_LINES = 20
_RESULTS = (
    *("delivered", "accepted", "rejected", "skipped", "error"),
    *("pass", "change", "drop", "error_drop", "error_halt"),
)
"""How attempts end, and what transforms say."""


class _Phases(click.ParamType):  # type: ignore[type-arg]  # older clicks take no argument
    """Some phases, separated by commas; ``deliver`` stands for all that begin so."""

    name = "phase"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        phases: list[str] = []
        for word in words(str(value)):
            meant = [one for one in PHASE_ORDER if one == word or one.startswith(f"{word}.")]
            if not meant:
                known = ", ".join(dict.fromkeys(one.partition(".")[0] for one in PHASE_ORDER))
                self.fail(f"{word!r} is no phase; write one, or a group: {known}", param, ctx)
            phases += meant
        return ",".join(phases)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return last_of(lambda context: PHASE_ORDER)(ctx, param, incomplete)


@click.command("logs")
@global_options
@click.option(
    "--source",
    shell_complete=names_of("source", "actor"),
    metavar="ID",
    help="Only of these sources (a,b).",
)
@click.option(
    "--route", shell_complete=names_of("route"), metavar="NAME", help="Only of these routes."
)
@click.option(
    "--actor", shell_complete=names_of("actor"), metavar="ID", help="Only of these actors."
)
@click.option(
    "--result",
    type=States(_RESULTS, "result"),
    metavar="RESULT",
    help="Only with these results (rejected,error).",
)
@click.option(
    "--phase", type=_Phases(), metavar="PHASE", help="Only these phases (deliver.dead,transform)."
)
@click.option("--event", shell_complete=EVENTS, metavar="ID", help="Only of these events.")
@SINCE
@UNTIL
@PROJECT
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(0, 100_000),
    help="Begin with so many entries. Default: 20; with --since all of that time.",
)
@click.option(
    "--follow/--no-follow",
    "-f",
    default=True,
    help="Go on with what happens (the default), or show what there is, and end.",
)
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    since: str | None,
    until: str | None,
    lines: int | None,
    follow: bool,
    **given: str | None,
) -> None:
    """Show what happened to events, and go on with what happens, until Ctrl+C.

    What happened comes from the books and needs no runtime. With --until it ends there. With -v
    there is more: what the entries have besides, and steps that say nothing new.
    """
    from orgloop.cli.entries.telling import Telling  # late: `--help` shows nothing

    most = _DEFAULT_LINES if lines is None and since is None else lines
    home = Home(invocation.home)
    is_running = owner_of(home) is not None
    if not is_running and not home.event_log.exists():
        raise NothingRuns(home.root)
    telling = Telling(invocation, Wanted.of(**given))
    with until_ctrl_c():
        if follow and not until and is_running:
            telling.follow(since, most)
        telling.history(since, until, most)
        if follow and not until:
            invocation.say(f"nothing is running on {home.root}: this is what was")
