"""Settle the settings of the runtime: variables over ``orgloop.yaml`` over ``config.yaml``."""

from __future__ import annotations

from typing import Any

from attrs import fields, frozen

from orgloop.config.blocks import DefaultsBlock
from orgloop.config.documents import PersonalDefaults
from orgloop.config.files import read_document
from orgloop.config.model import Defaults, HTTPSettings, SupervisorSettings
from orgloop.config.nodes import Mapping, Node, Scalar, child, empty, merged
from orgloop.config.reading import Nothing, Reading
from orgloop.config.runtime import is_loopback
from orgloop.config.structure import structure

_BLOCKS: dict[str, type[Any]] = {
    "defaults": DefaultsBlock,
    "http": HTTPSettings,
    "supervisor": SupervisorSettings,
}
_VARIABLES = {
    "ORGLOOP_LOG_LEVEL": ("defaults", "log_level"),
    "ORGLOOP_LOG_FORMAT": ("defaults", "log_format"),
    "ORGLOOP_HOST": ("http", "host"),
    "ORGLOOP_PORT": ("http", "port"),
    "ORGLOOP_HEARTBEAT_INTERVAL": ("supervisor", "heartbeat_interval"),
    "ORGLOOP_SUPERVISOR_BACKOFF_INITIAL": ("supervisor", "backoff_initial"),
    "ORGLOOP_SUPERVISOR_BACKOFF_MAX": ("supervisor", "backoff_max"),
    "ORGLOOP_SUPERVISOR_MAX_RESTARTS": ("supervisor", "max_restarts"),
    "ORGLOOP_SUPERVISOR_WINDOW": ("supervisor", "window"),
}


@frozen
class Settings:
    """The three blocks that concern the runtime rather than one component."""

    defaults: Defaults = Defaults()
    http: HTTPSettings = HTTPSettings()
    supervisor: SupervisorSettings = SupervisorSettings()


def read_settings(top: Mapping, reading: Reading) -> Settings:
    """Return the settings in force; what is wrong is reported and has its default instead."""
    personal = _personal(reading)
    read = {}
    for name, cls in _BLOCKS.items():
        node = _layered(name, top, personal, reading)
        block = structure(cls, node, (None, name), reading)
        read[name] = cls() if isinstance(block, Nothing) else block
    _check_exposure(read["http"], top, reading)
    return Settings(_plain(read["defaults"]), read["http"], read["supervisor"])


def _personal(reading: Reading) -> Mapping | None:
    file = reading.home / "config.yaml"
    if not file.is_file():
        return None
    document = read_document(file, reading.findings, kind=None)
    if document is not None:
        structure(PersonalDefaults, document, None, reading)
    return document


def _layered(name: str, top: Mapping, personal: Mapping | None, reading: Reading) -> Node:
    written = top.get(name) or empty(top.file, top.line, top.column)
    below = personal.get(name) if personal else None
    if not isinstance(written, Mapping):
        return written
    if isinstance(below, Mapping):
        written = merged(written, below)
    elif below is not None:
        structure(_BLOCKS[name], below, (None, name), reading)
    return merged(_from_environment(name, reading), written)


def _from_environment(block: str, reading: Reading) -> Mapping:
    """Write the variables that are set as if ``${NAME}`` stood there: errors then name them."""
    layer = empty(None)
    for variable, (name, key) in _VARIABLES.items():
        if name == block and reading.variables.environ.get(variable):
            layer.entries[key] = Scalar(f"${{{variable}}}", None, 1, 1)
            layer.keys[key] = layer
    return layer


def _plain(block: Defaults) -> Defaults:
    return Defaults(**{one.name: getattr(block, one.name) for one in fields(Defaults)})


def _check_exposure(http: HTTPSettings, top: Mapping, reading: Reading) -> None:
    if http.auth == "token" or (is_loopback(http.host) and http.webhooks is None):
        return
    reading.report(
        child(top, "http", "auth"),
        ((None, "http"), "auth"),
        "the control API would be open to everyone who reaches this machine",
        "Keep `auth: token`, or listen on 127.0.0.1 without a second listener.",
    )
