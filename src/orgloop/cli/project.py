"""The project that a command is about, where it needs one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from orgloop.cli.aside import output_aside
from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.invocation import Invocation
from orgloop.config.load import Loaded, load_project
from orgloop.config.model import ProjectDefinition
from orgloop.config.problems import ProjectInvalid
from orgloop.daemon.flags import Flags
from orgloop.daemon.telling.aloud import say_at_once
from orgloop.plugins.catalogue import Catalogue


def load(
    invocation: Invocation,
    *,
    environ: Mapping[str, str] | None = None,
    fingerprint_key: bytes = b"",
    strict: bool = False,
    has_placeholders: bool = False,
) -> Loaded:
    """Load the project of ``-c``, ``ORGLOOP_CONFIG`` or the current directory; see `load_project`.

    What its plugins print goes to standard error. Raises `ProjectInvalid`.
    """
    flags = Flags(project=invocation.config, home=invocation.home_option)
    file = flags.project_file(invocation.environ)
    with output_aside():
        return load_project(
            file,
            environ=invocation.environ if environ is None else environ,
            home=invocation.home,
            catalogue=Catalogue(tell=say_at_once),
            fingerprint_key=fingerprint_key,
            strict=strict,
            has_placeholders=has_placeholders,
        )


def load_to_look_at(invocation: Invocation) -> Loaded:
    """Return the project for who starts nothing, with placeholders for variables without a value.

    Raises `CommandFailed` with exit code 4 if there is none, or if it is invalid.
    """
    try:
        return load(invocation, has_placeholders=True)
    except ProjectInvalid as error:
        raise _invalid(error) from error


def not_set(loaded: Loaded) -> dict[str | None, list[str]]:
    """Return which variables have placeholders, by component; under `None` all of them."""
    found: defaultdict[str | None, set[str]] = defaultdict(set)
    for use in loaded.variables:
        if use.is_placeholder:
            found[None].add(use.name)
            found[use.component].add(use.name)
    return {component: sorted(names) for component, names in found.items()}


def are_not_set(names: Sequence[str]) -> str:
    """Say so of one variable or several."""
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} not set"


def project_of(
    invocation: Invocation, environ: Mapping[str, str] | None = None
) -> ProjectDefinition:
    """Return the project of ``-c``, ``ORGLOOP_CONFIG`` or the current directory.

    ``environ`` is what it would be started with, if that is not what the command was.
    Raises `CommandFailed` with exit code 4 if there is none, or if it is invalid.
    """
    try:
        return load(invocation, environ=environ).project
    except ProjectInvalid as error:
        raise _invalid(error) from error


def _invalid(error: ProjectInvalid) -> CommandFailed:
    return CommandFailed(
        str(error), hint="check it with: orgloop validate", code=Exit.INVALID_PROJECT
    )
