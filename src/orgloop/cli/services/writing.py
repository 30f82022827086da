"""Write a service's files, and never over what somebody else has written or changed."""

from __future__ import annotations

import difflib
import hashlib
import re
from pathlib import Path

from attrs import field, frozen

from orgloop.cli.failing import CommandFailed

_SEAL = re.compile(r"^.*Written by `orgloop install-service`, mark ([0-9a-f]{16})\b.*\n\Z", re.M)


@frozen
class ServiceFile:
    """One file of a service. Its last line lets us know it again as long as nobody changes it."""

    path: Path
    body: str = field(repr=False)
    comment: tuple[str, str] = ("# ", "")
    """What stands before and after words that are not read."""

    @property
    def content(self) -> str:
        """What is written."""
        before, after = self.comment
        mark = _mark_of(self.body)
        return f"{self.body}{before}Written by `orgloop install-service`, mark {mark}{after}\n"

    def may_replace(self, present: str) -> bool:
        """Whether ``present`` is this already, or something of ours that nobody has changed."""
        if present == self.content:
            return True
        seal = _SEAL.search(present)
        return seal is not None and seal[1] == _mark_of(present[: seal.start()])

    def differences(self, present: str) -> str:
        """Show what would become different."""
        lines = difflib.unified_diff(
            present.splitlines(), self.content.splitlines(), str(self.path), "new", lineterm=""
        )
        return "\n".join(lines)


def read_present(path: Path) -> str | None:
    """Return what a file holds, `None` if there is none; raise `CommandFailed` if it is unreadable.

    What is no text counts as somebody else's.
    """
    try:
        return path.read_text("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CommandFailed(f"{path} cannot be read: {error.strerror}") from error


def write(file: ServiceFile) -> None:
    """Put the file in its place, with the directories above it; raise `CommandFailed`."""
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_text(file.content, "utf-8")
        file.path.chmod(0o644)
    except OSError as error:
        raise CommandFailed(
            f"{file.path} cannot be written: {error.strerror}",
            hint="run the same command with sudo, or look at it with --print",
        ) from error


def _mark_of(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]
