"""Leave the home to the user that ``twistd --uid`` makes of this process."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from attrs import frozen

_UNCHANGED = -1


@frozen
class Heir:
    """Who the process is to be; `None` for what stays as it is."""

    uid: int | None = None
    gid: int | None = None

    def take(self, directory: Path) -> None:
        """Own what there is in a directory that is this process's, before it becomes another's.

        A file with a second name is left alone: the other name may be of a file that is no business
        of the heir's.
        """
        if self == Heir():
            return
        ours = os.geteuid()
        for path in _all_in(directory):
            with suppress(OSError):  # it is gone, or twistd is about to say that it may not
                status = path.lstat()
                is_plain = stat.S_ISDIR(status.st_mode) or status.st_nlink == 1
                if status.st_uid == ours and is_plain:
                    os.lchown(path, _or_unchanged(self.uid), _or_unchanged(self.gid))


def _all_in(directory: Path) -> Iterator[Path]:
    """Return a directory and all below it; what symbolic links lead to is elsewhere."""
    yield directory
    for within, directories, files in os.walk(directory):
        yield from (Path(within, name) for name in (*directories, *files))


def _or_unchanged(number: int | None) -> int:
    return _UNCHANGED if number is None else number
