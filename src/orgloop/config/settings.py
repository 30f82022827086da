"""Settle the settings of the runtime: variables over ``orgloop.yaml`` over ``config.yaml``."""

from __future__ import annotations

import os
from typing import Any

from attrs import evolve, field, fields, frozen

from orgloop.config.blocks import DefaultsBlock
from orgloop.config.concealment import keyed_hash
from orgloop.config.documents import PersonalDefaults
from orgloop.config.explained import as_written
from orgloop.config.files import read_document
from orgloop.config.model import Defaults, HTTPSettings, SupervisorSettings
from orgloop.config.nodes import Mapping, Node, Scalar, child, empty, merged
from orgloop.config.problems import Findings
from orgloop.config.reading import Nothing, Reading, has_variables
from orgloop.config.runtime import is_loopback
from orgloop.config.structure import structure
from orgloop.event import JSONObject

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
    described: JSONObject = field(factory=dict, repr=False)
    """See `ProjectDefinition.settings`."""


def read_settings(top: Mapping, reading: Reading, key: bytes) -> Settings:
    """Return the settings in force; what is wrong is reported and has its default instead.

    ``key`` keys the hashes in `Settings.described`.
    """
    personal = _personal(reading)
    read, described = {}, {}
    for name, cls in _BLOCKS.items():
        kept = _kept(name, top, personal, reading)
        node = _over(kept, _from_environment(name, reading))
        block = structure(cls, node, (None, name), reading)
        read[name] = cls() if isinstance(block, Nothing) else block
        described[name] = _described(name, kept, reading, key)
    _check_exposure(read["http"], top, reading)
    return Settings(_plain(read["defaults"]), read["http"], read["supervisor"], described)


def _described(name: str, kept: Node, reading: Reading, key: bytes) -> JSONObject:
    """Return what a block comes to without the variables of the start."""
    cls = _BLOCKS[name]
    aside = evolve(reading, findings=Findings(), uses=[], noted=set())
    block = structure(cls, kept, (None, name), aside)
    if isinstance(block, Nothing):
        block = cls()  # reported where it is read
    found = as_written(_plain(block) if isinstance(block, Defaults) else block)
    return {
        option: keyed_hash(value, key) if has_variables(_entry(kept, option)) else value
        for option, value in found.items()
    }


def _entry(block: Node, option: str) -> Node:
    found = block.entries.get(option) if isinstance(block, Mapping) else None
    return found or empty(None)


def _personal(reading: Reading) -> Mapping | None:
    file = reading.home / "config.yaml"
    if not os.path.isfile(file):  # also if this user may not look into the home
        return None
    document = read_document(file, reading.findings, kind=None)
    if document is not None:
        structure(PersonalDefaults, document, None, reading)
    return document


def _kept(name: str, top: Mapping, personal: Mapping | None, reading: Reading) -> Node:
    """Return a block as the files have it: the project's over the person's."""
    written = top.get(name) or empty(top.file, top.line, top.column)
    below = personal.get(name) if personal else None
    if not isinstance(written, Mapping):
        return written
    if isinstance(below, Mapping):
        return merged(written, below)
    if below is not None:
        structure(_BLOCKS[name], below, (None, name), reading)
    return written


def _over(kept: Node, layer: Mapping) -> Node:
    return merged(layer, kept) if isinstance(kept, Mapping) else kept


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
