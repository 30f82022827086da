"""Let events go through a project on the spot, without a runtime."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from orgloop.cli.aside import output_aside
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation
from orgloop.cli.output import show, show_json
from orgloop.cli.project import load
from orgloop.cli.trying.events import Document
from orgloop.cli.trying.shown import rehearsed_text
from orgloop.config.load import Loaded
from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import ProjectInvalid
from orgloop.errors import InvalidEvent
from orgloop.runtime.rehearsal.generating import NoSample
from orgloop.runtime.rehearsal.given import Given
from orgloop.runtime.rehearsal.outcome import Rehearsed
from orgloop.runtime.rehearsal.rehearsal import Rehearsal

T = TypeVar("T")


def try_here(invocation: Invocation, documents: Sequence[Document], generate: str | None) -> None:
    """Show what the project makes of each event: those given, or the one that is to be made."""
    project = project_to_try(invocation)

    async def work(rehearsal: Rehearsal) -> list[Rehearsed]:
        given = [_given(document, place, project) for place, document in enumerate(documents, 1)]
        if generate is not None:
            given.append(await rehearsal.samples.given(generate))
        return [await rehearsal.take(one) for one in given]

    shown = rehearsed(invocation, project, work)
    if invocation.json:
        found = [one.to_json(project.hidden) for one in shown]
        show_json(found if len(found) > 1 else found[0])
        return
    for place, one in enumerate(shown):
        if place:
            show()
        show(rehearsed_text(one, project.hidden, details=invocation.verbose))


def generated(invocation: Invocation, wanted: str) -> Document:
    """Return an event like those of a source, as it is handed to a runtime: it is a new one."""
    project = project_to_try(invocation)
    given = rehearsed(invocation, project, lambda rehearsal: rehearsal.samples.given(wanted))
    draft = given.draft
    return {
        "project": project.name,
        "source": given.source,
        "type": draft.type,
        "provenance": draft.provenance,
        "payload": draft.payload,
    }


def project_to_try(invocation: Invocation) -> ProjectDefinition:
    """Return the project, with placeholders for variables that are not set, and say for which.

    Raises `CommandFailed` with exit code 4 if there is none, or if it is invalid.
    """
    try:
        loaded = load(invocation, has_placeholders=True)
    except ProjectInvalid as error:
        raise CommandFailed(
            str(error), hint="check it with: orgloop validate", code=Exit.INVALID_PROJECT
        ) from error
    say_placeholders(invocation, loaded)
    return loaded.project


def say_placeholders(invocation: Invocation, loaded: Loaded) -> None:
    """Say once which variables are not set."""
    names = sorted({use.name for use in loaded.variables if use.is_placeholder})
    if names:
        are = "is not set: its name stands" if len(names) == 1 else "are not set: their names stand"
        invocation.say(f"{', '.join(names)} {are} in place of a value")


def rehearsed(
    invocation: Invocation,
    project: ProjectDefinition,
    work: Callable[[Rehearsal], Awaitable[T]],
) -> T:
    """Return what ``work`` makes of a rehearsal; raise `CommandFailed` for what cannot be shown."""
    from orgloop.daemon.rehearsing import rehearse  # the reactor is only for those who get here

    try:
        with output_aside():
            return rehearse(
                project,
                invocation.home,
                invocation.environ,
                work,
                lambda text: invocation.say(project.hidden.conceal(text)),
            )
    except NoSample as error:
        raise CommandFailed(str(error), code=Exit.USAGE) from error
    except InvalidEvent as error:
        raise CommandFailed(
            "this is no event: " + "; ".join(error.problems),
            hint="see what one is made of: docs/concepts.md",
            code=Exit.USAGE,
        ) from error
    except KeyboardInterrupt:
        raise CommandFailed("interrupted") from None


def _given(document: Document, place: int, project: ProjectDefinition) -> Given:
    try:
        return Given.from_json(document, project)
    except InvalidEvent as error:
        raise InvalidEvent([f"number {place}: {one}" for one in error.problems]) from error
