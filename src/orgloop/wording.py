"""Put into words what somebody else's code has raised: whatever it is, it can be kept and shown."""

from __future__ import annotations


def is_proper(value: object) -> bool:
    """Return whether a value is text that can be written as UTF-8."""
    return isinstance(value, str) and proper(value) == value


def proper(text: str) -> str:
    """Return a text that can be written as UTF-8: half of a surrogate pair stands as its escape.

    Python reads the name of a file that is no UTF-8 as such halves.
    """
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def words_of(error: BaseException) -> str:
    """Return what an exception says: nothing, if it fails at that, too."""
    try:
        return proper(str(error))
    except Exception:  # a mistake in a stranger's ``__str__``
        return ""


def described(error: BaseException) -> str:
    """Return the kind of an exception, and what it says."""
    kind, said = type(error).__name__, words_of(error)
    return f"{kind}: {said}" if said else kind
