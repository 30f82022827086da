"""A supervisor's crew with runtimes that are only pretended, and a clock that is turned by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import define, field
from twisted.internet.task import Clock
from zope.interface import implementer

from orgloop.daemon.supervisor.backoff import Pace, Restarts
from orgloop.daemon.supervisor.crew import Crew
from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.supervisor.listeners import HeldListeners
from orgloop.daemon.supervisor.news import News
from orgloop.daemon.supervisor.records import Records
from orgloop.daemon.supervisor.request import RestartRequest
from orgloop.daemon.supervisor.roles import IFollower, Introduction, IRuntimeProcess
from orgloop.daemon.supervisor.verdict import Judge
from orgloop.daemon.telling.report import Failed, Outcome
from orgloop.daemon.telling.witness import IWitness, ReadyRuntime, Unmoved
from orgloop.storage.holder import LockHolder
from orgloop.storage.home import Home
from orgloop.storage.lock import HomeLock

SUPERVISOR_PID = 100
KILLED = Ending(signal=9)


@implementer(IRuntimeProcess)
@define(eq=False)
class PretendedRuntime:
    """Notes what it is told; a test says what it does."""

    follower: IFollower
    pid: int
    started: float
    is_first: bool
    introduction: Introduction | None = None
    has_begun: bool = False
    begun_with: Mapping[str, Any] = field(factory=dict)
    told: list[str] = field(factory=list)
    is_ready: bool = False
    is_alive: bool = True

    def begin(self, fields: Mapping[str, Any], listeners: Mapping[str, int]) -> None:
        """See `IRuntimeProcess.begin`."""
        self.has_begun = True
        self.begun_with = {**fields, "listeners": dict(listeners)}

    def make_way(self) -> None:
        """See `IRuntimeProcess.make_way`."""
        self.told.append("make way")

    def ask_to_stop(self) -> None:
        """See `IRuntimeProcess.ask_to_stop`."""
        self.told.append("stop")

    def hurry(self) -> None:
        """See `IRuntimeProcess.hurry`."""
        self.told.append("hurry")

    def kill(self) -> None:
        """See `IRuntimeProcess.kill`."""
        self.told.append("die")

    def pass_on(self, number: int) -> None:
        """See `IRuntimeProcess.pass_on`."""
        self.told.append(f"signal {number}")

    # --- what a test has it do ------------------------------------------------------------------

    def prepare(self, pace: Pace = Pace()) -> PretendedRuntime:
        """Say that the project is valid."""
        self.introduction = Introduction(
            project="house", file="/house/orgloop.yaml", host="127.0.0.1", pace=pace
        )
        self.follower.prepared(self)
        return self

    def be_ready(self) -> PretendedRuntime:
        """Say that everything is in place."""
        self.is_ready = True
        ready = ReadyRuntime(pid=self.pid, project="house", url="http://house", log="/house.log")
        self.follower.ready(self, ready)
        return self

    def come_up(self, pace: Pace = Pace()) -> PretendedRuntime:
        """Go all the way to ready."""
        return self.prepare(pace).be_ready()

    def end(self, ending: Ending) -> None:
        """Be gone."""
        self.is_alive = False
        self.follower.ended(self, ending)

    def crash(self) -> None:
        """Be killed by somebody."""
        self.end(KILLED)


@implementer(IWitness)
@define(eq=False)
class Listener(Unmoved):
    """Notes what it is told."""

    heard: list[object] = field(factory=list)

    def ready(self, runtime: ReadyRuntime) -> None:
        """See `IWitness.ready`."""
        self.heard.append(runtime)

    def failed(self, exit_code: int, lines: Sequence[str]) -> None:
        """See `IWitness.failed`."""
        self.heard.append(Failed(exit_code, tuple(lines)))

    def stopping(self, reason: str) -> None:
        """See `IWitness.stopping`."""
        self.heard.append(reason)


@define(eq=False)
class World:
    """One crew, the processes it has started, and how it all ended."""

    home: Home
    lock: HomeLock
    crew: Crew
    clock: Clock
    witness: Listener
    started: list[PretendedRuntime]
    exit_codes: list[int]
    answers: list[Outcome] = field(factory=list)

    @classmethod
    def at(cls, root: Path, *, random: Callable[[], float] = lambda: 1.0) -> World:
        """Return one that keeps its records there; pauses are as long as they can be."""
        home = Home(root)
        home.create()
        lock = HomeLock.acquire(home, LockHolder(supervisor=SUPERVISOR_PID))
        started: list[PretendedRuntime] = []
        exit_codes: list[int] = []
        clock, witness = Clock(), Listener()

        def start(follower: IFollower, *, is_first: bool) -> PretendedRuntime:
            pid = 1000 + len(started)
            started.append(PretendedRuntime(follower, pid, clock.seconds(), is_first))
            return started[-1]

        crew = Crew(
            start=start,
            clock=clock,
            judged_by=Judge(Restarts(Pace(), random)),
            news=News(witness),
            records=Records(
                home=home,
                lock=lock,
                holder=LockHolder(supervisor=SUPERVISOR_PID),
                now_ms=lambda: round(clock.seconds() * 1000),
            ),
            listeners=HeldListeners(),
            gone=exit_codes.append,
        )
        return cls(home, lock, crew, clock, witness, started, exit_codes)

    def begin(self) -> PretendedRuntime:
        """Start the first runtime, and return it."""
        self.crew.machine.begin()
        return self.last

    def ask_for_restart(self) -> None:
        """Ask as `orgloop restart` does."""
        self.crew.machine.replace(RestartRequest(self.answers.append))

    @property
    def last(self) -> PretendedRuntime:
        """The process that was started last."""
        return self.started[-1]

    @property
    def living(self) -> list[PretendedRuntime]:
        """The processes that have not ended."""
        return [one for one in self.started if one.is_alive]

    @property
    def state(self) -> str:
        """That of the machine."""
        return self.crew.machine.state()

    def pause(self) -> float | None:
        """Return how long until the next runtime is started, `None` if none is to be."""
        calls = self.clock.getDelayedCalls()
        return calls[0].getTime() - self.clock.seconds() if calls else None

    def close(self) -> None:
        """Let go of the lock."""
        self.lock.release()
