"""Find the project that is meant."""

from __future__ import annotations

from pathlib import Path

_NAMES = ("orgloop.yaml", "orgloop.yml")


def project_file(named: str | None, here: Path) -> Path:
    """Return the ``orgloop.yaml`` that ``named`` (a file or its directory) means.

    Without a name it is looked for ``here`` and in the directories above, as git does. What is not
    there is returned all the same: who reads it says what is wrong.
    """
    if named:
        place = here / Path(named).expanduser()
        return _in(place) or place / _NAMES[0] if place.is_dir() else place
    for directory in (here, *here.parents):
        if found := _in(directory):
            return found
    return here / _NAMES[0]


def _in(directory: Path) -> Path | None:
    return next((directory / name for name in _NAMES if (directory / name).is_file()), None)
