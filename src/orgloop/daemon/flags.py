"""The flags of a start, checked by name before anything is begun."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import evolve, fields, frozen

from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.logentry import LEVELS, LOG_FORMATS
from orgloop.paths import absolute
from orgloop.storage.home import Home
from orgloop.storage.starting_point import StartingPoint

_DEFAULT_GRACE = Duration(30_000)


@frozen(kw_only=True)
class Flags:
    """What a start was told, as written; `None` where it was told nothing."""

    project: str | None = None
    home: str | None = None
    host: str | None = None
    port: str | None = None
    grace: str | None = None
    log_level: str | None = None
    log_format: str | None = None
    cursor: str | None = None

    @classmethod
    def of(cls, options: Mapping[str, str | None]) -> Flags:
        """Return those of ``options``, which may hold others."""
        return cls(**{one.name: options[one.name.replace("_", "-")] for one in fields(cls)})

    def check(self) -> None:
        """Raise `InvalidValue`, naming the flag, for a value that makes no sense."""
        for name, check, text in (
            ("--port", _check_port, self.port),
            ("--grace", Duration.parse, self.grace),
            ("--log-level", _check_level, self.log_level),
            ("--log-format", _check_format, self.log_format),
            ("--cursor", StartingPoint.parse, self.cursor),
        ):
            if text is not None:
                _named(name, check, text)

    def grace_period(self) -> Duration:
        """Return how long a stop waits for what is under way."""
        return Duration.parse(self.grace) if self.grace is not None else _DEFAULT_GRACE

    def starting_point(self) -> StartingPoint | None:
        """Return where a queue begins that was lost."""
        return None if self.cursor is None else StartingPoint.parse(self.cursor)

    def home_directory(self, environ: Mapping[str, str]) -> Home:
        """Return the home: ``--home``, else ``ORGLOOP_HOME``, else ``~/.orgloop``."""
        named = self.home or environ.get("ORGLOOP_HOME") or "~/.orgloop"
        return Home(Path(absolute(named)))

    def project_file(self, environ: Mapping[str, str]) -> Path:
        """Return what ``--project`` or ``ORGLOOP_CONFIG`` names, else the project around here."""
        named = self.project or environ.get("ORGLOOP_CONFIG")
        if named:
            return Path(os.path.expanduser(named))
        # Not with the rest: whoever only hands flags on does without the reading of projects.
        from orgloop.config.load import find_project

        return find_project(Path())

    def as_arguments(self) -> tuple[str, ...]:
        """Return them as a command line has them."""
        return tuple(
            part
            for one in fields(Flags)
            if (value := getattr(self, one.name))
            for part in ("--" + one.name.replace("_", "-"), value)
        )

    def remembered(self) -> tuple[str, ...]:
        """Return what a later start of the same runtime is told: neither project nor home."""
        return evolve(self, project=None, home=None).as_arguments()

    def over(self, environ: Mapping[str, str]) -> Mapping[str, str]:
        """Return ``environ`` with the variables that these flags beat replaced by them."""
        beaten = {
            "ORGLOOP_HOST": self.host,
            "ORGLOOP_PORT": self.port,
            "ORGLOOP_LOG_LEVEL": self.log_level,
            "ORGLOOP_LOG_FORMAT": self.log_format,
        }
        return {**environ, **{name: value for name, value in beaten.items() if value is not None}}


def _named(name: str, check: Callable[[str], object], text: str) -> None:
    try:
        check(text)
    except InvalidValue as error:
        raise InvalidValue(f"{name}: {error}") from error


def _check_port(text: str) -> None:
    if not (text.isascii() and text.isdigit() and int(text) < 65536):
        raise InvalidValue(f"{text!r} is not a port: write a number up to 65535, 0 for a free one")


def _check_level(text: str) -> None:
    if text not in LEVELS:
        raise InvalidValue(f"{text!r} is not a level: write one of {', '.join(LEVELS)}")


def _check_format(text: str) -> None:
    if text not in LOG_FORMATS:
        raise InvalidValue(f"{text!r} is no format: write one of {', '.join(LOG_FORMATS)}")
