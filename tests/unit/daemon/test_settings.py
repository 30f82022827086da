"""Flags beat variables, variables beat the project, the project beats personal defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orgloop.config.model import Defaults, HTTPSettings, ProjectDefinition
from orgloop.daemon.settings import Settings, personal_defaults, settings_of
from orgloop.errors import InvalidValue, OrgLoopError

NO_FLAGS = {"host": None, "port": None, "grace": None, "log-level": None}


def settings(
    flags: dict[str, str] | None = None,
    environ: dict[str, str] | None = None,
    http: HTTPSettings | None = None,
    personal: dict[str, Any] | None = None,
) -> Settings:
    definition = ProjectDefinition(
        name="p", file=Path("/p/orgloop.yaml"), http=http or HTTPSettings(), defaults=Defaults()
    )
    return settings_of(NO_FLAGS | (flags or {}), environ or {}, definition, personal or {})


def test_each_place_beats_the_next() -> None:
    personal = {"http": {"port": 1}}
    project = HTTPSettings(port=2)
    environ = {"ORGLOOP_PORT": "3"}
    flags = {"port": "4"}

    ports = [
        settings().http.port,
        settings(personal=personal).http.port,
        settings(personal=personal, http=project).http.port,
        settings(personal=personal, http=project, environ=environ).http.port,
        settings(personal=personal, http=project, environ=environ, flags=flags).http.port,
    ]

    assert ports == [4800, 1, 2, 3, 4]


def test_an_empty_variable_is_none() -> None:
    assert settings(environ={"ORGLOOP_PORT": "", "ORGLOOP_HOST": ""}).http == HTTPSettings()


@pytest.mark.parametrize(
    ("flags", "environ", "named"),
    [
        ({"port": "65536"}, {}, "--port"),
        ({}, {"ORGLOOP_PORT": "-1"}, "ORGLOOP_PORT"),
        ({"port": "٣"}, {}, "--port"),
        ({"grace": "soon"}, {}, "--grace"),
        ({}, {"ORGLOOP_LOG_LEVEL": "loud"}, "ORGLOOP_LOG_LEVEL"),
        ({}, {"ORGLOOP_HEARTBEAT_INTERVAL": "x"}, "ORGLOOP_HEARTBEAT_INTERVAL"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(
    flags: dict[str, str], environ: dict[str, str], named: str
) -> None:
    with pytest.raises(InvalidValue, match=named):
        settings(flags, environ)


def test_personal_defaults_may_be_absent(tmp_path: Path) -> None:
    assert personal_defaults(tmp_path / "config.yaml") == {}


def test_personal_defaults_that_are_no_yaml_are_named(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("http: [", "utf-8")

    with pytest.raises(OrgLoopError, match=r"config\.yaml is not YAML"):
        personal_defaults(file)
