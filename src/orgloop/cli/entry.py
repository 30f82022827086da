"""Where the ``orgloop`` command begins: an agent that calls a hook waits for nothing else."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from orgloop.cli.handin.asked import asked_by
from orgloop.daemon.log.standard import open_missing


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    open_missing()
    given = list(sys.argv[1:] if arguments is None else arguments)
    asked = asked_by(given)
    if asked is not None:
        from orgloop.cli.handin.run import run

        run(asked)
        return
    from orgloop.cli.main import main as command_line

    command_line(given)
