"""The settings that concern the runtime rather than one component."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any, Literal

from attrs import frozen

from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.logentry import Level, LogFormat
from orgloop.options import option
from orgloop.sizes import Size


@frozen(kw_only=True)
class LoopLimits:
    """How long a chain of events that cause one another may become."""

    warn_depth: int = option(
        "Events deeper than this are logged as `loop.detected`.", default=3, minimum=1
    )
    max_depth: int = option("An event this deep is kept and not routed.", default=5, minimum=1)


@frozen(kw_only=True)
class Defaults:
    """The ``defaults`` block."""

    poll_interval: Duration = option(
        "How often sources are polled that do not say.",
        default=Duration(300_000),
        minimum=Duration(10),
    )
    event_retention: Duration = option(
        "How long settled events are kept.",
        default=Duration(7 * 86_400_000),
        minimum=Duration(1),
    )
    log_level: Level = option("The least important entries that are logged.", default="info")
    log_format: LogFormat | None = option(
        "How the application log is written; unset, it is JSON in the file and text on a terminal.",
        default=None,
    )
    loop: LoopLimits = option("Limits of the loop guard.", default=LoopLimits())


def is_loopback(host: str) -> bool:
    """Whether a host name or address leads to this machine and nowhere else."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@frozen(kw_only=True)
class WebhookListener:
    """A second listener that serves webhooks and health only."""

    host: str = option("The address to listen on.", default="127.0.0.1")
    port: int = option("The port; 0 takes a free one.", minimum=0, maximum=65535)


def bytes_of(written: Any) -> int:
    """Read a size, or a number of bytes."""
    size = Size.parse(written).bytes if isinstance(written, str) else written
    if type(size) is not int or size < 1:
        raise InvalidValue("this is not a size: write a number and a unit, as in 25MB")
    return size


def addresses(written: Any) -> tuple[str, ...]:
    """Read a list of IP addresses and networks."""
    if not isinstance(written, list):
        raise InvalidValue("trusted_proxies is a list of addresses and networks")
    for one in written:
        try:
            ip_network(one if isinstance(one, str) else "", strict=False)
        except ValueError:
            raise InvalidValue(f"{one!r} is neither an IP address nor a network") from None
    return tuple(written)


@frozen(kw_only=True)
class HTTPSettings:
    """The ``http`` block."""

    host: str = option("The address to listen on.", default="127.0.0.1")
    port: int = option("The port; 0 takes a free one.", default=4800, minimum=0, maximum=65535)
    auth: Literal["token", "none"] = option(
        "`none` opens the control API to everyone who reaches the port.", default="token"
    )
    allowed_hosts: tuple[str, ...] = option(
        "Values of the `Host` header that are served besides loopback.", default=()
    )
    trusted_proxies: tuple[str, ...] = option(
        "Addresses and networks of proxies that may forward more than webhooks.",
        default=(),
        convert=addresses,
        schema={"type": "array", "items": {"type": "string"}},
    )
    max_body: int = option(
        "The largest request body, as in `25MB`.",
        default=25_000_000,
        convert=bytes_of,
        schema={"type": ["string", "integer"]},
    )
    """Bytes."""
    webhooks: WebhookListener | None = option(
        "A second listener for webhooks and health alone.", default=None
    )

    @property
    def is_exposed(self) -> bool:
        """Whether webhooks can reach the runtime from beyond this machine."""
        hosts = [self.host] if self.webhooks is None else [self.host, self.webhooks.host]
        return not all(map(is_loopback, hosts))


@frozen(kw_only=True)
class SupervisorSettings:
    """The ``supervisor`` block."""

    heartbeat_interval: Duration = option(
        "How often the heartbeat is written.", default=Duration(30_000), minimum=Duration(1)
    )
    backoff_initial: Duration = option(
        "The pause before the first restart.", default=Duration(1_000)
    )
    backoff_max: Duration = option("No pause is longer.", default=Duration(30_000))
    max_restarts: int = option(
        "Restarts within the window; one more and the supervisor gives up.", default=10, minimum=0
    )
    window: Duration = option(
        "The time in which restarts are counted.", default=Duration(300_000), minimum=Duration(1)
    )
