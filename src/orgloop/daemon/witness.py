"""Who is told how a start and a stop are getting on."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen
from zope.interface import Interface


@frozen(kw_only=True)
class ReadyRuntime:
    """A runtime whose sources, routes and actors are in place."""

    pid: int
    project: str
    url: str
    """Where its control API and its webhooks are."""
    log: str
    """The path of its application log."""
    supervisor_pid: int | None = None
    """Who restarts it, if anybody does."""


class IWitness(Interface):
    """Is told what becomes of a process that starts, runs and stops.

    Called on the reactor's thread and must neither block nor raise: somebody who does not listen
    (a closed pipe, a socket that is gone) stops nothing. `failed` may come before the reactor
    turns.
    """

    def ready(runtime: ReadyRuntime) -> None:
        """Everything is in place. Called once at most."""

    def failed(exit_code: int, lines: Sequence[str]) -> None:
        """The start failed, and why; the process will end with this exit code.

        Called once at most, and never after `ready`.
        """

    def reloading() -> None:
        """Somebody asks for the project to be read anew (``SIGHUP``)."""

    def stopping(reason: str) -> None:
        """The way out has begun. Called once at most."""

    async def stopped() -> None:
        """The last but one step: take back what says that the process runs."""
