"""Send webhooks through the real door, and stops as agents would."""

from __future__ import annotations

import http.client
import json
import queue
import threading
import time
from contextlib import closing
from pathlib import Path
from random import Random

from attrs import define, field

from faults.project import KEYS

_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 10.0


@define(eq=False)
class Door:
    """The way to whatever runtime runs now."""

    home: Path

    def post(self, path: str, document: object, *, with_token: bool = False) -> int | None:
        """Return the status of the answer; `None` if there was none, and -1 if nobody listened."""
        try:
            port = int((self.home / "runtime.port").read_text())
            token = (self.home / "control.token").read_text().strip()
        except (OSError, ValueError):
            return -1
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        headers = {"Authorization": f"Bearer {token}"} if with_token else {}
        with closing(connection):
            try:
                connection.connect()
            except OSError:
                return -1
            try:
                connection.request("POST", path, json.dumps(document).encode(), headers)
                answer = connection.getresponse()
                answer.read()
                return answer.status
            except (OSError, http.client.HTTPException):
                return None


@define(eq=False)
class Tickets:
    """Tickets of all kinds, from a seed.

    One of them is poisoned. Of two side by side the second is told from an actor that is away only
    when it has used its own attempts up as a probe, one each cooldown: no round lasts that long.
    """

    seed: int
    _random: Random = field(init=False)
    _poisoned: int = field(init=False)
    _next: int = field(default=0, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def __attrs_post_init__(self) -> None:
        self._random = Random(self.seed)
        self._poisoned = self._random.randrange(3, 60)

    def plain(self) -> dict[str, object]:
        """Return the next, with nothing wrong with it, for all routes."""
        return {**self.one(), "kind": "special", "twin": f"plain {self._next}", "poison": False}

    def one(self) -> dict[str, object]:
        """Return the next: some are noise, some repeat the one before."""
        with self._lock:
            self._next += 1
            number = self._next
            draw = self._random.random()
            is_poisoned = number == self._poisoned
            kind = "special" if draw < 0.1 else "noise" if draw < 0.2 else "plain"
            return {
                "n": number,
                "key": f"k{self._random.randrange(KEYS)}",
                "kind": "plain" if is_poisoned else kind,
                "twin": number - 1 if 0.3 < draw < 0.35 else number,
                "poison": is_poisoned,
                "text": "x" * self._random.randrange(10, 2_000),
            }


class Senders:
    """Several threads that send tickets at a pace, whatever becomes of the runtime."""

    def __init__(self, door: Door, tickets: Tickets, per_second: float, threads: int = 3) -> None:
        self.accepted: list[int] = []
        """The numbers of tickets that were answered 200."""
        self.unknown: list[int] = []
        """The numbers of those whose answer was lost."""
        self._door, self._tickets = door, tickets
        self._pause = threads / per_second
        self._enough = threading.Event()
        self._threads = [
            threading.Thread(target=self._send_many, daemon=True) for _ in range(threads)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._enough.set()
        for thread in self._threads:
            thread.join()

    def send_plain(self) -> None:
        """Send one more ticket, with nothing wrong with it."""
        self._send(self._tickets.plain())

    def _send_many(self) -> None:
        while not self._enough.wait(self._pause):
            self._send(self._tickets.one())

    def _send(self, ticket: dict[str, object]) -> None:
        status = self._door.post("/webhook/hook", ticket)
        number = int(str(ticket["n"]))
        if status == 200:
            self.accepted.append(number)
        elif status is None:
            self.unknown.append(number)
        else:
            self._enough.wait(_PAUSE_SECONDS)


class Agents:
    """What an actor's agents say later: a stop for each second session that was taken on."""

    def __init__(self, door: Door) -> None:
        self.stopped: dict[str, float] = {}
        """When (`time.monotonic`) the stop of a tracking id was accepted."""
        self._door = door
        self._sessions: queue.Queue[str | None] = queue.Queue()
        self._taken: set[str] = set()
        self._thread = threading.Thread(target=self._report, daemon=True)

    def take(self, delivery: str) -> str:
        """Return the tracking id of a delivery, and stop later if it is one that does."""
        tracking_id = f"trk-{delivery}"
        if self.says_stop(tracking_id) and tracking_id not in self._taken:
            self._taken.add(tracking_id)
            self._sessions.put(tracking_id)
        return tracking_id

    @staticmethod
    def says_stop(tracking_id: str) -> bool:
        """Say whether the agent behind a tracking id says when it stops."""
        return sum(tracking_id.encode()) % 2 == 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Say what is still to be said, and end."""
        self._sessions.put(None)
        self._thread.join()

    def _report(self) -> None:
        while (tracking_id := self._sessions.get()) is not None:
            event = {
                "id": "evt_" + tracking_id.removeprefix("trk-").replace("_", ""),
                "type": "actor.stopped",
                "source": "tracked",
                "provenance": {"tracking_id": tracking_id},
                "payload": {"n": -1},
            }
            while self._door.post("/api/events", event, with_token=True) != 200:
                time.sleep(_PAUSE_SECONDS)
            self.stopped[tracking_id] = time.monotonic()
