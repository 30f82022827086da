"""Talk to a mail server. Blocks, and is meant for a thread."""

from __future__ import annotations

import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from attrs import define, field

from orgloop.connectors.smtp.addresses import address
from orgloop.connectors.smtp.config import SMTPConfig

_CONNECT_SECONDS = 10.0  # less than what a cancelled delivery has to end what it began
_ANSWER_SECONDS = 60.0  # RFC 5321, 4.5.3.2 asks for minutes; the delivery's time-out comes first


class Abandoned(Exception):
    """The conversation was ended from outside before the mail was handed over."""


class NoCertificates(OSError):
    """What ``ca_file`` names holds no certificates to trust."""


@define(eq=False)
class Conversation:
    """One conversation: it connects, proves who is there, logs in, and hands one mail over."""

    _config: SMTPConfig = field(repr=False)
    _directory: Path
    """Where relative paths begin."""
    _smtp: smtplib.SMTP = field(init=False, repr=False)
    _is_abandoned: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self._smtp = smtplib.SMTP(local_hostname=address(self._config.sender).domain)
        # Whose certificate is expected after STARTTLS: only connecting in the constructor sets it.
        self._smtp._host = self._config.host  # type: ignore[attr-defined]  # private

    def send(
        self, sender: str, recipients: Sequence[str], mail: bytes
    ) -> Mapping[str, tuple[int, bytes]]:
        """Hand a mail over; return those recipients that were refused, if others were not.

        Raises `smtplib.SMTPException` or `OSError` when nobody gets it, and `Abandoned` after
        `abandon`.
        """
        with self._open(_CONNECT_SECONDS, _ANSWER_SECONDS) as smtp:
            return smtp.sendmail(sender, list(recipients), mail)

    def try_out(self, timeout_seconds: float) -> None:
        """Log in and say goodbye; raises what `send` does."""
        with self._open(timeout_seconds, timeout_seconds) as smtp:
            smtp.noop()

    def abandon(self) -> None:
        """End it, from another thread: nothing is handed over after this."""
        self._is_abandoned = True
        connection = self._smtp.sock
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _open(self, connect_seconds: float, answer_seconds: float) -> Iterator[smtplib.SMTP]:
        smtp = self._smtp
        try:
            self._connect(smtp, connect_seconds)
            self._introduce(smtp)
            assert smtp.sock is not None
            smtp.sock.settimeout(answer_seconds)
            yield smtp
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()  # what was accepted stays accepted, however the goodbye goes
        except (smtplib.SMTPException, OSError) as error:
            if self._is_abandoned:
                raise Abandoned from error
            raise
        finally:
            smtp.close()

    def _connect(self, smtp: smtplib.SMTP, timeout_seconds: float) -> None:
        """Connect and hear the greeting.

        The library's own way leaves nothing to end while a server is silent instead of greeting.
        """
        host = self._config.host
        connection = socket.create_connection((host, self._config.port_in_use), timeout_seconds)
        smtp.sock, smtp.file = connection, None
        if self._is_abandoned:
            raise Abandoned
        if self._config.security_in_use == "tls":
            smtp.sock = self._trusted().wrap_socket(connection, server_hostname=host)
        code, said = smtp.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self._config.security_in_use == "starttls":
            smtp.starttls(context=self._trusted())
            smtp.ehlo_or_helo_if_needed()
        if self._config.username is not None and self._config.password is not None:
            log_in(smtp, self._config.username, self._config.password)

    def _trusted(self) -> ssl.SSLContext:
        ca_file = self._config.ca_file
        if ca_file is None:
            return ssl.create_default_context()
        path = self._directory / ca_file.expanduser()
        try:
            return ssl.create_default_context(cafile=str(path))
        except OSError as error:  # also what is wrong with a certificate
            why = error.strerror or error
            raise NoCertificates(f"ca_file {path} cannot be used: {why}") from error


def log_in(smtp: smtplib.SMTP, username: str, password: str) -> None:
    """Log in; what is not ASCII goes as UTF-8 (RFC 4616), which the library does not do."""
    if (username + password).isascii():
        smtp.login(username, password)
        return
    if "PLAIN" not in smtp.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("letters beyond ASCII need AUTH PLAIN")
    said = b64encode(f"\0{username}\0{password}".encode()).decode()
    code, answer = smtp.docmd("AUTH", f"PLAIN {said}")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, answer)
