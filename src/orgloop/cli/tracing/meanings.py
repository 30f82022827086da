"""What the words of the books mean to a person: good, bad, or something to look at."""

from __future__ import annotations

from orgloop.cli.look import Meaning, Painted, style

# States of deliveries and events, outcomes of attempts, verdicts of transforms.
_MEANINGS: dict[str, Meaning] = {
    **dict.fromkeys(("delivered", "accepted", "settled", "pass", "change"), "good"),
    **dict.fromkeys(("dead", "rejected", "error", "error_halt", "error_drop"), "bad"),
    **dict.fromkeys(("held", "hold", "cut", "flag", "unmatched"), "warn"),
    **dict.fromkeys(("open", "matched", "waiting", "delivering", "inbox"), "warn"),
    **dict.fromkeys(("dropped", "drop", "merged", "skipped", "discarded", "released"), "dim"),
}


def word(told: object) -> Painted:
    """Return a state, an outcome or a verdict in its colour."""
    text = str(told)
    meaning = _MEANINGS.get(text)
    return style(text, meaning) if meaning is not None else style(text, "strong")


def is_done(state: object) -> bool:
    """Whether there is nothing more to be done about what is in a state."""
    return _MEANINGS.get(str(state)) in ("good", "dim")
