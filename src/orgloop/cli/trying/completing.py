"""What the shell is offered for ``orgloop test --generate``: connectors and ids, then kinds."""

from __future__ import annotations

from collections.abc import Iterator

import click

from orgloop.cli.completing import invocation_of, offering, written


def _samples(context: click.Context, incomplete: str) -> Iterator[str]:
    invocation = invocation_of(context)
    name, colon, _ = incomplete.partition(":")
    if not colon:
        yield from written(invocation, "source", "id")
        yield from written(invocation, "actor", "id")
        yield from (one for one in written(invocation, "source", "connector") if "/" not in one)
        return
    # Only the connectors themselves know: late, and longer than a word out of the files takes.
    from orgloop.cli.trying.here import project_to_try, rehearsed

    project = project_to_try(invocation)
    for kind in rehearsed(invocation, project, lambda rehearsal: rehearsal.samples.kinds(name)):
        yield f"{name}:{kind}"


SAMPLES = offering(_samples)
