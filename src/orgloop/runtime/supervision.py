"""Who watches over a runtime and restarts it, as far as the runtime knows."""

from __future__ import annotations

from attrs import define


@define(eq=False)
class Supervision:
    """What the supervisor told a runtime when it began."""

    supervisor_pid: int
    restarts: int = 0
    """How often it has started a runtime again."""
    last_exit: str | None = None
    """How the runtime before this one ended."""
    is_gone: bool = False
    """Whether the supervisor has died since: nobody restarts this runtime any more."""
