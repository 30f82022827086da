"""``orgloop hook``: have a coding agent tell the runtime of its sessions.

What an agent calls, ``orgloop hook NAME``, is `orgloop.cli.handin`, which does without all of this.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.handin.asked import asked_by, without_moment
from orgloop.cli.handin.run import run
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.output import show, show_json
from orgloop.connectors.coding_agent.agents import NAMES, Scope, settings_file
from orgloop.connectors.coding_agent.installation.forms import INSTALLABLE, settings_of
from orgloop.connectors.coding_agent.installation.settings import BrokenSettings, Settings
from orgloop.connectors.coding_agent.installation.textfile import read_text, remove, replace_text
from orgloop.daemon.launch import module_command

# It is a program of Node's, which takes its time on a busy machine.
_VERSION_SECONDS = 10


class _Hook(click.Group):
    """``install`` and ``uninstall``; any other word is the NAME that an agent calls."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        # Only where the way to here was another than the `orgloop` program.
        asked = asked_by(["hook", *args])
        if asked is not None:
            home: Path = ctx.ensure_object(Invocation).home
            asked.home = asked.home or str(home)
            run(asked)
        ctx.fail(f"there is no hook {args[0]!r}; see orgloop hook --help")

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_usage(ctx.command_path, "NAME [--source ID] [--port N]")
        formatter.write_usage(ctx.command_path, "install|uninstall NAME [--global|--project]")


@click.group("hook", cls=_Hook)
@global_options
def command() -> None:
    """Hand what a coding agent says to the source that hears of its sessions.

    An agent calls `orgloop hook NAME` with what happened, as JSON, on standard input or as the last
    argument. NAME is claude-code, codex, opencode, pi or pi-rust, or any other name, with -start or
    -stop behind it for an agent that does not say which of them it is. The source is the one of
    that name, unless --source names another.

    Nothing is written to standard output, and the exit code is 0 within two seconds, whatever
    happens: what cannot be handed over within 1.5 seconds waits in the home's spool until a runtime
    takes it in.
    """


_name = click.argument("name", metavar="NAME", type=click.Choice(INSTALLABLE))


def _scope(command: click.decorators.FC) -> click.decorators.FC:
    """Add ``--global`` and ``--project``."""
    for scope, text in (
        ("project", "In the settings of the project in the current directory."),
        ("global", "In your own settings, for all projects (the default)."),
    ):
        flag = click.option(f"--{scope}", "scope", flag_value=scope, type=str, help=text)
        command = flag(command)
    return command


@command.command("install")
@global_options
@_name
@_scope
@click.option("--source", metavar="ID", help="The source to report to (default: the agent's name).")
@click.option("--port", metavar="N", type=click.IntRange(1, 65535), help="The runtime's port.")
@click.pass_obj
def install(
    invocation: Invocation,
    name: str,
    scope: Scope | None,
    source: str | None,
    port: int | None,
) -> None:
    """Have the agent NAME call the hook; everything else in its settings stays as it is."""
    where: Scope = scope or "global"
    file = _file(invocation, name, where)
    call = [*_program(where), "hook", name]
    if source is not None and source != without_moment(name):
        call += ["--source", source]
    if port is not None:
        call += ["--port", str(port)]
    if (home := _home_to_say(invocation, where)) is not None:
        call += ["--home", str(home)]
    is_changed = _install(file, settings_of(name, _version(name, where, invocation.environ)), call)
    if where == "project":
        _warn_of_twice(invocation, name)
    _say(invocation, file, is_changed, "installed in", "is installed already in")


@command.command("uninstall")
@global_options
@_name
@_scope
@click.pass_obj
def uninstall(invocation: Invocation, name: str, scope: Scope | None) -> None:
    """Take the hook out of the settings of the agent NAME again."""
    file = _file(invocation, name, scope or "global")
    _say(invocation, file, _uninstall(file, name), "removed from", "is not installed in")


def _install(file: Path, settings: Settings, call: list[str]) -> bool:
    try:
        known = read_text(file)
        text = settings.with_call(known, call)
        if text == known:
            return False
        replace_text(file, known, text)
    except BrokenSettings as error:
        raise _unchanged(file, error) from error
    return True


def _uninstall(file: Path, name: str) -> bool:
    try:
        known = read_text(file)
        text = settings_of(name).without_call(known)
        if text == known:
            return False
        if text is None:
            remove(file)
        else:
            replace_text(file, known, text)
    except BrokenSettings as error:
        raise _unchanged(file, error) from error
    return True


def _unchanged(file: Path, error: BrokenSettings) -> CommandFailed:
    return CommandFailed(f"{file}: {error}", hint="nothing was changed; mend it, and try again")


def _file(invocation: Invocation, name: str, scope: Scope) -> Path:
    agent = without_moment(name)
    file = settings_file(agent, scope, invocation.environ, Path.cwd())
    if file is None:
        raise CommandFailed(
            f"{NAMES[agent]} takes no hook from the settings of a project",
            hint=f"install it for all projects: orgloop hook install {name} --global",
            code=Exit.USAGE,
        )
    return file


def _program(scope: Scope) -> list[str]:
    """Return how the agent calls us: settings of a project are shared with other machines."""
    if scope == "project":
        return ["orgloop"]
    program = Path(sys.argv[0])
    if program.name == "orgloop" and program.is_file() and os.access(program, os.X_OK):
        return [str(program.absolute())]
    return [*module_command("orgloop")]


def _version(name: str, scope: Scope, environ: Mapping[str, str]) -> str:
    """Return what Claude Code says of its version, where that decides what may be written.

    Settings of a project are shared with machines that have other versions.
    """
    program = shutil.which("claude", path=environ.get("PATH", ""))
    if scope == "project" or without_moment(name) != "claude-code" or program is None:
        return ""
    try:
        ended = subprocess.run(
            [program, "--version"],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERSION_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ended.stdout.decode(errors="replace").strip()


def _home_to_say(invocation: Invocation, scope: Scope) -> Path | None:
    """Return the home that the hook would not find by itself; the agent has its own environment."""
    is_named = invocation.home_option is not None
    if not is_named and (scope == "project" or "ORGLOOP_HOME" not in invocation.environ):
        return None
    return invocation.home


def _warn_of_twice(invocation: Invocation, name: str) -> None:
    file = settings_file(without_moment(name), "global", invocation.environ, Path.cwd())
    try:
        if file is not None and settings_of(name).has_call(read_text(file)):
            invocation.say(
                f"warning: it is installed for all projects too ({file}): sessions here are "
                "reported twice until one of the two is uninstalled"
            )
    except BrokenSettings:
        return  # that file is somebody else's trouble, and calls nothing


def _say(invocation: Invocation, file: Path, is_changed: bool, done: str, was: str) -> None:
    if invocation.json:
        show_json({"file": str(file), "changed": is_changed})
    else:
        show(f"the hook {'was ' if is_changed else ''}{done if is_changed else was} {file}")
