"""What is wrong with a project: where, what, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from attrs import field, frozen

from orgloop.config.model import Place
from orgloop.config.variables import VariableUse
from orgloop.errors import OrgLoopError

Severity = Literal["error", "warning", "note"]


@frozen(kw_only=True)
class Problem:
    """One thing to be mended (``error``), watched (``warning``) or known (``note``)."""

    place: Place | None
    """`None` for what stands in no file: an environment variable, a project that is not there."""
    what: str
    """One sentence without its full stop. Never holds a secret or the value of a variable."""
    remedy: str
    severity: Severity = "error"
    validate_only: bool = False
    """``validate`` counts it as an error although ``start`` goes on with a warning."""

    @property
    def path(self) -> str:
        """The way to it inside the document: ``routes[0].transforms[1].ref``."""
        return self.place.path if self.place else ""

    def __str__(self) -> str:
        where = [str(self.place)] if self.place else []
        if self.path:
            where.append(self.path)
        sentence = f"{self.what}. {self.remedy}" if self.remedy else self.what
        return ": ".join([*where, sentence])


class ProjectInvalid(OrgLoopError):
    """A project cannot be run; ``problems`` holds everything found, warnings and notes as well.

    ``variables`` are the variables met up to then, for ``orgloop env``.
    """

    def __init__(self, problems: Sequence[Problem], variables: Sequence[VariableUse] = ()) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
        self.variables = tuple(variables)

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that must be mended."""
        return tuple(problem for problem in self.problems if problem.severity == "error")


@frozen
class Findings:
    """The problems found so far, in the order in which they were found."""

    problems: list[Problem] = field(factory=list)

    def add(
        self,
        place: Place | None,
        what: str,
        remedy: str,
        severity: Severity = "error",
        *,
        validate_only: bool = False,
    ) -> None:
        """Note one problem."""
        self.problems.append(
            Problem(
                place=place,
                what=what,
                remedy=remedy,
                severity=severity,
                validate_only=validate_only,
            )
        )

    def sorted(self) -> list[Problem]:
        """Return each problem once, file by file in the order of their lines."""
        once: dict[tuple[str, str], Problem] = {}
        for problem in self.problems:
            once.setdefault((str(problem.place), problem.what), problem)
        files: dict[object, int] = {}
        for problem in self.problems:
            files.setdefault(problem.place and problem.place.file, len(files))

        def order(problem: Problem) -> tuple[int, int, int]:
            place = problem.place
            if place is None:
                return (files[None], 0, 0)
            return (files[place.file], place.line, place.column)

        return sorted(once.values(), key=order)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that ``word`` is most likely a slip of, or `None`."""
    from difflib import get_close_matches  # only who makes mistakes pays for the import

    by_folded = {one.casefold(): one for one in known}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return the sentence that helps with an unknown word: the nearest known one, or all."""
    candidates = sorted(set(known))
    close = nearest(word, candidates)
    if close is not None:
        return f"Did you mean `{close}`?"
    if not candidates:
        return "None is known here."
    shown = ", ".join(f"`{one}`" for one in candidates[:20])
    return f"Known: {shown}{', …' if len(candidates) > 20 else ''}."
