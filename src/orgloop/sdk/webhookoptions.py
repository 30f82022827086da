"""Options that every webhook source has: where it is served, and what senders sign with."""

from __future__ import annotations

from typing import Any

from orgloop.errors import InvalidValue
from orgloop.options import option
from orgloop.sdk.signatures import check_secret

_RESERVED = ("control", "api", "health", "ui")


def path_option() -> Any:
    """Declare ``path``: another path that a source is served at."""
    return option(
        "Another path it is served at, besides `/webhook/<source id>`. It begins with `/` and may "
        "not lie under `/control`, `/api`, `/health` or `/ui`.",
        default=None,
        structural=True,
        convert=_path,
        schema={"type": ["string", "null"], "pattern": "^/."},
    )


def secret_option(doc: str) -> Any:
    """Declare ``secret``, which must not be empty."""
    return option(
        doc,
        default=None,
        secret=True,
        convert=_secret,
        schema={"type": ["string", "null"], "minLength": 1},
    )


def _path(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.startswith("/") or value == "/":
        raise InvalidValue("a path begins with / and goes on")
    if any(not "!" <= character <= "~" or character in '?#%"<>\\' for character in value):
        raise InvalidValue("a path holds letters, digits and signs that need no encoding in a URL")
    if value.split("/")[1] in _RESERVED:
        raise InvalidValue(
            f"a path may not lie under /{value.split('/')[1]}, which is OrgLoop's own"
        )
    return value


def _secret(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidValue("a secret is text: put it in quotes")
    return check_secret(value)
