"""Read an agent's settings, and replace them so that nothing but their text changes."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from orgloop.connectors.coding_agent.installation.settings import BrokenSettings

_NEW_FILE_MODE = 0o644


def read_text(file: Path) -> str | None:
    """Return the text as it is, line ends included; `None` if there is no file.

    Raises `BrokenSettings` for what is no text, or may not be read.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise BrokenSettings("it is no UTF-8") from error
    except OSError as error:
        raise BrokenSettings(f"it cannot be read: {error.strerror or error}") from error


def replace_text(file: Path, known: str | None, text: str) -> None:
    """Put ``text`` in the place of ``known``, at once or not at all.

    The file's mode stays, and a symbolic link still leads to it. Raises `BrokenSettings` if the
    file is not what it was, or cannot be written.
    """
    target = Path(os.path.realpath(file))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".orgloop-")
        try:
            with os.fdopen(descriptor, "wb") as replacement:
                replacement.write(text.encode())
                replacement.flush()
                os.fchmod(replacement.fileno(), _mode(target))
                os.fsync(replacement.fileno())
            if read_text(target) != known:
                raise BrokenSettings("it was changed just now by somebody else: try again")
            os.replace(temporary, target)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise BrokenSettings(f"it cannot be written: {error.strerror or error}") from error


def remove(file: Path) -> None:
    """Delete a file of ours."""
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise BrokenSettings(f"it cannot be removed: {error.strerror or error}") from error


def _mode(file: Path) -> int:
    try:
        return stat.S_IMODE(file.stat().st_mode)
    except FileNotFoundError:
        return _NEW_FILE_MODE
