"""The source: ask for the sessions, and report what changed since the last time."""

from __future__ import annotations

from attrs import field, frozen
from zope.interface import implementer

from orgloop.connectors.agent_ctl.changes import changes, read_checkpoint, written
from orgloop.connectors.agent_ctl.config import AgentCtlConfig
from orgloop.interfaces import IPollingSource
from orgloop.plugin import PluginContext
from orgloop.reports import PollResult
from orgloop.sdk.agentctl import listed_sessions


@implementer(IPollingSource)
@frozen
class AgentCtlSource:
    """Report how sessions of coding agents begin, go on and end."""

    config: AgentCtlConfig
    _context: PluginContext = field(repr=False)

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of: a poll under way is cancelled, and ends the program."""

    async def poll(self, checkpoint: str | None) -> PollResult:
        """Ask and compare; see `IPollingSource.poll`. Raises `ProgramFailed` and `CannotRun`.

        The checkpoint is what is known of every session that is listed.
        """
        before = None if checkpoint is None else read_checkpoint(checkpoint)
        config = self.config
        listed = await listed_sessions(self._context, config.binary_path, config.timeout)
        drafts, known = changes(before, listed)
        return PollResult(drafts, written(known))
