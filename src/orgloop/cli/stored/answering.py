"""Answer from the files of a home what its runtime would answer, by the same code.

Nothing is written, and a home of which a file has lost something is not opened; see
`orgloop.cli.held_home.readable_home`.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from attrs import frozen

from orgloop.cli import control
from orgloop.cli.failing import CommandFailed
from orgloop.cli.held_home import readable_home, result_of
from orgloop.cli.invocation import Invocation
from orgloop.cli.stored.log import StoredLog
from orgloop.cli.stored.project import StoredProject
from orgloop.http.answer import Answer
from orgloop.http.audit import Audit
from orgloop.http.call import Call
from orgloop.http.deliveries import Deliveries
from orgloop.http.events import Events
from orgloop.http.problem import Refused
from orgloop.http.trace import Traces
from orgloop.storage.database import open_for_reading
from orgloop.storage.event_tables import SCHEMA as LOG_SCHEMA
from orgloop.storage.failure import storage_error
from orgloop.storage.home import Home
from orgloop.storage.losses import queue_files
from orgloop.storage.queue_schema import SCHEMA as QUEUE_SCHEMA

Act = Callable[[Call], Awaitable[Answer]]


@frozen
class StoredRuntime:
    """What is left of a runtime: as much of `orgloop.http.view.Runtime` as its books hold."""

    log: StoredLog
    projects: Mapping[str, StoredProject]

    @classmethod
    async def of(cls, home: Home) -> StoredRuntime:
        """Return what a home holds."""
        log = StoredLog.of(home)
        names = [name for name in await log.projects() if home.queue(name).exists()]
        return cls(log, {name: StoredProject.of(home, name) for name in names})

    async def run_in_thread(self, work: Callable[[Any], Any], argument: Any) -> Any:
        """Do it here and now: nobody else waits."""
        return work(argument)

    async def close(self) -> None:
        """Close the files."""
        for project in self.projects.values():
            await project.queue.close()
        await self.log.close()


@frozen
class Asked:
    """A request that nobody sent: as much of twisted's as `Call` reads."""

    path: bytes
    args: Mapping[bytes, list[bytes]]


def stored_answer(invocation: Invocation, target: str) -> control.Answer:
    """Return what ``GET target`` would be answered.

    Raises `CommandFailed` for files that must be mended, or brought up to date, before.
    """
    home = readable_home(invocation.home)
    _check_versions(home)
    answer = result_of(_answered(home, target))
    headers = dict(answer.headers)
    return control.Answer(
        answer.status,
        json.loads(answer.body),
        control.next_page(headers.get(b"Link", b"").decode()),
    )


def _check_versions(home: Home) -> None:
    schemas = {home.event_log: LOG_SCHEMA, **dict.fromkeys(queue_files(home), QUEUE_SCHEMA)}
    for file, schema in schemas.items():
        try:
            with closing(open_for_reading(file)) as connection:
                [version] = connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise storage_error(error, file) or error from error
        if version != schema.version:
            raise CommandFailed(
                f"{file} was written by another version of OrgLoop",
                hint="start the runtime once: it brings the file up to date",
            )


async def _answered(home: Home, target: str) -> Answer:
    address = urlsplit(target)
    query = parse_qs(address.query, keep_blank_values=True, errors="surrogateescape")
    asked: Any = Asked(
        address.path.encode("ascii"),
        {
            name.encode(errors="surrogateescape"): [
                value.encode(errors="surrogateescape") for value in values
            ]
            for name, values in query.items()
        },
    )
    stored = await StoredRuntime.of(home)
    act, found = _act(stored, address.path)
    try:
        return await act(Call(asked, found))
    except Refused as refusal:
        return Answer.of_problem(refusal.problem)
    finally:
        await stored.close()


def _act(stored: Any, path: str) -> tuple[Act, Mapping[str, str]]:
    """Return what answers a path, and the names that stand in it."""
    deliveries = Deliveries(stored)
    acts: dict[str, Act] = {
        "/api/events": Events(stored).show,
        "/api/events/(?P<event_id>[^/]*)": Traces(stored).show,
        "/api/queue": deliveries.queue,
        "/api/deliveries": deliveries.show,
        "/api/deliveries/(?P<delivery_id>[^/]*)": deliveries.one,
        "/api/audit": Audit(stored).show,
    }
    for pattern, act in acts.items():
        if (match := re.fullmatch(pattern, path)) is not None:
            names = match.groupdict()
            return act, {name: unquote(one, errors="replace") for name, one in names.items()}
    raise AssertionError(f"the books are not asked for {path}")
