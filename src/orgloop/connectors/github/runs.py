"""Read the workflow runs of a repository."""

from __future__ import annotations

from collections.abc import Sequence

from orgloop.connectors.github.api import GitHubAPI
from orgloop.connectors.github.events import Object
from orgloop.connectors.github.listing import read
from orgloop.connectors.github.position import Position, moment

_LONGEST_RUN_MS = 3 * 86_400_000  # one that has gone on for longer is not waited for


async def read_runs(api: GitHubAPI, position: Position) -> tuple[Sequence[Object], int, int]:
    """Return the runs to look at, oldest first, when the newest change was, and GitHub's time.

    Runs are listed by when they began, and keep their place when they end or run again. So the
    listing is read back to the oldest one that had not ended the last time, and each page of that
    stretch is asked whether it has changed.
    """
    track = position.runs
    begin = min(track.since, position.unfinished_since or track.since)
    found = await read(
        api,
        f"/repos/{position.name}/actions/runs",
        key="workflow_runs",
        etags=track.etags,
        goes_on=lambda run: moment(run.get("created_at")) >= begin,
        is_unordered=True,
    )
    track.etags = list(found.etags) if all(found.etags) else []
    newest = max((moment(run.get("updated_at")) for run in found.items), default=0)
    if not found.is_unchanged:
        position.unfinished_since = _oldest_unfinished(found.items, newest)
    return found.items[::-1], newest, found.server_ms


def _oldest_unfinished(runs: Sequence[Object], newest: int) -> int | None:
    began = (moment(run.get("created_at")) for run in runs if run.get("status") != "completed")
    return min((at for at in began if at > newest - _LONGEST_RUN_MS), default=None)
