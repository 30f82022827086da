"""What opens the control API: the control token, and what was given out in its place."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from twisted.internet.interfaces import IReactorTime
from twisted.web.http_headers import Headers

CODE_SECONDS = 30
SESSION_SECONDS = 12 * 3600
_MOST_CODES = 16
_MOST_SESSIONS = 64
_TICKET_BYTES = 32  # 256 bits, as the control token


class Tickets:
    """Secrets that were given out, each good for a while; of too many, the oldest is not.

    Only their digests are kept. Comparing takes as long whatever is given.
    """

    def __init__(self, clock: IReactorTime, lifetime_seconds: float, most: int) -> None:
        self._clock = clock
        self._lifetime_seconds = lifetime_seconds
        self._most = most
        self._expiries: dict[bytes, float] = {}

    def issue(self) -> str:
        """Return a new one."""
        ticket = secrets.token_urlsafe(_TICKET_BYTES)
        self._forget_expired()
        while len(self._expiries) >= self._most:
            del self._expiries[next(iter(self._expiries))]
        expiry = self._clock.seconds() + self._lifetime_seconds
        self._expiries[_digest(ticket.encode())] = expiry
        return ticket

    def is_good(self, ticket: bytes) -> bool:
        """Whether a ticket is one of them, and not expired."""
        return self._find(ticket) is not None

    def take_back(self, ticket: bytes) -> bool:
        """Make one worthless; say whether it was good until now."""
        found = self._find(ticket)
        if found is not None:
            del self._expiries[found]
        return found is not None

    def take_back_all(self) -> None:
        """Make all of them worthless."""
        self._expiries.clear()

    def _find(self, ticket: bytes) -> bytes | None:
        self._forget_expired()
        digest = _digest(ticket)
        found = [kept for kept in self._expiries if hmac.compare_digest(kept, digest)]
        return found[0] if found else None

    def _forget_expired(self) -> None:
        now = self._clock.seconds()
        for digest in [one for one, expiry in self._expiries.items() if expiry <= now]:
            del self._expiries[digest]


class Credentials:
    """The control token of one runtime, with the codes and sessions of its dashboard."""

    def __init__(self, token: str, clock: IReactorTime) -> None:
        self._token = token.strip().encode("ascii")
        self.codes = Tickets(clock, CODE_SECONDS, _MOST_CODES)
        """What ``orgloop ui`` puts into the address of the page: each opens one session."""
        self.sessions = Tickets(clock, SESSION_SECONDS, _MOST_SESSIONS)

    def is_control(self, key: bytes | None) -> bool:
        """Whether ``key`` is the control token."""
        return key is not None and hmac.compare_digest(key, self._token)

    def is_session(self, key: bytes | None) -> bool:
        """Whether ``key`` is a session of the dashboard."""
        return key is not None and self.sessions.is_good(key)

    def opens(self, key: bytes | None) -> bool:
        """Whether ``key`` is either."""
        return self.is_control(key) or self.is_session(key)

    def replace(self, token: str) -> None:
        """Take another control token; everything that was given out is worthless from now on."""
        self._token = token.strip().encode("ascii")
        self.codes.take_back_all()
        self.sessions.take_back_all()


def bearer_of(headers: Headers) -> bytes | None:
    """Return the bearer token that a request carries, if it carries exactly one."""
    values = headers.getRawHeaders(b"Authorization")
    if not values or len(values) > 1 or values[0][:7].lower() != b"bearer ":
        return None
    return values[0][7:].strip()


def _digest(ticket: bytes) -> bytes:
    return sha256(ticket).digest()
