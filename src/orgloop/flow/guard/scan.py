"""Look for what may take an actor over, in what is sent to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

from orgloop.config.guard import GuardSettings
from orgloop.flow.guard.addresses import leads_outside
from orgloop.sdk.injection.disguises import Reading
from orgloop.sdk.injection.scanning import findings_in, kinds_in

_MOST_CHARACTERS = 100_000  # of one delivery: more than an issue or comment of GitHub's can hold
_MOST_FINDINGS = 10


def findings(document: Any, settings: GuardSettings) -> list[str]:
    """Return what is suspicious in the strings of a JSON document, each with its dot path.

    The text itself is not repeated. Of very long texts the rest is reported as not looked at.
    """

    kinds = partial(_kinds, settings=settings)
    found = findings_in(document, kinds, most_characters=_MOST_CHARACTERS)
    return list(islice(found, _MOST_FINDINGS))


def _kinds(text: str, settings: GuardSettings) -> Iterator[str]:
    def outside(reading: Reading) -> Iterator[str]:
        domains = settings.allowed_domains
        if domains is not None and leads_outside(reading.plain.decode(), domains):
            yield "an address outside the list"

    yield from kinds_in(text, outside, suspects_encoded=True)
