"""The source: ask for the messages that a query finds, and report what changed."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from attrs import field, frozen
from zope.interface import implementer

from orgloop.connectors.gog.changes import Memory, changes, messages_of
from orgloop.connectors.gog.config import GogConfig
from orgloop.durations import Duration
from orgloop.event import JSONObject
from orgloop.interfaces import IPollingSource
from orgloop.plugin import Finding, PluginContext
from orgloop.reports import PollResult
from orgloop.sdk.checking import CHECK_SECONDS
from orgloop.sdk.processes import CannotRun
from orgloop.sdk.programs import ProgramFailed, json_from

_LIMIT = Duration(60_000)
_CHECK_LIMIT = Duration.of_seconds(CHECK_SECONDS)
_MOST_PAGES = 10


@implementer(IPollingSource)
@frozen
class GogSource:
    """Report messages that came in, and labels that were put on them or taken off."""

    config: GogConfig
    _context: PluginContext = field(repr=False)

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of: a poll under way is cancelled, and ends the program."""

    async def poll(self, checkpoint: str | None) -> PollResult:
        """Ask and compare; see `IPollingSource.poll`. Raises `ProgramFailed` and `CannotRun`.

        The first poll looks at one page. Later ones go on to older pages as long as they hold
        nothing but what is new; where one has to stop before that, those after it go on.
        """
        memory = Memory.of(checkpoint)
        is_first = checkpoint is None
        found, page = await self._read(None, memory.known, 1 if is_first else _MOST_PAGES)
        unread = list(memory.unread)
        if page is not None and not is_first:
            unread.append(page)
        elif unread:
            older, page = await self._read(unread.pop(), memory.known, _MOST_PAGES)
            found += older
            unread += [] if page is None else [page]
        unique = list({one["id"]: one for one in found}.values())
        drafts, known = changes(memory.known, unique, self.config.account)
        return PollResult(drafts, Memory(known, unread).checkpoint())

    async def _read(
        self, page: str | None, known: Container[str], most_pages: int
    ) -> tuple[list[JSONObject], str | None]:
        """Return messages up to those that are known, and the page to go on at if there is one."""
        found: list[JSONObject] = []
        for _ in range(most_pages):
            answer = await self._asked(self.config.max_per_poll, page, _LIMIT)
            messages = messages_of(answer)
            found += messages
            page = answer.get("nextPageToken") or None
            if not page or not messages or any(one["id"] in known for one in messages):
                return found, None
        return found, page

    async def try_account(self) -> Finding:
        """Ask for one message, and say whether gog may read mail; for ``doctor``."""
        try:
            messages_of(await self._asked(1, None, _CHECK_LIMIT))
        except (ProgramFailed, CannotRun) as error:
            return Finding(
                about="credential",
                status="degraded",
                message=str(error),
                fix="run gog auth list, and gog auth add <account> --services gmail",
            )
        return Finding(about="credential", message="gog may read mail")

    async def _asked(self, most: int, page: str | None, limit: Duration) -> Any:
        config = self.config
        arguments = ["gmail", "messages", "search", "--json", "--no-input", f"--max={most}"]
        optional = {"account": config.account, "client": config.gog_client, "page": page}
        arguments += [f"--{name}={value}" for name, value in optional.items() if value]
        if config.fetch_body:
            arguments.append("--include-body")
        # Behind the dashes it is a query, also where it begins with one: -from:me
        arguments += ["--", config.query]
        return await json_from(self._context, "gog", config.binary_path, arguments, limit)
