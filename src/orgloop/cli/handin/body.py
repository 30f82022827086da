"""Make what an agent said into what a source takes."""

from __future__ import annotations

import json
import math
import os
import time

from orgloop.cli.handin.taking import NothingToTake


def body_of(said: bytes, moment: str | None) -> dict[str, object]:
    """Return what was said, with a name of its own and the time; raise `NothingToTake`.

    ``moment`` is what the hook's NAME says of an agent that does not say it itself.
    """
    body = _parsed(said.decode("utf-8-sig", "replace"))
    if not isinstance(body, dict):
        raise NothingToTake("what the agent said is JSON and no object")
    # By this a second delivery is known: one from the spool of what arrived after all.
    body.setdefault("delivery_id", f"hook_{os.urandom(16).hex()}")
    body.setdefault("timestamp", _now())
    if moment is not None and "hook_event_name" not in body:
        body.setdefault("hook_type", moment)
    return body


def _parsed(text: str) -> object:
    """Return what the text means to a strict reader too: a stop is not lost for one letter."""
    try:
        # NaN and Infinity, and 1e999, which would be written as one of them.
        value = json.loads(text, parse_constant=lambda name: None, parse_float=_finite)
        written = json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        raise NothingToTake(f"what the agent said is not JSON: {error}") from None
    try:
        written.encode()
    except UnicodeEncodeError:  # half of a letter, where an agent has cut a text
        whole = written.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return json.loads(whole)
    return value


def _finite(written: str) -> float | None:
    number = float(written)
    return number if math.isfinite(number) else None


def _now() -> str:
    milliseconds = time.time_ns() // 1_000_000
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{seconds}.{milliseconds % 1000:03d}Z"
