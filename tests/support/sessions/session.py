"""A page as one session: its steps in order, each compared with what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from attrs import define, evolve, field, frozen

from support.sessions.likeness import is_like, renamed
from support.sessions.page import Command, Hidden, NotRun, Said, Shown, Step, steps_of
from support.sessions.shell import Shell

REPOSITORY = Path(__file__).parents[3]
PATIENCE_SECONDS = 40.0
"""How long it may take until a command shows what came of an earlier one."""

_PORT = "4800"
_FOREGROUND = re.compile(r"orgloop( -\S+)* start(?!.*--daemon)")
_LOOKS = re.compile(
    r"orgloop (trace|status|events|queue|dlq (list|show)|held list|inbox list|audit|routes)\b"
    r"|cat [^<>|]+$|ls\b|curl -s\S* http://127\S+/(api|health)"
)
"""Commands that change nothing, and so may be asked again until the time has come."""


@frozen
class Difference:
    """Where a page does not show what is printed."""

    step: Command | Said
    printed: Sequence[str]
    status: int

    def __str__(self) -> str:
        what = self.step.text if isinstance(self.step, Command) else "the first terminal"
        return "\n".join(
            [
                f"line {self.step.first_line + 1}: {what} (exit status {self.status})",
                *(f"  shown    {line}" for line in self.step.shown),
                *(f"  printed  {line}" for line in self.printed),
            ]
        )


@define
class Session:
    """What a page's steps share: a shell, a home, and which id stands for which."""

    home: Path
    shell: Shell
    names: dict[str, str] = field(factory=dict)
    patience_seconds: float = PATIENCE_SECONDS

    def take(self, step: Step) -> Difference | None:
        """Do what a step says; return how the outcome differs from what is shown, if it does."""
        match step:
            case Command():
                return self._run(step)
            case Hidden():
                self._prepare(step)
            case Shown():
                self._write(step)
            case Said():
                return self._listen(step)
            case NotRun():
                pass
        return None

    def _run(self, step: Command) -> Difference | None:
        if _FOREGROUND.search(step.text):
            return self._start(step)
        deadline = time.monotonic() + self.patience_seconds
        while True:
            printed, status = self.shell.run(self._here(step.text))
            printed = [self._elsewhere(line) for line in printed]
            if self._is_as_shown(step, printed, status):
                return None
            if not _LOOKS.match(step.text) or time.monotonic() > deadline:
                return Difference(step, printed, status)

    def _is_as_shown(self, step: Command, printed: Sequence[str], status: int) -> bool:
        if step.shown:
            return is_like(step.shown, printed, self.names)
        return status == 0

    def _start(self, step: Command) -> Difference | None:
        self._log.unlink(missing_ok=True)
        self.shell.begin(self._here(step.text), self._log)
        shown = step.shown or ["…", "… is ready on …"]
        return self._listen(evolve(step, shown=shown))

    def _listen(self, step: Command | Said) -> Difference | None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            printed = [self._elsewhere(line) for line in self._said()]
            if is_like(["…", *step.shown, "…"], printed, self.names):
                return None
            if time.monotonic() > deadline:
                return Difference(step, printed, 0)
            self.shell.run("sleep 0.05")

    def _prepare(self, step: Hidden) -> None:
        printed, status = self.shell.run(self._here(step.text))
        assert status == 0, "\n".join([step.text, *printed])

    def _write(self, step: Shown) -> None:
        directory = Path(self.shell.run("pwd")[0][0])
        file = directory / step.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(step.content, "utf-8")

    @property
    def _log(self) -> Path:
        return self.home.parent / "first-terminal"

    def _said(self) -> list[str]:
        return self._log.read_text("utf-8").splitlines() if self._log.exists() else []

    def _here(self, command: str) -> str:
        """Write a command of the page for this run: its ids, and the port that is really served."""
        return re.sub(rf"(?<=127\.0\.0\.1:){_PORT}", self._port(), renamed(command, self.names))

    def _elsewhere(self, line: str) -> str:
        """Write a line of this run as a reader would see it."""
        line = line.replace(f"127.0.0.1:{self._port()}", f"127.0.0.1:{_PORT}")
        return line.replace(str(self.home), "/home/me")

    def _port(self) -> str:
        file = self.home / ".orgloop" / "runtime.port"
        return file.read_text().strip() if file.exists() else _PORT


@contextmanager
def session(directory: Path) -> Iterator[Session]:
    """Open a session in an empty directory, and leave nothing running when it ends."""
    home, work = directory / "me", directory / "me" / "work"
    work.mkdir(parents=True)
    (home / ".curlrc").write_text("no-progress-meter\n", "utf-8")  # as on a terminal
    environ = _environment(home)
    shell = Shell(work, environ)
    try:
        yield Session(home, shell)
    finally:
        stop = ["orgloop", "stop", "--force", "--grace", "1s"]
        subprocess.run(stop, env=environ, check=False, capture_output=True)
        shell.close()


def _environment(home: Path) -> dict[str, str]:
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {
        "PATH": programs,
        "HOME": str(home),
        "ORGLOOP_PORT": "0",
        "REPOSITORY": str(REPOSITORY),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


def differences(page: Path, directory: Path) -> list[Difference]:
    """Run a page in an empty directory; return where it shows what is not so."""
    with session(directory) as running:
        found = [running.take(step) for step in steps_of(page)]
    return [one for one in found if one is not None]
