"""The table of launch prompts: each text once, however many deliveries carry it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import orjson

from orgloop.delivery import Prompt


def keep_prompts(connection: sqlite3.Connection, prompts: Iterable[Prompt]) -> None:
    """Keep the texts that the file does not hold yet."""
    new = {prompt.digest: prompt for prompt in prompts}
    if new:
        connection.executemany(
            "INSERT INTO prompts VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(one.digest, one.text, orjson.dumps(one.meta)) for one in new.values()],
        )


def prompt_of(
    file: str | None, digest: str | None, text: str | None, meta: bytes | None
) -> Prompt | None:
    """Return the prompt of a delivery, from its own columns and those of the text."""
    if file is None or digest is None or text is None:
        return None
    return Prompt(file, text, orjson.loads(meta or b"{}"), digest)
