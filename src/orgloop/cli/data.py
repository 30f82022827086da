"""``orgloop data``: look after the files under ``data/``.

``check``, ``backup`` and ``stats`` work while a runtime runs, too; ``repair`` and ``restore`` want
the home for themselves.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orgloop.cli.asking import agrees, may_ask
from orgloop.cli.data_shown import (
    are_sound,
    show_copied,
    show_findings,
    show_repaired,
    show_statistics,
)
from orgloop.cli.failing import CommandFailed
from orgloop.cli.filters import YES
from orgloop.cli.held_home import held_home
from orgloop.cli.invocation import Invocation, global_options
from orgloop.cli.tab.paths import complete_directories
from orgloop.storage.home import Home
from orgloop.storage.lock import not_started

if TYPE_CHECKING:
    from orgloop.storage.finding import Finding

_REPAIR = "stop the runtime, and mend it with: orgloop data repair"


@click.group("data")
@global_options
def command() -> None:
    """Check, repair, back up, restore and measure the files under data/."""


@command.command("check")
@global_options
@click.pass_obj
def check(invocation: Invocation) -> None:
    """Read every file whole and say what is damaged; exit code 1 if anything is.

    Changes nothing, and works while a runtime runs.
    """
    from orgloop.storage.inspection import inspect

    home = _existing(invocation)
    findings = inspect(home, _losses(home))
    show_findings(findings, as_json=invocation.json)
    if not are_sound(findings):
        damaged = sum(not one.is_sound for one in findings)
        raise CommandFailed(f"{damaged} of {len(findings)} files are damaged", hint=_REPAIR)


@command.command("repair")
@global_options
@YES
@click.pass_obj
def repair(invocation: Invocation, yes: bool) -> None:
    """Replace damaged files by new ones that hold everything that can be read.

    A damaged file is kept beside its new one, as NAME.damaged-TIME.
    """
    from orgloop.storage.inspection import inspect
    from orgloop.storage.losses import losses
    from orgloop.storage.repair import finish_repairs, still_damaged
    from orgloop.storage.repair import repair as mend

    _existing(invocation)
    with held_home(invocation.home) as home:
        finish_repairs(home)
        findings = inspect(home, losses(home))
        damaged = [one for one in findings if not one.is_sound and not one.is_gone]
        if damaged:
            _ask(invocation, damaged, yes=yes)
        now = time.time()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        done = mend(home, findings, int(now * 1000), stamp)
        left = still_damaged(home) if done else [one for one in findings if one.is_gone]
    show_repaired(done, as_json=invocation.json)
    if left:
        show_findings(left, as_json=False)
        raise CommandFailed(
            f"{len(left)} files are not as they should be", hint="see what is said of each of them"
        )


@command.command("backup")
@global_options
@click.argument("directory", type=click.Path(path_type=Path), shell_complete=complete_directories)
@click.pass_obj
def backup(invocation: Invocation, directory: Path) -> None:
    """Write a copy of data/ to a new or empty DIRECTORY, also while the runtime runs."""
    from orgloop.storage.backup import back_up

    home = _existing(invocation)
    _require_whole(home)
    findings = back_up(home, directory.absolute())
    show_copied(findings, directory.absolute(), as_json=invocation.json)


@command.command("restore")
@global_options
@click.argument(
    "directory",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    shell_complete=complete_directories,
)
@click.pass_obj
def restore(invocation: Invocation, directory: Path) -> None:
    """Copy a backup into a home that holds no data yet."""
    from orgloop.storage.backup import restore as put_back

    with held_home(invocation.home) as home:
        findings = put_back(directory.absolute(), home)
    show_copied(findings, home.data, as_json=invocation.json)


@command.command("stats")
@global_options
@click.pass_obj
def stats(invocation: Invocation) -> None:
    """Show sizes, events and deliveries by state."""
    from orgloop.storage.statistics import statistics

    home = _existing(invocation)
    _require_whole(home)
    show_statistics(statistics(home), as_json=invocation.json)


def _existing(invocation: Invocation) -> Home:
    home = Home(invocation.home)
    if not home.data.is_dir():
        raise CommandFailed(
            f"there is no data in {home.root}",
            hint="name the home with --home, or set ORGLOOP_HOME",
        )
    return home


def _losses(home: Home) -> dict[Path, str]:
    from orgloop.storage.losses import losses

    with not_started(home) as is_free:
        return losses(home) if is_free else {}


def _require_whole(home: Home) -> None:
    """Leave files alone that have lost something: opening them would hide what."""
    for file, lost in _losses(home).items():
        raise CommandFailed(f"{file} is damaged: {lost}", hint=_REPAIR)


def _ask(invocation: Invocation, damaged: Sequence[Finding], *, yes: bool) -> None:
    for one in damaged:
        for problem in one.problems:
            invocation.say(f"{one.file}: {problem}")
    if yes or not may_ask(invocation):
        return
    files = ", ".join(one.file.name for one in damaged)
    if not agrees(f"Replace {files}, keeping what is there?"):
        raise CommandFailed("nothing was changed", hint="answer y, or give --yes")
