"""What the words of the books mean to a person: good, bad, or something to look at."""

from __future__ import annotations

from orgloop.cli.look import Meaning, Painted, style

# States of deliveries, events, sources and actors, outcomes of attempts, verdicts of transforms.
_MEANINGS: dict[str, Meaning] = {
    **dict.fromkeys(("ok", "healthy"), "good"),
    **dict.fromkeys(("delivered", "accepted", "settled", "pass", "change"), "good"),
    **dict.fromkeys(("degraded", "unhealthy"), "bad"),
    **dict.fromkeys(("dead", "rejected", "error", "error_halt", "error_drop"), "bad"),
    **dict.fromkeys(("held", "hold", "cut", "flag", "unmatched", "off"), "warn"),
    **dict.fromkeys(("open", "matched", "waiting", "delivering", "inbox"), "warn"),
    **dict.fromkeys(("dropped", "drop", "merged", "skipped", "discarded", "released"), "dim"),
}


def word(told: object) -> Painted:
    """Return a word of the books in its colour; any other one stands out without."""
    text = str(told)
    return style(text, meaning_of(text) or "strong")


def meaning_of(told: object) -> Meaning | None:
    """Return what a word means, if it is one of the books."""
    return _MEANINGS.get(str(told))


def is_done(state: object) -> bool:
    """Whether there is nothing more to be done about what is in a state."""
    return meaning_of(state) in ("good", "dim")
