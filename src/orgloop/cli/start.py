"""``orgloop start``: run the project's runtime in the foreground."""

from __future__ import annotations

import click

from orgloop.cli.invocation import Invocation, global_options
from orgloop.errors import InvalidValue


@click.command("start")
@global_options
@click.option("--host", metavar="ADDRESS", help="Where to listen (default: 127.0.0.1).")
@click.option("--port", metavar="NUMBER", help="Port to listen on; 0 takes a free one.")
@click.option("--grace", metavar="DURATION", help="How long a stop waits (default: 30s).")
@click.option(
    "--cursor",
    metavar="POSITION",
    help="Where routing begins if the project's queue was lost: start, end or a sequence number.",
)
@click.pass_obj
def command(
    invocation: Invocation,
    host: str | None,
    port: str | None,
    grace: str | None,
    cursor: str | None,
) -> None:
    """Run the project's runtime in the foreground until Ctrl+C or `orgloop stop`.

    The same as `twistd -n orgloop`.
    """
    from orgloop.daemon.flags import Flags
    from orgloop.daemon.run import run_in_foreground

    try:
        Flags(port=port, grace=grace, cursor=cursor).check()
    except InvalidValue as error:
        raise click.UsageError(str(error)) from error
    given = {
        "--project": invocation.config,
        "--home": invocation.home_option,
        "--host": host,
        "--port": port,
        "--grace": grace,
        "--cursor": cursor,
        "--log-level": "debug" if invocation.verbose else "warn" if invocation.quiet else None,
    }
    run_in_foreground([part for name, value in given.items() if value for part in (name, value)])
