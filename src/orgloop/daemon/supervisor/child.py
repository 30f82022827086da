"""The process of one runtime, as its supervisor holds it: channel, output, signs of life."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from attrs import define, field
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IProcessTransport, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from orgloop.daemon.supervisor.backoff import Pace
from orgloop.daemon.supervisor.ending import Ending
from orgloop.daemon.supervisor.last_resort import LastResort
from orgloop.daemon.supervisor.output import IOutput, last_lines
from orgloop.daemon.supervisor.roles import IFollower, Introduction, IRuntimeProcess
from orgloop.daemon.supervisor.watchdog import Watchdog
from orgloop.daemon.telling.channel import Channel, ChannelClosed, Message
from orgloop.daemon.telling.report import Failed
from orgloop.daemon.telling.witness import MAKING_WAY, ReadyRuntime


@implementer(IRuntimeProcess)
@define(eq=False, kw_only=True, slots=False)
class RuntimeProcess(ProcessProtocol):
    """See `IRuntimeProcess`; to the reactor it is the protocol of the process."""

    follower: IFollower
    clock: IReactorTime
    channel: Channel
    output: IOutput
    stop_reading: Callable[[], None] = field(default=lambda: None)
    """Have the reactor look at the channel no more."""
    pid: int = field(default=0, init=False)
    started: float = field(init=False)
    introduction: Introduction | None = field(default=None, init=False)
    has_begun: bool = field(default=False, init=False)
    transport: IProcessTransport | None = field(default=None, init=False)
    _watchdog: Watchdog = field(init=False)
    _output_begins: int = field(init=False)
    _last_resort: LastResort | None = field(default=None, init=False)
    _is_leaving: bool = field(default=False, init=False)
    _failed: Failed | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.started = self.clock.seconds()
        self._output_begins = self.output.position()
        self._watchdog = Watchdog(
            clock=self.clock,
            on_alive=lambda: self.follower.alive(self),
            on_wedged=self._give_it_up,
        )

    # --- what the crew asks for -------------------------------------------------------------------

    def watch(self, pace: Pace) -> None:
        """Expect signs of life: the first within a reasonable time."""
        self._watchdog.watch(pace.heartbeat_interval)

    def begin(self, fields: Mapping[str, Any], listeners: Mapping[str, int]) -> None:
        """See `IRuntimeProcess.begin`."""
        assert self.introduction is not None, "it has not said that it is prepared"
        self.has_begun = True
        self.watch(self.introduction.pace)
        self.channel.send("begin", fields, listeners)

    def ask_to_stop(self) -> None:
        """See `IRuntimeProcess.ask_to_stop`."""
        if not self._is_leaving:
            self.hurry()

    def make_way(self) -> None:
        """See `IRuntimeProcess.make_way`."""
        self.channel.send("make way")

    def hurry(self) -> None:
        """See `IRuntimeProcess.hurry`."""
        self._is_leaving = True
        # One that has not begun has nothing to put in order.
        self._send(signal.SIGTERM if self.has_begun else signal.SIGKILL)

    def kill(self) -> None:
        """See `IRuntimeProcess.kill`."""
        self._send(signal.SIGKILL)

    def pass_on(self, number: int) -> None:
        """See `IRuntimeProcess.pass_on`."""
        if self.has_begun:  # before, most signals would be its death
            self._send(number)

    def _send(self, number: int) -> None:
        assert self.transport is not None
        with suppress(ProcessExitedAlready):
            self.transport.signalProcess(number)

    def _give_it_up(self) -> None:
        self._last_resort = LastResort(
            pid=self.pid, send=self._send, output=self.output, clock=self.clock
        )
        self._last_resort.begin()
        self.follower.wedged(self)

    # --- what it says -----------------------------------------------------------------------------

    def read_channel(self) -> None:
        """Take in what has come over the channel."""
        try:
            messages = self.channel.receive()
        except ChannelClosed:
            self.stop_reading()  # it ends, or is about to
            return
        for message in messages:
            self._hear(message)

    def _hear(self, message: Message) -> None:
        self._watchdog.beat()
        match message.say:
            case "prepared":
                self._watchdog.rest()  # until it may begin, it has nothing to turn
                self.introduction = Introduction.told(message.fields)
                self.follower.prepared(self)
            case "listeners":
                self.follower.listening(self, message.descriptors, message.fields["in_use"])
            case "ready":
                self.follower.ready(self, _ready(message.fields))
            case "failed":
                self._failed = Failed(message.fields["exit_code"], tuple(message.fields["lines"]))
            case "stopping":
                self._is_leaving = True
                if message.fields["reason"] != MAKING_WAY:
                    self.follower.leaving(self)

    # --- what the reactor tells -------------------------------------------------------------------

    def connectionMade(self) -> None:
        """The process has been started."""
        assert self.transport is not None
        self.pid = int(self.transport.pid)

    def processExited(self, reason: Failure) -> None:
        """It is gone, but what it said and wrote may still be on its way."""
        self._watchdog.rest()
        if self._last_resort is not None:
            self._last_resort.cancel()
        self._hear_the_rest()
        self.output.catch_up()
        error: Any = reason.value
        ending = Ending(
            code=error.exitCode,
            signal=error.signal,
            failed=self._failed,
            was_wedged=self._last_resort is not None,
            has_begun=self.has_begun,
            stderr=last_lines(self.output.since(self._output_begins)),
        )
        self.follower.ended(self, ending)

    def _hear_the_rest(self) -> None:
        self.stop_reading()
        with suppress(ChannelClosed):
            while messages := self.channel.receive():
                for message in messages:
                    self._hear(message)
        self.channel.close()


def _ready(fields: Mapping[str, Any]) -> ReadyRuntime:
    return ReadyRuntime(
        pid=fields["pid"],
        project=fields["project"],
        url=fields["url"],
        log=fields["log"],
        warnings=tuple(fields.get("warnings", ())),
    )
