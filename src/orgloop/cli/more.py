"""Say that a list goes on."""

from __future__ import annotations

from orgloop.cli.control import Answer
from orgloop.cli.invocation import Invocation


def say_there_is_more(invocation: Invocation, answer: Answer) -> None:
    """Say that there may be more than what was shown of a list, if there may."""
    if answer.next_page is not None:
        invocation.say("there may be more than these; say --limit NUMBER")
