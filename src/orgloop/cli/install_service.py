"""``orgloop install-service``: have a service manager run the project."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from orgloop.cli.failing import CommandFailed
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json

if TYPE_CHECKING:
    from orgloop.cli.services.installation import Installation
    from orgloop.cli.services.writing import ServiceFile

_KINDS = ("systemd", "launchd", "docker")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,49}")


def _checked_name(ctx: click.Context, parameter: click.Parameter, name: str) -> str:
    if not _NAME.fullmatch(name):
        raise click.BadParameter("write letters, digits, - and _; 50 of them at most")
    return name


@click.command("install-service")
@global_options
@click.option(
    "--user/--system",
    "is_user",
    default=True,
    help="For the person who asks (default), or for the machine, as a user of its own.",
)
@click.option(
    "--kind",
    type=click.Choice(_KINDS),
    help="Which service manager (default: launchd on macOS, else systemd).",
)
@click.option(
    "--name",
    default="orgloop",
    show_default=True,
    metavar="NAME",
    callback=_checked_name,
    help="What the service is called.",
)
@click.option("--print", "only_print", is_flag=True, help="Show the files and change nothing.")
@click.option("--force", is_flag=True, help="Replace files that somebody has changed.")
@click.pass_obj
def command(
    invocation: Invocation,
    is_user: bool,
    kind: str | None,
    name: str,
    only_print: bool,
    force: bool,
) -> None:
    """Write what a service manager needs to run the project: systemd, launchd or docker.

    The project is checked first. Nothing is started: the next commands are shown.
    """
    from orgloop.cli.services.survey import survey

    installation = survey(invocation, name=name, is_system=not is_user)
    files, following = _planned(kind or _usual_kind(), installation, invocation)
    if only_print:
        _print(invocation, files)
        return
    _write(invocation, files, force=force)
    if invocation.json:
        show_json({"files": [str(file.path) for file in files], "next": following})
        return
    invocation.say("now run:")
    for line in following:
        invocation.say(f"  {line}")


def _usual_kind() -> str:
    return "launchd" if sys.platform == "darwin" else "systemd"


def _planned(
    kind: str, installation: Installation, invocation: Invocation
) -> tuple[list[ServiceFile], list[str]]:
    """Return the files, and the commands that come after them."""
    if kind == "docker":
        from orgloop.cli.services import container

        return container.container_files(installation), container.next_commands(installation)
    if kind == "launchd":
        from orgloop.cli.services import launchd

        return launchd.launchd_files(installation), launchd.next_commands(installation)
    from orgloop.cli.services import systemd
    from orgloop.cli.services.person import Person

    config = Person.of(invocation.environ).config
    return systemd.systemd_files(installation, config), systemd.next_commands(installation)


def _print(invocation: Invocation, files: list[ServiceFile]) -> None:
    if invocation.json:
        show_json([{"path": str(file.path), "content": file.content} for file in files])
        return
    if len(files) == 1:
        show(files[0].content.removesuffix("\n"))
    else:
        show("\n".join(f"# {file.path}\n{file.content}" for file in files).removesuffix("\n"))


def _write(invocation: Invocation, files: list[ServiceFile], *, force: bool) -> None:
    """Write all files, or none if one of them is somebody else's."""
    from orgloop.cli.services.writing import read_present, write

    present = {file.path: read_present(file.path) for file in files}
    for file in files:
        there = present[file.path]
        if there is not None and not force and not file.may_replace(there):
            show(file.differences(there))
            raise CommandFailed(
                f"{file.path} is there already, and is not as install-service wrote it; "
                "nothing was written",
                hint="keep it, take over what you need from the difference shown, or add --force",
            )
    for file in files:
        if present[file.path] == file.content:
            invocation.say(f"{file.path} is as it should be")
        else:
            write(file)
            invocation.say(f"{'wrote' if present[file.path] is None else 'replaced'} {file.path}")
