"""Where polling has got to: the checkpoint, as text and as objects.

All times are those that GitHub writes, in milliseconds since the epoch; the clock of this machine
has no part in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from attrs import define, field

from orgloop.errors import InvalidValue
from orgloop.sdk.checkpoints import reading_checkpoint
from orgloop.times import to_epoch_ms

# How far behind the newest thing seen each poll looks again. Things get their time before they
# become visible, on several servers whose clocks agree to within seconds.
_OVERLAP_MS = 120_000
_VERSION = 1
_REMEDY = "reset it (orgloop checkpoint reset), and it begins anew with initial_lookback"


def moment(text: object) -> int:
    """Return when something happened; 0, which is before everything, if GitHub does not say."""
    try:
        return to_epoch_ms(text) if isinstance(text, str) else 0
    except InvalidValue:
        return 0


@define
class Track:
    """How far one listing has been followed.

    What is older than ``since`` is known. From there on ``seen`` says what is known, by name, and
    when it had last changed: so neither the same second nor a late arrival matters.
    """

    since: int
    seen: dict[str, int] = field(factory=dict)
    etags: list[str] = field(factory=list)

    @property
    def newest(self) -> int:
        """When what changed last did so, as far as is remembered."""
        return max(self.seen.values(), default=-1)

    def is_news(self, name: str, at: int) -> bool:
        """Whether something of this name that changed at ``at`` is not known yet."""
        return at >= self.since and self.seen.get(name, -1) < at

    def is_known_thing(self, name: str, created_at: int) -> bool:
        """Whether the thing was there already, and only its change is news."""
        return created_at < self.since or name in self.seen

    def note(self, name: str, at: int) -> None:
        """Know it from now on."""
        self.seen[name] = max(at, self.seen.get(name, -1))

    def advance(self, newest: int) -> None:
        """Everything up to ``newest`` has been looked at; forget what need not be remembered."""
        self.since = max(self.since, newest - _OVERLAP_MS)
        self.seen = {name: at for name, at in self.seen.items() if at >= self.since}

    def to_json(self) -> dict[str, Any]:
        return {"since": self.since, "seen": self.seen, "etags": self.etags}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Track:
        seen = {str(name): int(at) for name, at in document["seen"].items()}
        return cls(int(document["since"]), seen, [str(etag) for etag in document["etags"]])


TRACKS = ("issues", "events", "comments", "review_comments", "reviews", "runs", "suites")


@define
class Position:
    """How far one repository has been followed."""

    name: str
    """``owner/name`` as GitHub writes it."""
    issues: Track
    """Issues and pull requests, by when they last changed."""
    events: Track
    """What was done to them: labels, assignments, closing."""
    comments: Track
    review_comments: Track
    reviews: Track
    runs: Track
    suites: Track
    watched: dict[str, int] = field(factory=dict)
    """Commits with check suites that go on, and since when they are watched."""
    polls_since_sweep: int = 0
    """How many polls have looked for comments only where something else had changed, too."""
    unfinished_since: int | None = None
    """When the oldest workflow run began that had not ended yet."""

    @classmethod
    def beginning(cls, name: str, since: int) -> Position:
        """Return the position of a repository that is followed from ``since`` on."""
        tracks: dict[str, Any] = {track: Track(since) for track in TRACKS}
        return cls(name, **tracks)

    def copy(self) -> Position:
        """Return another one like it: a poll that fails half-way leaves this one as it is."""
        return self.from_json(self.to_json())

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "watched": self.watched,
            "polls_since_sweep": self.polls_since_sweep,
            "unfinished_since": self.unfinished_since,
            **{track: getattr(self, track).to_json() for track in TRACKS},
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Position:
        tracks: dict[str, Any] = {track: Track.from_json(document[track]) for track in TRACKS}
        return cls(
            str(document["name"]),
            **tracks,
            watched={str(oid): int(at) for oid, at in document["watched"].items()},
            polls_since_sweep=int(document["polls_since_sweep"]),
            unfinished_since=document["unfinished_since"],
        )


@define
class Checkpoint:
    """How far every repository of a source has been followed, by its name in lower case."""

    positions: dict[str, Position] = field(factory=dict)
    began: int | None = None
    """When the source was polled first: repositories that appear later begin there."""
    owners: dict[str, dict[str, Any]] = field(factory=dict)
    """The repositories of each ``owner/*``, and the validators of that listing."""

    @classmethod
    def parse(cls, text: str | None) -> Checkpoint:
        """Read what `__str__` wrote; raise `PluginError` for anything else."""
        if text is None:
            return cls()
        with reading_checkpoint("github", _REMEDY):
            document = orjson.loads(text)
            positions = document["repositories"].items()
            return cls(
                {name: Position.from_json(position) for name, position in positions},
                document["began"],
                document["owners"],
            )

    def __str__(self) -> str:
        document = {
            "version": _VERSION,
            "began": self.began,
            "owners": self.owners,
            "repositories": {name: one.to_json() for name, one in self.positions.items()},
        }
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()
