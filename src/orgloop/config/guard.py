"""What a route may ask to be looked for in what goes to its actor."""

from __future__ import annotations

import re
from typing import Any, Literal

from attrs import frozen

from orgloop.errors import InvalidValue
from orgloop.options import option

_DOMAIN = re.compile(r"(?:\*?\.)?((?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?)+)")


def domains(written: Any) -> tuple[str, ...]:
    """Read a list of host names; ``*.example.com`` is the same as ``example.com``."""
    if not isinstance(written, list):
        raise InvalidValue("allowed_domains is a list of host names, as in [github.com]")
    return tuple(_domain(one) for one in written)


def _domain(written: Any) -> str:
    match = _DOMAIN.fullmatch(written.strip().lower()) if isinstance(written, str) else None
    if match is None:
        raise InvalidValue(f"{written!r} is not a host name: write it without scheme and path")
    return match[1].rstrip(".")


@frozen(kw_only=True)
class GuardSettings:
    """What becomes of a delivery that may try to take its actor over."""

    action: Literal["flag", "hold"] = option(
        "`flag` delivers it and says so, `hold` parks it until a person decides.", default="flag"
    )
    allowed_domains: tuple[str, ...] | None = option(
        "Hosts that addresses in it may lead to, those below them included; "
        "any if it is not written.",
        default=None,
        convert=lambda written: None if written is None else domains(written),
        schema={"type": ["array", "null"], "items": {"type": "string"}},
    )
