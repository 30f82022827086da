"""Tell which plugin a name means: built-ins have three spellings, a path is a project's file."""

from __future__ import annotations

from orgloop.plugin import Kind

_FAMILY = {
    Kind.SOURCE: "connector",
    Kind.ACTOR: "connector",
    Kind.TRANSFORM: "transform",
    Kind.LOGGER: "logger",
}


def family(kind: Kind) -> str:
    """Return what plugins of a kind are called: sources and actors are both connectors."""
    return _FAMILY[kind]


def short_name(kind: Kind, written: str) -> str:
    """Return the plain name: ``github`` for ``@orgloop/connector-github`` and the like."""
    for prefix in (f"@orgloop/{family(kind)}-", f"orgloop-{family(kind)}-"):
        if written.startswith(prefix):
            return written.removeprefix(prefix)
    return written


def is_project_file(written: str) -> bool:
    """Whether a name is a path (``./connectors/jira.py``) rather than a plugin's name."""
    return written.endswith(".py") or ("/" in written and not written.startswith("@"))


def distribution(kind: Kind, written: str) -> str:
    """Return the name under which a plugin is most likely published."""
    short = short_name(kind, written)
    if short.startswith("@"):
        scope, _, name = short[1:].partition("/")
        return f"{scope}-{name}" if scope and name else (scope or name)
    return short if "-" in short and short != written else f"orgloop-{family(kind)}-{short}"
