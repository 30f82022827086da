"""Let events go through a project on the spot, without a runtime."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

from orgloop.cli.aside import output_aside
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.output import show, show_json
from orgloop.cli.project import are_not_set, load_to_look_at, not_set
from orgloop.cli.trying.events import Document, no_event_told, numbered
from orgloop.cli.trying.shown import rehearsed_text
from orgloop.config.model import ProjectDefinition
from orgloop.durations import Duration
from orgloop.runtime.rehearsal.bound import TooSlow
from orgloop.runtime.rehearsal.generating import NoSample
from orgloop.runtime.rehearsal.given import Given
from orgloop.runtime.rehearsal.outcome import Rehearsed
from orgloop.runtime.rehearsal.rehearsal import Rehearsal

T = TypeVar("T")
# A script has 30 s where its definition says no more: what comes of it then is to be seen.
_LIMIT = Duration(60_000)


def try_here(
    invocation: Invocation,
    documents: Sequence[Document],
    generate: str | None,
    limit: Duration | None,
) -> None:
    """Show what the project makes of each event: those given, or the one that is to be made."""
    project = project_to_try(invocation)

    async def work(rehearsal: Rehearsal) -> list[Rehearsed]:
        given = list(_given(documents, project))
        if generate is not None:
            given.append(await rehearsal.samples.given(generate))
        return [await rehearsal.take(one) for one in given]

    shown = rehearsed(invocation, project, work, limit)
    if invocation.json:
        found = [one.to_json(project.hidden) for one in shown]
        show_json(found if len(found) > 1 else found[0])
        return
    for place, one in enumerate(shown):
        if place:
            show()
        show(rehearsed_text(one, project.hidden, details=invocation.verbose))


def generated(invocation: Invocation, wanted: str) -> Document:
    """Return an event like those of a source, as it is handed to a runtime: it is a new one.

    Nobody is woken by a placeholder: raises `CommandFailed` if the event would hold one.
    """
    loaded = load_to_look_at(invocation)
    project = loaded.project
    given = rehearsed(invocation, project, lambda one: one.samples.given(wanted))
    draft = given.draft
    made = json.dumps([draft.provenance, draft.payload])
    if names := [one for one in not_set(loaded).get(None, ()) if f"<{one}>" in made]:
        raise CommandFailed(
            f"{are_not_set(names)}: an event of {given.source} would hold a placeholder",
            hint="set what the runtime was started with, or add --dry-run to try it on the spot",
        )
    return {
        "project": project.name,
        "source": given.source,
        "type": draft.type,
        "provenance": draft.provenance,
        "payload": draft.payload,
    }


def project_to_try(invocation: Invocation) -> ProjectDefinition:
    """Return the project, with placeholders for variables that are not set, and say for which.

    Raises as `load_to_look_at` does.
    """
    loaded = load_to_look_at(invocation)
    if names := not_set(loaded).get(None):
        instead = "its name stands" if len(names) == 1 else "their names stand"
        invocation.say(f"{are_not_set(names)}: {instead} in place of a value")
    return loaded.project


def rehearsed(
    invocation: Invocation,
    project: ProjectDefinition,
    work: Callable[[Rehearsal], Awaitable[T]],
    limit: Duration | None = None,
) -> T:
    """Return what ``work`` makes of a rehearsal; raise `CommandFailed` for what cannot be shown.

    ``limit`` is how long the transforms have for one event: a minute by default.
    """
    from orgloop.daemon.rehearsing import rehearse  # the reactor is only for those who get here

    try:
        with output_aside(), no_event_told():
            return rehearse(
                project,
                invocation.home,
                invocation.environ,
                work,
                lambda text: invocation.say(project.hidden.conceal(text)),
                limit or _LIMIT,
            )
    except NoSample as error:
        raise CommandFailed(str(error), code=Exit.USAGE) from error
    except TooSlow as error:
        raise CommandFailed(str(error), hint="mend it, or give it more time: --timeout") from error


def _given(documents: Sequence[Document], project: ProjectDefinition) -> Iterator[Given]:
    for place, document in enumerate(documents, start=1):
        with numbered(place, len(documents)):
            yield Given.from_json(document, project)
