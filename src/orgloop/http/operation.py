"""One thing that can be asked for over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

from attrs import frozen

from orgloop.http.answer import Answer
from orgloop.http.call import Call
from orgloop.http.form import Form

Access = Literal["control", "dashboard", "session", "anyone"]
"""Whose it is: the control token's alone, a session's of the dashboard as well, that session's
itself, or anyone's who has something else to show."""


@frozen
class Operation:
    """A method at a path (in werkzeug's notation), and what answers there."""

    method: str
    path: str
    act: Callable[[Call], Awaitable[Answer]]
    form: Form
    access: Access = "control"
