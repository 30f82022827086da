"""What ``orgloop hook NAME`` was asked, read without a parser of options."""

from __future__ import annotations

from collections.abc import Sequence

# The flags that every command has, and those of the hook, by whether a value follows.
_WITH_VALUE = {
    "-c": "config",
    "--config": "config",
    "--home": "home",
    "--source": "source",
    "--port": "port",
}
_FLAGS = frozenset({"--json", "-v", "--verbose", "-q", "--quiet", "--no-interactive"})
_HELP = frozenset({"-h", "--help"})
_OTHERS = frozenset({"install", "uninstall"})


class Asked:
    """One call of the hook."""

    def __init__(self, words: Sequence[str], values: dict[str, str]) -> None:
        self.name = words[0]
        # Codex hands over what happened as the last argument, not on standard input.
        last = words[-1]
        self.body = last.encode("utf-8", "surrogateescape") if last.startswith("{") else None
        self.source = values.get("source") or without_moment(self.name)
        self.port = values.get("port")
        self.home = values.get("home")


def asked_by(arguments: Sequence[str]) -> Asked | None:
    """Return the call of a hook; `None` for every other command, and for help.

    Behind the word ``hook`` nothing is refused: an option that nobody knows is no reason to hold up
    an agent.
    """
    words: list[str] = []
    values: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if name in _WITH_VALUE:
            values[_WITH_VALUE[name]] = value if equals else rest.pop(0) if rest else ""
        elif word in _HELP:
            return None
        elif not word.startswith("-"):
            words.append(word)
        elif not words and word not in _FLAGS and not word.startswith("-c"):
            return None
    if len(words) < 2 or words[0] != "hook" or words[1] in _OTHERS:
        return None
    return Asked(words[1:], values)


def moment_of(name: str) -> str | None:
    """Return which moment a NAME says the hook is called at: ``start``, ``stop`` or none."""
    for moment in ("start", "stop"):
        if name.endswith(f"-{moment}"):
            return moment
    return None


def without_moment(name: str) -> str:
    """Return a NAME without what it says of the moment."""
    moment = moment_of(name)
    return name if moment is None else name[: -len(moment) - 1]
