"""Speak to the service manager of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from attrs import frozen

from orgloop.cli.failing import CommandFailed, Exit
from orgloop.cli.services import launchd, systemd
from orgloop.cli.services.person import Person

_NOT_RUNNING = 3  # what `systemctl status` says of a unit that is there and does not run
_NO_MANAGER = ("Failed to connect to", "not been booted with systemd")
_WITHOUT = (
    "no systemd is there for this user (in a container, or without a session: see "
    "`loginctl enable-linger`); without one: orgloop start --daemon --supervised"
)
_INSTALL = "install it with: orgloop install-service"


class Manager(Protocol):
    """A service that is installed."""

    @property
    def is_system(self) -> bool: ...

    def start(self) -> None:
        """Start it; nothing if it runs."""

    def stop(self) -> None:
        """Stop it and wait until it has ended."""

    def status(self, *, shows: bool) -> None:
        """Raise `CommandFailed` with exit code 3 if it does not run; ``shows`` what is known."""

    def show_logs(self, lines: int, *, follow: bool) -> bool:
        """Show what the manager has kept of its output; false if that is nothing."""


@frozen
class Systemctl:
    """A service under systemd, with the sockets that belong to it."""

    name: str
    is_system: bool
    directory: Path
    environ: Mapping[str, str]

    def start(self) -> None:
        """See `Manager.start`."""
        _must(self._systemctl("start", *self._sockets(), self._service), self.environ)

    def stop(self) -> None:
        """See `Manager.stop`. The sockets go first: they would start it again."""
        _must(self._systemctl("stop", *self._sockets(), self._service), self.environ)

    def status(self, *, shows: bool) -> None:
        """See `Manager.status`."""
        command = self._systemctl("--no-pager", "status", self._service, *self._sockets())
        ended = _run(command, self.environ, shows=shows)
        if ended.returncode == _NOT_RUNNING:
            raise CommandFailed(
                f"{self._service} does not run",
                hint="start it with: orgloop service start",
                code=Exit.NOTHING_RUNS,
            )
        _check(ended)

    def show_logs(self, lines: int, *, follow: bool) -> bool:
        """See `Manager.show_logs`."""
        which = "--unit" if self.is_system else "--user-unit"
        command = ["journalctl", "--no-pager", which, self._service]
        if shutil.which(command[0], path=self.environ.get("PATH")) is None:
            return False
        if not _run([*command, "--quiet", "--lines", "1"], self.environ).stdout.strip():
            return False
        more = ["--follow"] if follow else []
        _run([*command, "--lines", str(lines), *more], self.environ, shows=True)
        return True

    @property
    def _service(self) -> str:
        return f"{self.name}.service"

    def _sockets(self) -> list[str]:
        names = (f"{self.name}.socket", f"{self.name}-webhooks.socket")
        return [name for name in names if (self.directory / name).exists()]

    def _systemctl(self, *arguments: str) -> list[str]:
        return ["systemctl", *([] if self.is_system else ["--user"]), *arguments]


@frozen
class Launchctl:
    """A service under launchd."""

    name: str
    is_system: bool
    file: Path
    environ: Mapping[str, str]

    def start(self) -> None:
        """See `Manager.start`."""
        if _run(["launchctl", "print", self._target], self.environ).returncode:
            where = self._target.rpartition("/")[0]
            _must(["launchctl", "bootstrap", where, str(self.file)], self.environ)
        else:
            _must(["launchctl", "kickstart", self._target], self.environ)

    def stop(self) -> None:
        """See `Manager.stop`. What ends well is not started again before the next login."""
        _must(["launchctl", "kill", "SIGTERM", self._target], self.environ)

    def status(self, *, shows: bool) -> None:
        """See `Manager.status`."""
        if _run(["launchctl", "print", self._target], self.environ, shows=shows).returncode:
            raise CommandFailed(
                f"{launchd.label(self.name)} does not run",
                hint="start it with: orgloop service start",
                code=Exit.NOTHING_RUNS,
            )

    def show_logs(self, lines: int, *, follow: bool) -> bool:
        """See `Manager.show_logs`: launchd keeps nothing."""
        return False

    @property
    def _target(self) -> str:
        domain = launchd.domain(is_system=self.is_system, uid=os.getuid())
        return f"{domain}/{launchd.label(self.name)}"


def installed(name: str, environ: Mapping[str, str], *, is_system: bool | None) -> Manager:
    """Return the service of that name; raise `CommandFailed` if none is installed, or two are.

    ``is_system`` chooses one of a person's and the machine's.
    """
    chosen = (False, True) if is_system is None else (is_system,)
    path, person = environ.get("PATH"), Person.of(environ)
    found: list[Manager]
    if shutil.which("systemctl", path=path) is not None:
        places = [
            (one, systemd.unit_directory(is_system=one, config=person.config)) for one in chosen
        ]
        files = [place / f"{name}.service" for _, place in places]
        found = [
            Systemctl(name, one, place, environ)
            for (one, place), file in zip(places, files, strict=True)
            if file.exists()
        ]
    elif shutil.which("launchctl", path=path) is not None:
        plists = [
            (one, launchd.plist_path(name, is_system=one, user_home=person.home)) for one in chosen
        ]
        files = [file for _, file in plists]
        found = [Launchctl(name, one, file, environ) for one, file in plists if file.exists()]
    else:
        raise CommandFailed(
            "there is no service manager: neither systemctl nor launchctl is on PATH",
            hint="run it without one: orgloop start --daemon --supervised",
        )
    return _only(name, found, files)


def _only(name: str, found: Sequence[Manager], looked_at: Sequence[Path]) -> Manager:
    if not found:
        raise CommandFailed(
            f"no service {name} is installed: there is no {' and no '.join(map(str, looked_at))}",
            hint=_INSTALL,
        )
    if len(found) > 1:
        raise CommandFailed(
            f"two services {name} are installed, one of yours and one of the machine",
            hint="say which one: --user or --system",
            code=Exit.USAGE,
        )
    return found[0]


def _must(command: Sequence[str], environ: Mapping[str, str]) -> None:
    _check(_run(command, environ, shows=True))


def _check(ended: subprocess.CompletedProcess[str]) -> None:
    if ended.returncode:
        said = ended.stderr.strip() or f"it ended with {ended.returncode}"
        is_away = any(sign in said for sign in _NO_MANAGER)
        raise CommandFailed(
            f"{' '.join(ended.args)}: {said}",
            hint=_WITHOUT if is_away else "`orgloop service logs` may say more",
        )


def _run(
    command: Sequence[str], environ: Mapping[str, str], *, shows: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; with ``shows`` its output is the person's to see."""
    return subprocess.run(
        command,
        env=dict(environ),
        stdout=None if shows else subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
