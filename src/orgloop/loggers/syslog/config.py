"""The options of ``syslog``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, Literal

from attrs import frozen

from orgloop.errors import InvalidValue
from orgloop.loggers.phases import FilterOptions
from orgloop.options import option

_NAMES: Final = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron"),
    *("authpriv", "ftp", "ntp", "audit", "alert", "clock"),
    *(f"local{number}" for number in range(8)),
)
FACILITIES: Final = {name: number for number, name in enumerate(_NAMES)}
"""RFC 5424, 6.2.1, by the names that syslog.conf(5) has for them."""
# RFC 768 and RFC 5426, custom, RFC 5425.
_PORTS: Final = {"udp": 514, "tcp": 514, "tls": 6514}
# RFC 5424, 6: PRINTUSASCII, at most 48 of them.
_APP_NAME = re.compile(r"[!-~]{1,48}")


def _facility(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 23:
        return value
    if isinstance(value, str) and value.lower() in FACILITIES:
        return FACILITIES[value.lower()]
    raise InvalidValue(f"{value!r} is no facility: write one such as user, daemon or local0")


def _app_name(value: object) -> str:
    if not isinstance(value, str) or not _APP_NAME.fullmatch(value):
        raise InvalidValue("app_name is at most 48 letters, digits and signs, without spaces")
    return value


_NO_HOST = "host is a name or an address, as in logs.example.com"


def _host(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or set(value) & set(" /\r\n\0"):
        raise InvalidValue(_NO_HOST)
    try:
        value.strip().encode("idna")  # as looking the name up will, with each entry
    except UnicodeError as error:
        raise InvalidValue(_NO_HOST) from error
    return value.strip()


@frozen(kw_only=True)
class SyslogConfig:
    """Where log entries are sent, and in which form."""

    host: str = option(
        "The machine of the daemon.",
        default="localhost",
        convert=_host,
        schema={"type": "string", "minLength": 1},
    )
    port: int | None = option(
        "Its port; 514 by default, and 6514 for `tls`.", default=None, minimum=1, maximum=65535
    )
    protocol: Literal["udp", "tcp", "tls", "unix"] = option(
        "How it is reached; `unix` is a socket on this machine.",
        default="udp",
        aliases=("transport",),
    )
    path: Path = option("The socket, for `unix`.", default=Path("/dev/log"))
    ca_file: Path | None = option(
        "For `tls`: certificates (PEM) to trust in place of the system's. A path that is relative "
        "begins beside the YAML file.",
        default=None,
    )
    facility: int = option(
        "The facility: a name such as `user` (1), `daemon` or `local0`, or its number.",
        default=FACILITIES["user"],
        convert=_facility,
        schema={"type": ["string", "integer"]},
    )
    app_name: str = option(
        "What the entries are filed under: at most 48 characters.",
        default="orgloop",
        convert=_app_name,
        schema={"type": "string", "maxLength": 48},
    )
    format: Literal["rfc5424", "rfc3164"] = option(
        "The form of a message; `rfc3164` is the older one.", default="rfc5424"
    )
    include_structured_data: bool = option(
        "Whether the fields of an entry are sent as structured data too (`rfc5424` alone has it).",
        default=True,
    )
    filter: FilterOptions = option("Which entries are sent.", factory=FilterOptions)

    @property
    def port_in_use(self) -> int:
        """The port, whether it is said or follows."""
        return self.port or _PORTS.get(self.protocol, 0)

    @property
    def where(self) -> str:
        """Where the daemon is, for people."""
        if self.protocol == "unix":
            return str(self.path)
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port_in_use} ({self.protocol})"
