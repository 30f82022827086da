"""Check what a route's ``then`` asks of the runtime, beside what its actor's plugin reads."""

from __future__ import annotations

from orgloop.config.inbox import InboxSettings
from orgloop.config.nodes import Mapping, Node, Trail
from orgloop.config.readers import read_bool
from orgloop.config.reading import Nothing, Reading
from orgloop.config.structure import structure

_KEYS = ("inbox", "session_key", "inbox_ttl", "inbox_max_batch")


def read_inbox(
    config: Node | None, trail: Trail, reading: Reading
) -> InboxSettings | Nothing | None:
    """Return the inbox that a route's ``then.config`` (at ``trail``) describes, if it does.

    Other keys are its actor's affair, and so are all of them without ``inbox: true``.
    """
    wanted = config.get("inbox") if isinstance(config, Mapping) else None
    if wanted is None:
        return None
    assert isinstance(config, Mapping)
    mark = len(reading.uses)
    is_wanted = read_bool(wanted, (trail, "inbox"), reading)
    settings = is_wanted if isinstance(is_wanted, Nothing) else None
    if is_wanted is True:
        settings = structure(InboxSettings, _part(config), trail, reading)
    del reading.uses[mark:]  # `then.config` is read as a whole as well
    return settings


def _part(config: Mapping) -> Mapping:
    entries = {key: config.entries[key] for key in _KEYS if key in config.entries}
    keys = {key: config.keys[key] for key in entries}
    return Mapping(entries, keys, config.file, config.line, config.column)
