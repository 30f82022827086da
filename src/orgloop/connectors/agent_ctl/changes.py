"""Find out what happened to sessions between two listings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import orjson
from attrs import asdict, evolve, frozen

from orgloop.event import EventDraft, JSONObject
from orgloop.sdk.agentctl import STATUSES, ListedSession
from orgloop.sdk.checkpoints import reading_checkpoint
from orgloop.sdk.lifecycle import VANISHED, Ending, Session, ended, going, lifecycle_draft

PLATFORM = "agent-ctl"
_LIVE = frozenset({"running", "idle"})
_GONE = "gone"
_MOST_AWAY = 1000  # sessions that are not listed any more and still remembered
_ENDINGS = {
    "stopped": Ending("stopped", "unknown", "stopped"),
    "error": Ending("failed", "failure", "error"),
}


@frozen(kw_only=True)
class Known:
    """What is remembered of a session from one poll to the next."""

    id: str
    adapter: str
    status: str
    started_at: str | None = None
    cwd: str | None = None
    changes: int = 0
    """How often its status has changed: part of what names a change."""

    @property
    def place(self) -> str:
        """What tells it from every other session, also one that has its id again later."""
        return f"{self.adapter}:{self.id}:{self.started_at or ''}"


def read_checkpoint(checkpoint: str) -> dict[str, Known]:
    """Return what `written` wrote, by place; raise `PluginError` for anything else."""
    with reading_checkpoint(
        "agent-ctl",
        "reset it (orgloop checkpoint reset), and the sessions that run then are reported as "
        "started",
    ):
        return {one.place: one for one in (Known(**entry) for entry in orjson.loads(checkpoint))}


def written(known: Iterable[Known]) -> str:
    """Write what is remembered."""
    return orjson.dumps([asdict(one) for one in known]).decode()


def changes(
    before: Mapping[str, Known] | None, listed: Iterable[ListedSession]
) -> tuple[list[EventDraft], list[Known]]:
    """Return what happened since ``before``, and what is known now.

    The very first time (`None`) what has ended already is history. A state that is not known
    changes nothing.
    """
    drafts: list[EventDraft] = []
    now: dict[str, Known] = {}
    for session in listed:
        first = Known(
            id=session.id,
            adapter=session.adapter,
            status="",
            started_at=session.started_at,
            cwd=session.cwd,
        )
        if first.place in now:
            continue  # listed twice
        old = (before or {}).get(first.place, first)
        new = _with_status(old, session)
        now[new.place] = new
        if before is not None or new.status in _LIVE:
            drafts.extend(_told(old, new, session))
    away = [one for place, one in (before or {}).items() if place not in now]
    drafts.extend(_gone(one) for one in away if one.status in _LIVE)
    # One that comes back goes on counting its changes, so that none is taken for an earlier one.
    kept = [_as_gone(one) for one in away][-_MOST_AWAY:]
    return drafts, [*kept, *now.values()]


def _with_status(old: Known, session: ListedSession) -> Known:
    if session.status not in STATUSES or session.status == old.status:
        return old
    return evolve(old, status=session.status, cwd=session.cwd, changes=old.changes + 1)


def _told(old: Known, new: Known, session: ListedSession) -> Iterator[EventDraft]:
    if new.status == old.status:
        return
    said = dict(session.told)
    if new.status in _ENDINGS:
        over = ended(_session(new, session.stopped_at), _ENDINGS[new.status])
        yield _draft(new, said | over, session.stopped_at)
    elif old.status in _LIVE:
        yield _draft(new, said | going("active", _session(new), new.status), None)
    else:
        yield _draft(new, said | going("started", _session(new)), _start_of(old, session))


def _start_of(old: Known, session: ListedSession) -> str | None:
    """Return when a session began; one that goes on after it had ended says nothing of that."""
    return session.started_at if not old.status else None


def _gone(known: Known) -> EventDraft:
    return _draft(_as_gone(known), ended(_session(known), VANISHED), None)


def _as_gone(known: Known) -> Known:
    if known.status not in _LIVE:
        return known
    return evolve(known, status=_GONE, changes=known.changes + 1)


def _session(known: Known, ended_at: str | None = None) -> Session:
    return Session(
        id=known.id,
        adapter=known.adapter,
        harness=known.adapter,
        cwd=known.cwd,
        started_at=known.started_at,
        ended_at=ended_at,
    )


def _draft(known: Known, payload: JSONObject, timestamp: str | None) -> EventDraft:
    provenance: JSONObject = {
        "author": known.adapter,
        "author_type": "bot",
        "session_id": known.id,
        "resource_id": f"{known.adapter}:{known.id}",
    }
    if known.cwd is not None:
        provenance["working_directory"] = known.cwd
    phase = payload["lifecycle"]["phase"]
    key = f"{known.place}:{known.changes}:{phase}"
    return lifecycle_draft(PLATFORM, payload, provenance=provenance, key=key, timestamp=timestamp)
