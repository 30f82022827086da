"""Read mail addresses, and let nothing through that could become another header or recipient."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from email.headerregistry import Address

from orgloop.connectors.smtp.headers import plain
from orgloop.errors import InvalidValue

# One address, alone or after a name. Deliberately narrower than RFC 5322: no comments, no quoted
# local parts, no routes, nothing beyond ASCII before the @.
_SPEC = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@([^\s@<>,;:()\[\]\\\"]{1,253})")
_MAX_CHARACTERS = 1000  # the patterns may take time that grows with the square of the length
_NAMED = re.compile(r'"?([^"<>\r\n]*?)"?\s*<([^<>\s]+)>')


def address(text: str) -> Address:
    """Return one address, ``ada@example.com`` or ``Ada <ada@example.com>``.

    Raises `InvalidValue` for anything else. A domain beyond ASCII is encoded.
    """
    text = text.strip()
    if len(text) > _MAX_CHARACTERS:
        raise InvalidValue(f"{text[:100]!r}… is too long for a mail address")
    named = _NAMED.fullmatch(text)
    name, spec = (named[1], named[2]) if named else ("", text)
    match = _SPEC.fullmatch(spec)
    if match is None:
        several = "; several are a list" if "," in text else ""
        raise InvalidValue(f"{text[:100]!r} is not a mail address, as in ada@example.com{several}")
    try:
        domain = match[1].encode("idna").decode()
        return Address(plain(name), addr_spec=f"{spec.partition('@')[0]}@{domain}")
    except (ValueError, IndexError) as error:
        raise InvalidValue(f"{text[:100]!r} is not a mail address: {error}") from None


def addresses(texts: Iterable[str]) -> tuple[Address, ...]:
    """Return several addresses, each once; raise `InvalidValue` for one that is none."""
    found = (address(text) for text in texts if text.strip())
    return tuple({one.addr_spec.lower(): one for one in found}.values())


def listed(value: object) -> Sequence[str]:
    """Return a list of texts, written as one or separated by commas; raise `InvalidValue`."""
    if value is None:
        return ()
    if isinstance(value, str):
        return tuple(one.strip() for one in value.split(",") if one.strip())
    if not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
        raise InvalidValue("addresses are a list of texts")
    return tuple(value)
