"""Take in what hooks have left in the spool while nobody could take it from them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from orgloop.errors import (
    PLUGIN_ERRORS,
    InvalidEvent,
    InvalidPayload,
    NotReady,
    Overloaded,
    StorageUnavailable,
)
from orgloop.flow.background import in_background
from orgloop.interfaces import IWebhookSource
from orgloop.reports import WebhookRequest
from orgloop.runtime.doors import Doors
from orgloop.runtime.source import RunningSource
from orgloop.storage.spool import Spool, Spooled, UnreadableSpoolFile
from orgloop.wording import described

_PERIOD_SECONDS = 10.0
_ALL = "all"


class _NotNow(Exception):
    """Nothing can be kept at the moment."""


@define(eq=False, kw_only=True)
class SpoolIntake:
    """Look into the spool at the start and every ten seconds.

    Files are taken in the order in which hooks wrote them, one after another, and each is removed
    when its events are durable. A crash in between takes it in again, under the same identity.
    What a source is not ready for stays, and so does all that follows it for the same source.
    """

    _log = Logger()

    spool: Spool
    doors: Doors
    clock: IReactorTime
    now_ms: Callable[[], int]
    run_in_thread: Callable[..., Any]
    _loop: LoopingCall | None = field(default=None, init=False)
    _over: Deferred[LoopingCall] | None = field(default=None, init=False)
    _told: dict[str, str] = field(factory=dict, init=False)
    """What was said of the files that stay, by what they are for: it is said once."""

    def start(self) -> None:
        """Begin with a look at once."""
        self._loop = LoopingCall(lambda: in_background(self._look(), self._log))
        self._loop.clock = self.clock
        self._over = self._loop.start(_PERIOD_SECONDS)

    async def stop(self) -> None:
        """Begin nothing new and return when the look under way has ended."""
        if self._loop is None or self._over is None or not self._loop.running:
            return
        self._loop.stop()
        await self._over

    @property
    def _is_stopping(self) -> bool:
        return self._loop is None or not self._loop.running

    async def _look(self) -> None:
        try:
            await self.run_in_thread(self.spool.tidy, self.now_ms())
            await self._take_all(await self.run_in_thread(self.spool.waiting))
        except OSError as error:
            self._stays(_ALL, str(error))
        except _NotNow as error:
            self._log.debug("the spool waits: {error}", error=error)
        else:
            self._told.pop(_ALL, None)

    async def _take_all(self, files: list[Path]) -> None:
        stuck: dict[str, str] = {}
        for file in files:
            if self._is_stopping:
                return
            try:
                spooled: Spooled = await self.run_in_thread(self.spool.read, file)
            except FileNotFoundError:
                continue
            except UnreadableSpoolFile as error:
                await self._set_aside(file, str(error))
                continue
            except OSError as error:
                stuck[f"file {file.name}"] = f"it cannot be read: {error.strerror or error}"
                continue
            whose = f"source {spooled.source}"
            if whose not in stuck:
                why = await self._take(file, spooled)
                if why is not None:
                    stuck[whose] = why
        for what, why in stuck.items():
            self._stays(what, why)
        self._told = {what: self._told[what] for what in stuck}

    async def _take(self, file: Path, spooled: Spooled) -> str | None:
        """Take one file in; return why it stays, if it does."""
        running = self.doors.named(spooled.source, None)
        if running is None:
            return "no project has one webhook source of that name"
        source = running.source
        if source is None or not running.available:
            return running.reason or "it is not ready"
        try:
            await self._accept(running, source, spooled)
        except (InvalidPayload, InvalidEvent) as error:
            await self._set_aside(file, running.conceal(str(error)))
            return None
        except (StorageUnavailable, Overloaded, NotReady) as error:
            raise _NotNow(str(error)) from error
        except PLUGIN_ERRORS as error:
            return running.conceal(f"it failed: {described(error)}")
        await self.run_in_thread(self.spool.remove, file)
        return None

    async def _accept(
        self, running: RunningSource, source: IWebhookSource, spooled: Spooled
    ) -> None:
        # Who may write into the home may as well use the control token: no signature is asked for.
        request = WebhookRequest(f"/webhook/{spooled.source}", {}, spooled.body, spooled.written_at)
        result = await source.receive(request)
        await running.accept(result.events, cause=spooled.cause)

    async def _set_aside(self, file: Path, why: str) -> None:
        self._log.error(
            "{file} in the spool cannot be taken in and is kept in {aside}: {why}",
            file=file.name,
            aside=str(self.spool.aside),
            why=why,
        )
        await self.run_in_thread(self.spool.set_aside, file)

    def _stays(self, what: str, why: str) -> None:
        """Say once why files stay, until there is another reason."""
        if self._told.get(what) == why:
            return
        self._told[what] = why
        if what == _ALL:
            self._log.error("the spool cannot be read: {why}", why=why)
        else:
            self._log.warn(
                "what waits in the spool ({what}) stays there: {why}", what=what, why=why
            )
