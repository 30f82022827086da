"""Write the headers of a mail, so that nothing in a value can end it or be read as another.

The library's own `email.policy` is not used for them: it decodes what looks like an encoded word
before it writes it, line ends and commas included, and loses quotes of names where it folds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.header import Header
from email.headerregistry import Address
from email.utils import quote

from orgloop.sdk.telling import one_line

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_MAX_CHARACTERS = 200
_FOLD = "\r\n"


def plain(text: str) -> str:
    """Return ``text`` on one line, of bounded length and without control characters."""
    return one_line(_CONTROL.sub(" ", text), _MAX_CHARACTERS)


def text_header(name: str, text: str) -> str:
    """Return the header ``name`` with a text that `plain` returned."""
    charset = "us-ascii" if _is_literal(text) else "utf-8"
    return f"{name}: {Header(text, charset, header_name=name).encode(linesep=_FOLD)}"


def address_header(name: str, addresses: Iterable[Address]) -> str:
    """Return the header ``name`` with addresses, each on a line of its own."""
    return f"{name}: " + f",{_FOLD} ".join(map(_written, addresses))


def _written(address: Address) -> str:
    name = address.display_name
    if not name:
        return address.addr_spec
    if _is_literal(name):
        return f'"{quote(name)}" <{address.addr_spec}>'
    return f"{Header(name, 'utf-8').encode(linesep=_FOLD)}{_FOLD} <{address.addr_spec}>"


def _is_literal(text: str) -> bool:
    """Whether a text stands in a header as it is: RFC 2047 says what would be decoded."""
    return text.isascii() and "=?" not in text
