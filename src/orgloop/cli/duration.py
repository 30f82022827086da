"""Durations on the command line."""

from __future__ import annotations

import click

from orgloop.durations import Duration
from orgloop.errors import InvalidValue


class _DurationType(click.ParamType):  # type: ignore[type-arg]  # older clicks take no argument
    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Duration:
        if isinstance(value, Duration):
            return value
        try:
            return Duration.parse(str(value))
        except InvalidValue as error:
            self.fail(str(error), param, ctx)


DURATION = _DurationType()
