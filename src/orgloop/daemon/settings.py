"""What the process runs with: flags beat variables, those the project, that personal defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from attrs import evolve, frozen

from orgloop.config.model import HTTPSettings, ProjectDefinition
from orgloop.durations import Duration
from orgloop.errors import InvalidValue, OrgLoopError
from orgloop.logentry import LEVELS, Level

T = TypeVar("T")

_DEFAULT_GRACE = Duration(30_000)


@frozen(kw_only=True)
class Settings:
    """How one process runs its project."""

    http: HTTPSettings
    log_level: Level
    grace: Duration
    heartbeat_interval: Duration


def settings_of(
    flags: Mapping[str, str | None],
    environ: Mapping[str, str],
    definition: ProjectDefinition,
    personal: Mapping[str, Any],
) -> Settings:
    """Put the settings together; raise `InvalidValue` for one that cannot be understood.

    ``flags`` are ``host``, ``port``, ``log-level`` and ``grace`` as written, `None` where not
    given. ``personal`` is what ``config.yaml`` in the home says; it is asked where the project says
    nothing but the default.
    """
    http = definition.http
    theirs = _mapping(personal.get("http"))
    plain = HTTPSettings()
    host = _first(flags.get("host"), environ.get("ORGLOOP_HOST")) or str(
        _unless_default(http.host, plain.host, theirs.get("host"))
    )
    port = _read(
        _port,
        ("--port", flags.get("port")),
        ("ORGLOOP_PORT", environ.get("ORGLOOP_PORT")),
        ("http.port", str(_unless_default(http.port, plain.port, theirs.get("port")))),
    )
    mine = _mapping(personal.get("defaults")).get("log_level") or personal.get("log_level")
    level = _read(
        _level,
        ("--log-level", flags.get("log-level")),
        ("ORGLOOP_LOG_LEVEL", environ.get("ORGLOOP_LOG_LEVEL")),
        ("log_level", str(_unless_default(definition.defaults.log_level, "info", mine))),
    )
    grace = _read(Duration.parse, ("--grace", flags.get("grace")), ("grace", str(_DEFAULT_GRACE)))
    heartbeat = _read(
        Duration.parse,
        ("ORGLOOP_HEARTBEAT_INTERVAL", environ.get("ORGLOOP_HEARTBEAT_INTERVAL")),
        ("supervisor.heartbeat_interval", str(definition.supervisor.heartbeat_interval)),
    )
    return Settings(
        http=evolve(http, host=host, port=port),
        log_level=level,
        grace=grace,
        heartbeat_interval=heartbeat,
    )


def personal_defaults(file: Path) -> Mapping[str, Any]:
    """Return what ``config.yaml`` in the home says; empty if it is not there."""
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise OrgLoopError(f"{file} cannot be read: {error}; mend it or remove it") from error
    import yaml  # only who has such a file pays for it

    try:
        return _mapping(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise OrgLoopError(f"{file} is not YAML: {error}; mend it or remove it") from error


def _read(parse: Callable[[str], T], *candidates: tuple[str, str | None]) -> T:
    """Parse the first value that is given; its name stands in the error."""
    name, text = next((name, text) for name, text in candidates if text)
    assert text is not None
    try:
        return parse(text)
    except InvalidValue as error:
        raise InvalidValue(f"{name}: {error}") from error


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65536:
        return int(text)
    raise InvalidValue(f"{text!r} is not a port: write a number from 0 (any free one) to 65535")


def _level(text: str) -> Level:
    if text.lower() in LEVELS:
        return cast(Level, text.lower())
    raise InvalidValue(f"{text!r} is not a level: write one of {', '.join(LEVELS)}")


def _first(*values: str | None) -> str | None:
    return next((value for value in values if value), None)


def _unless_default(value: object, default: object, otherwise: object) -> object:
    return otherwise if value == default and otherwise is not None else value


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
