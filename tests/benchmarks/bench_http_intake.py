"""What one webhook costs in the HTTP layer alone: CPU of parse, gate, source, answer.

``python tests/benchmarks/bench_http_intake.py [COUNT]`` feeds requests of 500 bytes into channels
without sockets and prints microseconds of CPU per request, beside what a plain ``twisted.web``
resource that only answers 200 costs in the same process (medians of rounds that take turns).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.web import resource, server

from support.http_fakes import Door
from support.http_wire import Server

BODY = b'{"type": "ticket.opened", "text": "%b"}' % (b"x" * 460)
REQUEST = (
    b"POST /webhook/hook HTTP/1.1\r\nHost: 127.0.0.1:4800\r\nUser-Agent: bench\r\n"
    b"Accept: */*\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
    % (len(BODY), BODY)
)
ROUNDS = 9


class Plain(resource.Resource):
    """Answer 200."""

    isLeaf = True

    def render_POST(self, request: Any) -> bytes:
        request.content.read()
        return b'{"ok":true}'


def ours() -> Any:
    """Return a connection to the real site."""
    site = Server()
    site.runtime.doors = [Door()]
    return site.site.buildProtocol(None), site.runtime.doors[0].drafts.clear


def twisteds() -> Any:
    """Return a connection to a plain site, without its access log and its parsing of forms."""
    site = server.Site(Plain(), parsePOSTFormSubmission=False, reactor=Clock())
    site.log = lambda request: None
    return site.buildProtocol(None), lambda: None


def measured(make: Callable[[], Any], count: int) -> float:
    """Return CPU microseconds per request."""
    channel, forget = make()
    transport = StringTransport()
    channel.makeConnection(transport)
    began = time.process_time()
    for number in range(count):
        channel.dataReceived(REQUEST)
        if number % 100 == 0:
            assert b" 200 OK\r\n" in transport.value()
            transport.clear()
            forget()
    return (time.process_time() - began) / count * 1e6


def main(count: int) -> None:
    rounds = [(measured(ours, count), measured(twisteds, count)) for _ in range(ROUNDS)]
    mine, plain = (median(column) for column in zip(*rounds, strict=True))
    sys.stdout.write(
        f"webhook {mine:.0f} µs, plain resource {plain:.0f} µs, ratio {mine / plain:.2f}\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3000)
