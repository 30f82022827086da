"""Clients that send webhooks without a pause, and count what they get."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

_BODY = b'{"n": 1}'


class Clients:
    """Some open a connection for each request, others keep theirs as long as the server does."""

    def __init__(self, port: int, *, fresh: int = 2, lasting: int = 2) -> None:
        self.port = port
        self.answers: Counter[int | str] = Counter()
        """How often there was which status, or which trouble instead of one."""
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._ask_anew) for _ in range(fresh)]
        self._threads += [threading.Thread(target=self._ask_on) for _ in range(lasting)]
        self._counting = threading.Condition()

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def await_more(self, count: int) -> None:
        """Return when so many more answers have come."""
        with self._counting:
            enough = self.answers.total() + count
            assert self._counting.wait_for(lambda: self.answers.total() >= enough, timeout=60)

    def _ask_anew(self) -> None:
        while not self._is_over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            self._ask(connection)
            connection.close()

    def _ask_on(self) -> None:
        # It opens another one by itself after an answer that says "Connection: close".
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while not self._is_over.is_set():
            self._ask(connection)
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        try:
            connection.request("POST", "/webhook/hook", _BODY, {"Host": "localhost"})
            with connection.getresponse() as answer:
                answer.read()
            got: int | str = answer.status
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            got = repr(error)
        with self._counting:
            self.answers[got] += 1
            self._counting.notify_all()


@contextmanager
def clients(port: int) -> Iterator[Clients]:
    """Clients that are at it for as long as the block lasts."""
    asking = Clients(port)
    asking.begin()
    try:
        yield asking
    finally:
        asking.end()
