"""Say in one sentence why a syslog daemon was not reached."""

from __future__ import annotations

import ssl

from orgloop.loggers.syslog.config import SyslogConfig
from orgloop.printable import printable


def reason_of(error: OSError, config: SyslogConfig) -> str:
    """Return where it was, and what was in the way."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = error.verify_message or "its certificate is not trusted"
        return (
            f"{config.where} does not prove its name: {why}; for one with a certificate of its own "
            "set ca_file"
        )
    if isinstance(error, TimeoutError):
        return f"{config.where} does not answer"
    return f"{config.where}: {printable(str(error.strerror or error))}"
