"""Read single values: text, numbers, switches, durations, sizes, paths, one of a few words.

A reader takes a node, the way to it and the reading, and returns the value, or `BAD` after it has
reported why there is none, or `ABSENT` if a variable is missing. What came from a variable is
never repeated in a message.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from orgloop.config.nodes import Mapping, Node, Scalar, Sequence, Trail
from orgloop.config.problems import suggestion
from orgloop.config.reading import BAD, Nothing, Reading
from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.hidden import HIDDEN
from orgloop.sizes import Size

Reader = Callable[[Node, Trail, Reading], Any]

_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


def found(node: Node) -> str:
    """Say what kind of thing stands there, without repeating it."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    assert isinstance(node, Scalar)
    match node.value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case _:
            return "text"


def wrong(node: Node, trail: Trail, reading: Reading, expected: str, remedy: str) -> Nothing:
    """Report that something else was expected."""
    names = variables_in(node, reading)
    if names:
        return reading.report(node, trail, f"what {names} holds is not {expected}", remedy)
    return reading.report(node, trail, f"expected {expected}, found {found(node)}", remedy)


def variables_in(node: Node, reading: Reading) -> str:
    """Return the names of the variables in a scalar, with commas; nothing if there are none."""
    if isinstance(node, Scalar) and isinstance(node.value, str) and "${" in node.value:
        return ", ".join(name for name, _, _ in reading.variables.fill(node.value).used)
    return ""


def _scalar(node: Node) -> Any:
    return node.value if isinstance(node, Scalar) else node


def read_text(node: Node, trail: Trail, reading: Reading) -> Any:
    """Read a string."""
    value = _scalar(node)
    if type(value) is not str:
        quoted = isinstance(node, Scalar) and value is not None
        return wrong(
            node, trail, reading, "text", "Put it in quotes." if quoted else "Write a string."
        )
    if "${" in value or value[:1] == "~":
        assert isinstance(node, Scalar)
        return reading.text(node, trail)
    return value


class Shown(str):
    """Text that people alone read: what came from a variable reads ``***``."""


def read_shown(node: Node, trail: Trail, reading: Reading) -> Any:
    """Read text that is shown wherever there is something to show."""
    text = read_text(node, trail, reading)
    return HIDDEN if isinstance(text, str) and variables_in(node, reading) else text


def _from_variable(node: Node, trail: Trail, reading: Reading) -> Any:
    """Return the text that variables gave a scalar, `None` where the scalar has none."""
    value = _scalar(node)
    if isinstance(node, Scalar) and type(value) is str and "${" in value:
        return reading.text(node, trail)
    return None


def read_int(node: Node, trail: Trail, reading: Reading) -> Any:
    """Read a whole number."""
    if type(value := _scalar(node)) is int:
        return value
    text = _from_variable(node, trail, reading)
    if isinstance(text, Nothing):
        return text
    if text is not None and len(text) < 20 and text.strip().lstrip("+-").isdecimal():
        return int(text)
    return wrong(node, trail, reading, "a whole number", "Write one, without quotes.")


def read_float(node: Node, trail: Trail, reading: Reading) -> Any:
    """Read a number."""
    if type(value := _scalar(node)) is int or type(value) is float:
        return float(value)
    text = _from_variable(node, trail, reading)
    if isinstance(text, Nothing):
        return text
    try:
        number = float(text) if text is not None else float("nan")
    except ValueError:
        number = float("nan")
    if abs(number) < float("inf"):
        return number
    return wrong(node, trail, reading, "a number", "Write one, without quotes.")


def read_bool(node: Node, trail: Trail, reading: Reading) -> Any:
    """Read a switch; ``yes``, ``no``, ``on`` and ``off`` are taken too, as older YAML has them."""
    value = _scalar(node)
    if type(value) is bool:
        return value
    text = _from_variable(node, trail, reading)
    if isinstance(text, Nothing):
        return text
    word = (text if text is not None else value if type(value) is str else "").strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    return wrong(node, trail, reading, "true or false", "Write true or false.")


