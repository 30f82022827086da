"""Where a person keeps things."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from orgloop.paths import absolute


@frozen
class Person:
    """The one who asks for a service."""

    home: Path
    config: Path
    """The directory of settings."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Person:
        """Read ``HOME`` and ``XDG_CONFIG_HOME``."""
        home = Path(absolute(environ.get("HOME") or "~"))
        config = environ.get("XDG_CONFIG_HOME")
        return cls(home, Path(config) if config else home / ".config")
