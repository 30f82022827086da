"""A bare HTTP sink that notes what arrives and when. Run as a process of its own.

``python sink.py [PORT]`` prints its port. ``POST`` anything: 200, noted. ``GET /wait/N``: answered
once N have arrived, with how many did. ``GET /arrivals``: one line each,
``<event id> <idempotency key> <CLOCK_MONOTONIC ns> <body>``.
"""

from __future__ import annotations

import asyncio
import sys
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
arrivals: list[tuple[bytes, bytes, int, bytes]] = []
waiting: list[tuple[int, asyncio.Transport]] = []
keeps_bodies = "--bodies" in sys.argv


class Sink(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end]
            length = int(field(head, b"content-length") or 0)
            if len(self.buffer) < end + 4 + length:
                return
            body = self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.answer(head, body)

    def answer(self, head: bytes, body: bytes) -> None:
        assert isinstance(self.transport, asyncio.Transport)
        if head.startswith(b"POST"):
            event = field(head, b"x-orgloop-event") or b"-"
            key = field(head, b"idempotency-key") or b"-"
            kept = body.replace(b"\n", b" ") if keeps_bodies else b""
            arrivals.append((event, key, time.monotonic_ns(), kept))
            self.transport.write(ANSWER)
        elif head.startswith(b"GET /wait/"):
            waiting.append((int(head.split(b" ")[1].rpartition(b"/")[2]), self.transport))
        else:
            reply(self.transport, b"\n".join(b"%s %s %d %s" % one for one in arrivals))
        for one in [one for one in waiting if one[0] <= len(arrivals)]:
            waiting.remove(one)
            reply(one[1], b"%d" % len(arrivals))


def reply(transport: asyncio.Transport, body: bytes) -> None:
    transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


def field(head: bytes, name: bytes) -> bytes | None:
    lower = head.lower()
    at = lower.find(b"\r\n" + name + b":")
    if at < 0:
        return None
    begin = at + len(name) + 3
    end = lower.find(b"\r\n", begin)
    return head[begin : end if end >= 0 else len(head)].strip()


async def main() -> None:
    loop = asyncio.get_running_loop()
    port = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 0
    server = await loop.create_server(Sink, "127.0.0.1", port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
