"""What goes wrong in a round, and when: drawn from a seed, so that it can be had again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from attrs import frozen

MOODS = ("refuse", "hang", "500", "429", "400", "reset", "cut")
_WEIGHTS = (3, 2, 3, 2, 1, 2, 2)


@frozen(order=True)
class Fault:
    """Something that is wrong for a while."""

    at: float
    """Seconds from the beginning of the round."""
    seconds: float
    kind: str
    """``kill``, ``term``, ``pause``; ``mood``; ``agent``; ``disk``, ``limit``; ``clock``."""
    what: str = ""
    """The receiver, if there is one."""
    how: str = ""
    """The mood, or by how many milliseconds the clock is set."""

    @property
    def ends_at(self) -> float:
        return self.at + self.seconds

    def __str__(self) -> str:
        parts = (f"{self.at:.1f}s", self.kind, self.what, self.how, f"for {self.seconds:.1f}s")
        return " ".join(part for part in parts if part)


def draw(seed: int, seconds: float, receivers: Sequence[str], *, has_disk: bool) -> list[Fault]:
    """Return the faults of one round of this length, in order of their beginning."""
    random = Random(seed)
    faults = [*_of_the_process(random, seconds), *_of_the_disk(random, seconds, has_disk)]
    faults += _of_the_clock(random, seconds)
    for name in receivers:
        faults += _of_a_receiver(random, seconds, name)
    for at, length in _stretches(random, seconds, 3.0, 1.5):
        faults.append(Fault(at, length, "agent", how=random.choice(("fail", "hang"))))
    return sorted(faults)


def _stretches(
    random: Random, seconds: float, gap: float, length: float
) -> Iterator[tuple[float, float]]:
    """Yield (begin, length) of stretches that do not overlap; ``gap`` and ``length`` are means."""
    at = random.uniform(0, gap * 2)
    while at < seconds:
        lasts = min(random.uniform(length / 3, length * 5 / 3), seconds - at)
        yield at, lasts
        at += lasts + random.uniform(gap / 3, gap * 5 / 3)


def _of_the_process(random: Random, seconds: float) -> Iterator[Fault]:
    at = random.uniform(0, 3.0)
    while at < seconds:
        kind = random.choices(("kill", "term", "pause"), (5, 2, 2))[0]
        lasts = random.uniform(0.6, 3.0) if kind == "pause" else random.uniform(0.2, 1.0)
        yield Fault(at, min(lasts, seconds - at), kind)
        at += lasts + random.uniform(0.5, 2.5)


def _of_the_disk(random: Random, seconds: float, has_disk: bool) -> Iterator[Fault]:
    kinds = ("disk", "limit") if has_disk else ("limit",)
    for at, length in _stretches(random, seconds, 5.0, 1.0):
        yield Fault(at, length, random.choice(kinds))


def _of_the_clock(random: Random, seconds: float) -> Iterator[Fault]:
    for at, _ in _stretches(random, seconds, 3.0, 0.1):
        step = random.choice((1, -1)) * round(1000 * 10 ** random.uniform(0, 5.5))
        yield Fault(at, 0.0, "clock", how=str(step))


def _of_a_receiver(random: Random, seconds: float, name: str) -> Iterator[Fault]:
    for at, length in _stretches(random, seconds, 3.0, 1.2):
        yield Fault(at, length, "mood", name, random.choices(MOODS, _WEIGHTS)[0])
