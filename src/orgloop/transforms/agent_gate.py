"""The agent-gate transform: nothing passes while a coding agent is at work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attrs import field, frozen
from twisted.internet.defer import DeferredSemaphore
from zope.interface import implementer

from orgloop.durations import Duration
from orgloop.errors import Dropped, InvalidValue
from orgloop.event import Event
from orgloop.interfaces import IAsyncTransform
from orgloop.options import option
from orgloop.plugin import ComponentContext, Finding, PluginContext, Registration, Setup
from orgloop.reports import TransformContext
from orgloop.sdk.agentctl import (
    STATUSES,
    ListedSession,
    binary_path_option,
    listed_sessions,
    timeout_option,
)
from orgloop.sdk.programs import check_program

_AT_A_TIME = 2


def _names(raw: Any) -> tuple[str, ...]:
    written = raw.split(",") if isinstance(raw, str) else [] if raw is None else raw
    if not isinstance(written, list) or not all(isinstance(one, str) for one in written):
        raise InvalidValue("write a name, or a list of names as in [claude-code, codex]")
    return tuple(name for one in written if (name := one.strip()))


def _statuses(raw: Any) -> tuple[str, ...]:
    names = _names(raw)
    unknown = [name for name in names if name not in STATUSES]
    if unknown or not names:
        raise InvalidValue(f"write one or more of {', '.join(STATUSES)}")
    return names


@frozen(kw_only=True)
class AgentGateConfig:
    """Which sessions close the gate."""

    adapter_filter: tuple[str, ...] = option(
        "Only sessions of these agents count; all if it is empty.",
        default=(),
        convert=_names,
        schema={"type": ["array", "string", "null"], "items": {"type": "string"}},
    )
    active_statuses: tuple[str, ...] = option(
        f"Only sessions in one of these states count: {', '.join(f'`{one}`' for one in STATUSES)}.",
        default=("running",),
        convert=_statuses,
        schema={"type": ["array", "string"], "items": {"enum": list(STATUSES)}},
    )
    binary_path: str = binary_path_option()
    timeout: Duration = timeout_option()


@frozen
class GateSlots:
    """How many gates of a runtime ask at a time."""

    semaphore: DeferredSemaphore = field(factory=lambda: DeferredSemaphore(_AT_A_TIME))


@implementer(IAsyncTransform)
class AgentGate:
    """Ask for each event whether an agent is at work."""

    def __init__(self, config: AgentGateConfig, context: PluginContext) -> None:
        self._config = config
        self._context = context
        self._slots = context.shared.one(GateSlots, GateSlots)

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    async def apply(self, event: Event, context: TransformContext) -> Event:
        """Drop the event while a session counts; see `IAsyncTransform.apply`.

        Raises `ProgramFailed` or `CannotRun` where nobody can say.
        """
        config = self._config
        await self._slots.semaphore.acquire()
        try:
            sessions = await listed_sessions(self._context, config.binary_path, config.timeout)
        finally:
            self._slots.semaphore.release()
        if any(map(self._counts, sessions)):
            raise Dropped("a session of a coding agent is active")
        return event

    def _counts(self, session: ListedSession) -> bool:
        adapters = self._config.adapter_filter
        is_asked_for = not adapters or session.adapter in adapters
        return is_asked_for and session.status in self._config.active_statuses


def _local_check(config: AgentGateConfig, context: ComponentContext) -> Sequence[Finding]:
    return [check_program(config.binary_path, context)]


registration = Registration(
    id="agent-gate",
    transform=AgentGate,
    config=AgentGateConfig,
    setup=Setup(summary="Asks agent-ctl whether a coding agent is at work. Needs that program."),
    local_check=_local_check,
)
