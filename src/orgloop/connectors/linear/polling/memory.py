"""What a source must remember between polls; it is the source's checkpoint.

Two floors say from when on Linear is asked, by its own clock. What was reported is remembered for
as long as it can come up again: issues and comments until their floor has passed them, entries of a
history for a while longer, since they may still grow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from attrs import define, evolve, field

from orgloop.connectors.linear.events.changes import Change, LabelSet, Value, name_of, same
from orgloop.connectors.linear.events.issue import Named
from orgloop.connectors.linear.polling.entry import Entry
from orgloop.errors import InvalidValue
from orgloop.sdk.checkpoints import reading_checkpoint
from orgloop.times import to_epoch_ms

OVERLAP_MS = 60_000
"""How far back each poll looks again: Linear may show a change later than the time it bears."""
GROWS_MS = 3_600_000
"""How long after its last change an entry is remembered. Linear says "a short grouping window"."""
_MOST_ENTRIES = 1000
_MOST_KNOWN = 4000
_REMEDY = "set it to the time to begin at, such as 2026-01-31T08:15:00Z, or delete it"


@define
class _Told:
    """What was reported of an entry: each aspect's first value, and every one it went to."""

    at: int
    values: dict[str, list[Value]] = field(factory=dict)


@define
class Memory:
    """What was reported, and from when on to ask."""

    issues_floor: int
    """Milliseconds since the epoch: issues that changed before are of no interest."""
    comments_floor: int
    _known: dict[str, int] = field(factory=dict)
    """New issues and comments that were reported, and when they were made."""
    _told: dict[str, _Told] = field(factory=dict)

    def is_new(self, key: str, at: int) -> bool:
        """Whether a new issue or comment has not been reported; from now on it has."""
        if key in self._known:
            return False
        self._known[key] = at
        return True

    def news(self, entry: Entry) -> list[tuple[Change, str]]:
        """Return what an entry says beyond what was reported of it, each with its key.

        From now on it has been reported.
        """
        told = self._told.get(entry.id)
        aspects = dict.fromkeys([*entry.changes, *(told.values if told else ())])
        if not aspects:
            return []
        told = self._told.setdefault(entry.id, _Told(entry.updated_ms))
        told.at = entry.updated_ms
        found = (_step(entry, aspect, told) for aspect in aspects)
        return [news for news in found if news is not None]

    def trim(self) -> None:
        """Forget what cannot come up again, and more if there is much of it."""
        floors = {"issue": self.issues_floor, "comment": self.comments_floor}
        known = {
            key: at for key, at in self._known.items() if at >= floors.get(key.split(":")[0], 0)
        }
        self._known = dict(sorted(known.items(), key=lambda one: one[1])[-_MOST_KNOWN:])
        since = self.issues_floor - GROWS_MS
        told = {key: told for key, told in self._told.items() if told.at >= since}
        self._told = dict(sorted(told.items(), key=lambda one: one[1].at)[-_MOST_ENTRIES:])

    def to_text(self) -> str:
        """Write the checkpoint."""
        document = {
            "issues": self.issues_floor,
            "comments": self.comments_floor,
            "known": self._known,
            "told": {
                key: [told.at, {aspect: [*map(_plain, v)] for aspect, v in told.values.items()}]
                for key, told in self._told.items()
            },
        }
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()


def read_memory(checkpoint: str) -> Memory:
    """Read a checkpoint, or the moment that a person has set in its place.

    Raises `PluginError` for anything else.
    """
    try:
        begin = to_epoch_ms(checkpoint.strip())
        return Memory(begin, begin)
    except InvalidValue:
        pass
    with reading_checkpoint("linear", _REMEDY):
        return _memory(orjson.loads(checkpoint))


def _step(entry: Entry, aspect: str, told: _Told) -> tuple[Change, str] | None:
    """Return the way from what was last reported of an aspect to what the entry says now."""
    change = entry.changes.get(aspect)
    values = told.values.get(aspect)
    if values is None:
        assert change is not None
        values = told.values[aspect] = [change.before]
    after = values[0] if change is None else change.after
    before = values[-1]
    if same(before, after):
        return None
    key = f"history:{entry.id}:{aspect}:{name_of(after)}"
    # The same value may be reached again while an entry grows; that is another change.
    if again := sum(same(value, after) for value in values[1:]):
        key += f":{again + 1}"
    values.append(after)
    if change is None:
        return Change(aspect, before, after), key
    return evolve(change, before=before), key


def _memory(document: Any) -> Memory:
    told = {
        str(key): _Told(int(at), {aspect: [*map(_value, v)] for aspect, v in values.items()})
        for key, (at, values) in document["told"].items()
    }
    known = {str(key): int(at) for key, at in document["known"].items()}
    return Memory(int(document["issues"]), int(document["comments"]), known, told)


def _plain(value: Value) -> Any:
    match value:
        case Named():
            return value.to_json()
        case LabelSet():
            labels = {"added": value.added, "removed": value.removed}
            return {key: [label.to_json() for label in one] for key, one in labels.items()}
        case _:
            return value


def _value(written: Any) -> Value:
    if isinstance(written, Mapping):
        added, removed = (tuple(map(Named.from_json, written[key])) for key in ("added", "removed"))
        return LabelSet(added, removed)
    if isinstance(written, list):
        return Named.from_json(written)
    return None if written is None else int(written)
