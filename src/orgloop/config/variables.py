"""Fill ``${NAME}`` and ``${NAME:-default}`` in a project's strings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from orgloop.config.model import Place

if TYPE_CHECKING:
    from orgloop.config.problems import Findings

_REFERENCE = re.compile(r"\$\$\{|\$\{([^{}]*)(\}?)")
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", re.DOTALL)


@frozen(kw_only=True)
class VariableUse:
    """One place where a project uses a variable; what ``orgloop env`` lists."""

    name: str
    place: Place | None
    component: str | None
    """``source:github``, ``actor:reviewer``, …; `None` outside of all of them."""
    is_set: bool
    has_default: bool
    description: str = ""
    where: str = ""
    """Where a person gets a value."""
    stops_start: bool = False
    """Without it the project cannot start; otherwise the component starts degraded."""
    is_named: bool = True
    """Whether ``place`` names it; otherwise the plugin that is used there asks for it."""
    is_optional: bool = False
    """Whether what uses it gets on without it."""
    is_placeholder: bool = False
    """Whether it has no value, and its name in angle brackets is taken for one."""

    @property
    def is_missing(self) -> bool:
        """Whether there is neither a value nor a default, and something suffers from it."""
        return not (self.is_set or self.has_default or self.is_optional)


@frozen
class Filled:
    """A string after its variables were filled."""

    text: str = field(repr=False)
    used: tuple[tuple[str, bool, bool], ...]
    """(name, whether it is set, whether it has a default) of each reference, in order."""
    malformed: tuple[str, ...] = ()
    """What begins like a reference and is none."""

    @property
    def is_complete(self) -> bool:
        return not self.malformed and all(is_set or default for _, is_set, default in self.used)


@frozen
class Variables:
    """What variables are worth: the process's environment, then the project's ``.env``."""

    environ: Mapping[str, str] = field(repr=False)
    dotenv: Mapping[str, str] = field(factory=dict, repr=False)
    has_placeholders: bool = False
    """Whether one without a value is worth its name in angle brackets."""

    def get(self, name: str) -> str | None:
        """Return a variable's value, `None` if it has none."""
        value = self.environ.get(name)
        return self.dotenv.get(name) if value is None else value

    def fill(self, text: str) -> Filled:
        """Fill every reference; ``$${`` becomes ``${``. What is inserted is not looked at."""
        used: list[tuple[str, bool, bool]] = []
        malformed: list[str] = []

        def value_of(match: re.Match[str]) -> str:
            if match[0] == "$${":
                return "${"
            parts = _NAME.fullmatch(match[1]) if match[2] else None
            if parts is None:
                malformed.append(match[0])
                return ""
            name, default = parts[1], parts[2]
            value = self.get(name)
            if value is None and default is None and self.has_placeholders:
                value = f"<{name}>"
            used.append((name, value is not None, default is not None))
            # as in a shell, the default also stands in for an empty value
            return default if default is not None and not value else value or ""

        filled = _REFERENCE.sub(value_of, text)
        return Filled(filled, tuple(used), tuple(malformed))


def read_dotenv(file: Path, findings: Findings) -> dict[str, str]:
    """Return what ``.env`` sets, ``{}`` if there is none; lines that say nothing are reported.

    Values are taken as they stand: a ``${…}`` in them is not looked at. ``NAME=`` with nothing
    behind it, as in the copy of an example, sets nothing; ``NAME=""`` sets it to nothing.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        findings.add(
            Place(file=file, line=1, column=1),
            f"the variables in this file cannot be read: {reason}",
            "Mend the file or remove it.",
        )
        return {}
    from dotenv.parser import parse_stream  # projects without .env do not wait for it

    values = {}
    for binding in parse_stream(StringIO(text)):
        written = binding.original.string.partition("=")[2].strip()
        if binding.value == "" and written[:1] not in ("'", '"'):
            continue
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
        elif binding.error or binding.key is not None:
            place = Place(file=file, line=binding.original.line, column=1)
            findings.add(place, "this line sets no variable", "Write NAME=value.", "warning")
    return values
