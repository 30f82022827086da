"""The options of ``smtp``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from attrs import frozen

from orgloop.connectors.smtp.addresses import address, listed
from orgloop.errors import InvalidValue
from orgloop.options import ignored_option, option

Security = Literal["starttls", "tls", "none"]
_PORTS: Mapping[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
"""From RFC 6409, RFC 8314 and RFC 5321."""
_LIST = {"type": ["array", "string", "null"], "items": {"type": "string"}}


def _host(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or set(value) & set(" /\r\n\0"):
        raise InvalidValue("host is the name or address of a mail server, as in smtp.example.com")
    return value.strip()


def _from(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValue("from is a mail address")
    address(value)
    return value


def _credential(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise InvalidValue("username and password are text: put them in quotes")
    return value or None


def _recipients(value: object) -> Sequence[str]:
    recipients = listed(value)
    for one in recipients:
        if "{{" not in one:
            address(one)
    return recipients


@frozen(kw_only=True)
class SMTPConfig:
    """What an smtp actor may be told."""

    host: str = option("The mail server.", convert=_host, schema={"type": "string", "minLength": 1})
    port: int | None = option(
        "Its port; 587, 465 or 25 by default, as `security` says.",
        default=None,
        minimum=1,
        maximum=65535,
    )
    security: Security | None = option(
        "How the connection is encrypted: after a greeting in the clear (`starttls`), from the "
        "first byte (`tls`), or not at all (`none`). By default `tls` at port 465, `none` to this "
        "machine if there is no `ca_file`, else `starttls`.",
        default=None,
    )
    ca_file: Path | None = option(
        "Certificates (PEM) to trust in place of the system's, for a server with one of its own. "
        "A path that is relative begins beside the YAML file.",
        default=None,
    )
    username: str | None = option(
        "The name to log in with. Without one, or an empty one, nobody logs in.",
        default=None,
        convert=_credential,
        schema={"type": ["string", "null"]},
    )
    password: str | None = option(
        "The password that goes with it.",
        default=None,
        secret=True,
        convert=_credential,
        schema={"type": ["string", "null"]},
    )
    sender: str = option(
        "Who it is from: an address, or `Name <address>`.",
        key="from",
        convert=_from,
        schema={"type": "string"},
    )
    to: Sequence[str] = option(
        "Who gets it, in place of which a route may say others. Templates are allowed: think twice "
        "before an event chooses who gets mail.",
        default=(),
        convert=_recipients,
        schema=_LIST,
    )
    cc: Sequence[str] = option("Who gets a copy.", default=(), convert=_recipients, schema=_LIST)
    reply_to: str | None = option(
        "Where answers go, if not to `from`.",
        default=None,
        convert=lambda value: None if value is None else _from(value),
        schema={"type": ["string", "null"]},
    )
    subject: str | None = option(
        "The subject, a template over the event and `launch_prompt`. By default what happened, "
        "where, and the title of what it is about.",
        default=None,
    )
    body: str | None = option(
        "The text, a template of the same kind. By default all that is known of the event.",
        default=None,
    )
    html: str | None = option(
        "The same in HTML, beside the text. What is inserted is escaped.", default=None
    )
    track_delivery: Any = ignored_option("Every delivery is tracked until it is settled.")

    def __attrs_post_init__(self) -> None:
        if (self.username is None) != (self.password is None):
            raise InvalidValue("username and password go together")
        if self.password is not None and self.security_in_use == "none" and not _is_here(self.host):
            raise InvalidValue(
                "with security: none the password would cross the network in the clear: use "
                "starttls or tls"
            )

    @property
    def security_in_use(self) -> Security:
        """How the connection is encrypted, whether it is said or follows."""
        if self.security is not None:
            return self.security
        if self.port == _PORTS["tls"]:
            return "tls"
        return "none" if _is_here(self.host) and self.ca_file is None else "starttls"

    @property
    def port_in_use(self) -> int:
        """The port, whether it is said or follows."""
        return self.port or _PORTS[self.security_in_use]


def _is_here(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
