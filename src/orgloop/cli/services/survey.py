"""Find out what a service must know of the project, the person and this installation."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from orgloop import __version__
from orgloop.cli.invocation import Invocation
from orgloop.cli.project import project_of
from orgloop.cli.services.installation import ACCOUNT, Address, Installation
from orgloop.cli.services.person import Person
from orgloop.cli.services.systemd import STATE
from orgloop.config.model import ProjectDefinition
from orgloop.daemon.launch import module_command

_LOOPBACK = {"localhost": "127.0.0.1"}


def survey(invocation: Invocation, *, name: str, is_system: bool) -> Installation:
    """Check the project with what the service will know, and return what is to be installed.

    Raises `CommandFailed` with exit code 4 if it is invalid.
    """
    person = Person.of(invocation.environ)
    variables = _variables_file(name, person, is_system=is_system)
    environ = {**_settings_of(invocation.environ), **_read_variables(variables)}
    definition = project_of(invocation, environ)
    http, webhooks = definition.http, definition.http.webhooks
    return Installation(
        name=name,
        program=_program(),
        project=definition.file.absolute(),
        project_name=definition.name,
        home=_home(invocation, name, is_system=is_system),
        user_home=person.home,
        is_system=is_system,
        path="" if is_system else _path(invocation.environ),
        variables=variables,
        http=_address(http.host, http.port),
        webhooks=None if webhooks is None else _address(webhooks.host, webhooks.port),
        workplaces=tuple(dict.fromkeys(_workplaces(definition))),
        version=__version__,
    )


def _settings_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment less a port that is any one: a service has an address."""
    return {
        name: value for name, value in environ.items() if (name, value) != ("ORGLOOP_PORT", "0")
    }


def _variables_file(name: str, person: Person, *, is_system: bool) -> Path:
    directory = Path("/etc") if is_system else person.config
    return directory / ACCOUNT / f"{name}.env"


def _read_variables(file: Path) -> dict[str, str]:
    if not os.access(file, os.R_OK):
        return {}
    from dotenv import dotenv_values

    values = dotenv_values(file, interpolate=False)
    return {name: value for name, value in values.items() if value is not None}


def _home(invocation: Invocation, name: str, *, is_system: bool) -> Path:
    """Return the home; a service of the machine has no use for the person's own one."""
    if is_system and invocation.home_option is None:
        return STATE / name
    return invocation.home


def _program() -> tuple[str, ...]:
    """Return how this very program is run again, by absolute path."""
    called = shutil.which(sys.argv[0]) if sys.argv else None
    if called is not None and Path(called).name == "orgloop":
        return (str(Path(called).absolute()),)
    return module_command("orgloop")


def _path(environ: Mapping[str, str]) -> str:
    """Return the person's ``PATH``, less what depends on where one stands."""
    named = environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(dict.fromkeys(one for one in named if one.startswith("/")))


def _address(host: str, port: int) -> Address | None:
    """Return where a socket can listen; `None` for a port that is any one, or a host's name."""
    numeric = _LOOPBACK.get(host, host or "0.0.0.0")
    is_name = not (":" in numeric or numeric.replace(".", "").isdigit())
    return None if port == 0 or is_name else Address(numeric, port)


def _workplaces(definition: ProjectDefinition) -> Iterator[Path]:
    """Yield the directories in which commands run, and those that logs are written to."""
    for actor in definition.actors.values():
        if hasattr(actor.config, "cwd"):
            yield Path(actor.config.cwd or definition.directory).absolute()
    for logger in definition.loggers.values():
        if (path := getattr(logger.config, "path", None)) is not None:
            yield Path(path).absolute().parent
