"""Describe the options of a component, in the attrs class that holds them.

A config class is an ordinary ``@frozen`` attrs class. Its field types say what a value may be
(``str``, ``int``, ``float``, ``bool``, `Duration`, `Size`, `Path`, ``Literal[…]``, ``X | None``,
``list[X]`` or ``tuple[X, …]``, ``dict[str, X]``, another attrs class, ``Any`` for free JSON), the
default says whether it is required, and `option` adds what only a person can know. From the same
class come the checking of YAML, its error messages, the JSON Schema and the page of documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from attrs import NOTHING, Attribute, field, frozen

from orgloop.errors import InvalidValue, InvalidValues

T = TypeVar("T")

_KEY = "orgloop"


@frozen
class Option:
    """What is known about one option besides its type and default."""

    doc: str
    """One or two sentences of Markdown for the reference page."""
    key: str | None = None
    """The key in YAML where it is not the attribute's name (``timeout_ms``, ``from``)."""
    aliases: tuple[str, ...] = ()
    """Other keys with the same meaning, kept for older projects."""
    secret: bool = False
    """The value is never shown."""
    structural: bool = False
    """Without it the component has no identity: a missing variable in it stops the start."""
    ignored: str | None = None
    """The key is accepted and has no effect; this says why (shown once by ``validate``)."""
    instead_of: str | None = None
    """The field that this one says in another way; either, over a definition, replaces both."""
    convert: Callable[[Any], Any] | None = None
    """Turn the raw YAML value into the field's value; raise `InvalidValue` to refuse it.

    With a converter the field's type is not checked; ``schema`` should say what it takes.
    """
    schema: Mapping[str, Any] | None = None
    """JSON Schema of the raw value, where it cannot be derived from the type."""
    shorthand: Callable[[Any], Any] | None = None
    """Turn a single value written where the type wants a mapping or a list into the field's value.

    Raises `InvalidValue` to refuse it. ``schema`` then describes the single value alone.
    """
    minimum: Any = None
    """The least value allowed: a number, or a `Duration` or `Size` for fields of that type."""
    maximum: Any = None
    """The greatest value that is allowed."""


def option(
    doc: str,
    *,
    default: Any = NOTHING,
    factory: Callable[[], Any] | None = None,
    key: str | None = None,
    aliases: Sequence[str] = (),
    secret: bool = False,
    structural: bool = False,
    ignored: str | None = None,
    instead_of: str | None = None,
    convert: Callable[[Any], Any] | None = None,
    schema: Mapping[str, Any] | None = None,
    shorthand: Callable[[Any], Any] | None = None,
    minimum: Any = None,
    maximum: Any = None,
) -> Any:
    """Declare one option; see `Option`. Without ``default`` and ``factory`` it is required."""
    described = Option(
        doc=doc,
        key=key,
        aliases=tuple(aliases),
        secret=secret,
        structural=structural,
        ignored=ignored,
        instead_of=instead_of,
        convert=convert,
        schema=schema,
        shorthand=shorthand,
        minimum=minimum,
        maximum=maximum,
    )
    keywords: dict[str, Any] = {"metadata": {_KEY: described}, "repr": not secret, "kw_only": True}
    if factory is not None:
        return field(factory=factory, **keywords)
    return field(default=default, **keywords)


def ignored_option(why: str) -> Any:
    """Declare a key of older projects that is accepted and has no effect; see `Option.ignored`."""
    return option("", default=None, ignored=why)


def checked_each(written: Mapping[Any, Any], check: Callable[[Any], T]) -> dict[str, T]:
    """Return ``check`` of each value of a mapping; for converters.

    Raises `InvalidValues` that names every key whose value is refused, not the first one alone.
    """
    errors: list[InvalidValue] = []
    checked = {}
    for key, value in written.items():
        try:
            checked[str(key)] = check(value)
        except InvalidValue as error:
            errors.append(InvalidValue(f"{key}: {error}", at=(str(key), *error.at)))
    if errors:
        raise InvalidValues(errors)
    return checked


def described(attribute: Attribute[Any]) -> Option:
    """Return what `option` said about an attribute."""
    found = attribute.metadata.get(_KEY)
    return found if isinstance(found, Option) else Option(doc="")


@frozen(kw_only=True)
class NoOptions:
    """The config class of a component that takes no options."""
