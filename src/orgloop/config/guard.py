"""What a route may ask to be looked for in what goes to its actor."""

from __future__ import annotations

import re
from typing import Any, Literal

from attrs import frozen

from orgloop.errors import InvalidValue
from orgloop.options import option

_DOMAIN = re.compile(r"(?:\*?\.)?((?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?)+)")
_WANTED = "write it without scheme, port and path, as in github.com"


def domains(written: Any) -> tuple[str, ...]:
    """Read a list of host names; ``*.example.com`` is the same as ``example.com``.

    Names in other letters are returned as they are asked for: ``xn--…``.
    """
    if not isinstance(written, list):
        raise InvalidValue("allowed_domains is a list of host names, as in [github.com]")
    found = [_domain(one) for one in written]
    wrong = [repr(one) for one, name in zip(written, found, strict=True) if name is None]
    if wrong:
        are = "is not a host name" if len(wrong) == 1 else "are not host names"
        raise InvalidValue(f"{', '.join(wrong)} {are}: {_WANTED}")
    return tuple(name for name in found if name is not None)


def _domain(written: Any) -> str | None:
    if not isinstance(written, str):
        return None
    match = _DOMAIN.fullmatch(_ascii(written.strip().lower()))
    return None if match is None else match[1].rstrip(".")


def _ascii(name: str) -> str:
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return name


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
