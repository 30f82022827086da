"""Read the paths that people write: on the command line, and in variables."""

from __future__ import annotations

import os

from orgloop.errors import InvalidValue
from orgloop.wording import is_proper

_OF_NOBODY = "/"
"""The home directory of a number without a name, in a container say; as runc has it."""


def absolute(written: str) -> str:
    """Return a path from the root; ``~`` is the home directory, ``~name`` that of somebody else.

    Raises `InvalidValue` for one that leads nowhere, or that could not be written down.
    """
    try:
        path = os.path.abspath(_expanded(written))
    except FileNotFoundError:
        raise InvalidValue(
            f"{written}: the current directory does not exist any more; go to another one"
        ) from None
    if not is_proper(path):
        raise InvalidValue(f"{path} is no text in UTF-8: give it another name")
    return path


def _expanded(written: str) -> str:
    expanded = os.path.expanduser(written)
    if not expanded.startswith("~"):
        return expanded
    name, _, rest = expanded[1:].partition("/")
    if name:
        raise InvalidValue(f"{written}: there is no user {name!r}; write the whole path")
    return os.path.join(_OF_NOBODY, rest)
