"""Receivers that misbehave when told, and note everything that reaches them."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from hashlib import sha256
from typing import Any, Literal, TypeVar

from attrs import define, field

T = TypeVar("T")

Mood = Literal["well", "refuse", "hang", "500", "429", "400", "reset", "cut"]
"""How a receiver takes requests.

``refuse``: nothing listens. ``hang``: no answer. ``reset``: the connection is reset in the middle
of the request's body, or right behind it. ``cut``: it is reset in the middle of the answer.
"""


@define
class Arrival:
    """One request that reached a receiver whole."""

    at: float
    """`time.monotonic`."""
    route: str
    key: str
    attempt: int
    events: list[str]
    numbers: list[int]
    body: str
    """A digest of it."""
    mood: str
    status: int | None = None
    """What was answered; `None`: nothing, or not the whole answer."""
    answered_at: float | None = None


@define(eq=False)
class Receiver:
    """One HTTP receiver. A request that is poisoned is never answered well."""

    name: str
    answer: Callable[[Arrival], tuple[int, bytes]]
    """What to answer when it is well."""
    mood: Mood = "well"
    port: int = 0
    arrivals: list[Arrival] = field(factory=list)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(factory=set)
    _let_go: asyncio.Event = field(factory=asyncio.Event)
    """Ends the wait of requests that hang."""

    async def listen(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, limit=2**22, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._let_go.set()
        self._let_go = asyncio.Event()
        for writer in tuple(self._open):
            writer.transport.abort()

    async def become(self, mood: Mood) -> None:
        """Change the mood; requests that hang are let go unanswered."""
        was, self.mood = self.mood, mood
        if mood == "refuse" or was == "hang":
            await self.close()
        if mood != "refuse" and self._server is None:
            await self.listen()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            while await self._one(reader, writer):
                pass
        self._open.discard(writer)
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Take one request; say whether the connection goes on."""
        head = _fields(await reader.readuntil(b"\r\n\r\n"))
        length = int(head["content-length"])
        if self.mood == "reset" and length % 2:
            await reader.read(length // 2)
            writer.transport.abort()
            return False
        arrival = _arrival(head, await reader.readexactly(length), self.mood)
        self.arrivals.append(arrival)
        return await self._answer(arrival, writer)

    async def _answer(self, arrival: Arrival, writer: asyncio.StreamWriter) -> bool:
        if arrival.mood == "hang":
            await self._let_go.wait()
        if arrival.mood in ("hang", "reset"):
            writer.transport.abort()
            return False
        status, content, more = self._content(arrival)
        answer = (
            f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(content)}\r\n{more}\r\n".encode()
            + content
        )
        if arrival.mood == "cut":
            writer.write(answer[: len(answer) // 2])
            await writer.drain()
            writer.transport.abort()
            return False
        arrival.status = status
        writer.write(answer)
        await writer.drain()
        arrival.answered_at = time.monotonic()
        return True

    def _content(self, arrival: Arrival) -> tuple[int, bytes, str]:
        if arrival.mood == "poisoned":
            return 500, b"{}", ""
        if arrival.mood in ("500", "400"):
            return int(arrival.mood), b"{}", ""
        if arrival.mood == "429":
            return 429, b"{}", "Retry-After: 1\r\n"
        return (*self.answer(arrival), "Content-Type: application/json\r\n")


def _fields(head: bytes) -> dict[str, str]:
    lines = head.decode("latin-1").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return {name.lower(): value.strip() for name, _, value in pairs}


def _arrival(head: dict[str, str], body: bytes, mood: str) -> Arrival:
    document = json.loads(body)
    events = document.get("events") or [document["event"]]
    is_poisoned = any(event["payload"].get("poison") for event in events)
    return Arrival(
        at=time.monotonic(),
        route=head["x-orgloop-route"],
        key=head["idempotency-key"],
        attempt=int(head["x-orgloop-attempt"]),
        events=[event["id"] for event in events],
        numbers=[event["payload"].get("n", -1) for event in events],
        body=sha256(body).hexdigest(),
        mood="poisoned" if is_poisoned and mood == "well" else mood,
    )


class Receivers:
    """Receivers by name, served by a thread of their own."""

    def __init__(self) -> None:
        self.by_name: dict[str, Receiver] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def add(self, name: str, answer: Callable[[Arrival], tuple[int, bytes]]) -> Receiver:
        receiver = self.by_name[name] = Receiver(name, answer)
        self._do(receiver.listen())
        return receiver

    def become(self, name: str, mood: Mood) -> None:
        self._do(self.by_name[name].become(mood))

    def stop(self) -> None:
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        for receiver in self.by_name.values():
            await receiver.close()
        serving = asyncio.all_tasks() - {asyncio.current_task()}
        if serving:
            await asyncio.wait(serving)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()
