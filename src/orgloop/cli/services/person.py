"""Where a person keeps things."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen


@frozen
class Person:
    """The one who asks for a service."""

    home: Path
    config: Path
    """The directory of settings."""

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Person:
        """Read ``HOME`` and ``XDG_CONFIG_HOME``."""
        home = Path(environ.get("HOME") or Path.home()).absolute()
        config = environ.get("XDG_CONFIG_HOME")
        return cls(home, Path(config) if config else home / ".config")
