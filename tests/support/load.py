"""Send webhooks over a number of connections, from a process of its own.

``python load.py PORT PATH COUNT CONNECTIONS [RATE]`` sends ``COUNT`` distinct events of about 500
bytes, as fast as answers come or ``RATE`` per second, and prints one line per answer:
``<status> <event id> <sent ns> <answered ns>`` (``CLOCK_MONOTONIC``).
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from itertools import count

FILLER = "x" * 300


class Client:
    def __init__(self, port: int, path: str, total: int, start: int) -> None:
        self.port, self.path = port, path
        self.numbers = count(start)
        self.left = total
        self.lines: list[str] = []

    async def run(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while self.left > 0:
            self.left -= 1
            await self.send(reader, writer, next(self.numbers))
        writer.close()

    async def send(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        body = json.dumps({"type": "ticket.opened", "number": number, "text": FILLER}).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        sent = time.monotonic_ns()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        content = await reader.readexactly(length)
        answered = time.monotonic_ns()
        event = json.loads(content).get("event_id", "-")
        self.lines.append(f"{answer[9:12].decode()} {event} {sent} {answered}")


async def paced(client: Client, connections: int, rate: float) -> None:
    """Send at a steady rate, over as many connections as it takes."""
    idle = [await asyncio.open_connection("127.0.0.1", client.port) for _ in range(connections)]
    tasks = set()
    began = time.monotonic()

    async def one(number: int) -> None:
        reader, writer = idle.pop(0)
        await client.send(reader, writer, number)
        idle.append((reader, writer))

    for position in range(client.left):
        await asyncio.sleep(max(0.0, began + position / rate - time.monotonic()))
        while not idle:
            await asyncio.sleep(0.001)
        task = asyncio.create_task(one(next(client.numbers)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def main() -> None:
    port, path, total, connections = int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:5])
    client = Client(port, path, total, start=time.time_ns())
    if len(sys.argv) > 5:
        await paced(client, connections, float(sys.argv[5]))
    else:
        await asyncio.gather(*(client.run() for _ in range(connections)))
    sys.stdout.write("\n".join(client.lines) + "\n")


if __name__ == "__main__":
    asyncio.run(main())