def parsing(parse: Callable[[str], Any], expected: str, remedy: str) -> Reader:
    """Return a reader of text that ``parse`` understands or refuses with `InvalidValue`."""

    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        if type(_scalar(node)) is not str:
            return wrong(node, trail, reading, expected, remedy)
        text = read_text(node, trail, reading)
        if isinstance(text, Nothing):
            return text
        try:
            return parse(text)
        except InvalidValue as error:
            if variables_in(node, reading):
                return wrong(node, trail, reading, expected, remedy)
            return reading.report(node, trail, *_in_two(str(error), remedy))

    return read


def _in_two(message: str, remedy: str) -> tuple[str, str]:
    what, colon, advice = message.partition(": ")
    return (what, f"{advice[:1].upper()}{advice[1:]}.") if colon else (what, remedy)


read_duration = parsing(
    Duration.parse, "a duration", "Write a number and a unit, as in 500ms, 30s, 5m, 1h30m, 7d."
)
_size_of_text = parsing(Size.parse, "a size", "Write a number and a unit, as in 100KB, 50MB, 1GB.")


def read_size(node: Node, trail: Trail, reading: Reading) -> Any:
    """Read a size; a bare number counts bytes."""
    value = _scalar(node)
    if type(value) is int and value >= 0:
        return Size(value)
    return _size_of_text(node, trail, reading)


def read_path(node: Node, trail: Trail, reading: Reading) -> Any:
    """Read a path: ``~`` is the home directory; relative ones begin beside their file."""
    text = read_text(node, trail, reading)
    if isinstance(text, Nothing):
        return text
    if "\0" in text or not text:
        return wrong(node, trail, reading, "a path", "Write the name of a file or directory.")
    return resolved(text, node, reading)


def resolved(text: str, node: Node, reading: Reading) -> Path:
    """Return the path that ``text`` means at ``node``: beside its file, else in the project."""
    if text == "~" or text.startswith("~/"):
        return reading.user_home / text[2:]
    directory = node.file.parent if node.file else reading.project_directory
    beside = directory / text
    if not beside.exists() and (reading.project_directory / text).exists():
        return reading.project_directory / text
    return beside


def one_of(values: tuple[Any, ...]) -> Reader:
    """Return a reader of a few words (or numbers)."""
    words = [str(value) for value in values]
    expected = words[0] if len(words) == 1 else f"one of {', '.join(words)}"

    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        value = _scalar(node)
        if isinstance(node, Scalar) and type(value) is str:
            value = reading.text(node, trail)
        if isinstance(value, Nothing):
            return value
        if isinstance(node, Scalar) and type(value) in {type(one) for one in values}:
            if value in values:
                return value
            if not variables_in(node, reading):
                what = f"`{value}` is not {expected}"
                return reading.report(node, trail, what, suggestion(str(value), words))
        return wrong(node, trail, reading, expected, f"Write {expected}.")

    return read


def read_node(node: Node, trail: Trail, reading: Reading) -> Node:
    """Leave a node as it is, to be read later."""
    return node


def within(reader: Reader, minimum: Any, maximum: Any) -> Reader:
    """Return ``reader`` with bounds on its value (`None` for no bound)."""

    def read(node: Node, trail: Trail, reading: Reading) -> Any:
        value = reader(node, trail, reading)
        if value is None or isinstance(value, Nothing):
            return value
        if minimum is not None and value < minimum:
            return _out_of_range(node, trail, reading, f"at least {minimum}")
        if maximum is not None and value > maximum:
            return _out_of_range(node, trail, reading, f"at most {maximum}")
        return value

    return read


def _out_of_range(node: Node, trail: Trail, reading: Reading, bound: str) -> Nothing:
    names = variables_in(node, reading)
    shown = names or (str(node.value) if isinstance(node, Scalar) else "this")
    reading.report(node, trail, f"{shown} is out of range", f"It must be {bound}.")
    return BAD
