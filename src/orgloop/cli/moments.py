"""Moments on the command line: a time, or how long ago."""

from __future__ import annotations

import time

import click

from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.times import to_epoch_ms, to_iso


class _MomentType(click.ParamType):  # type: ignore[type-arg]  # older clicks take no argument
    name = "moment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        try:
            return moment(str(value), round(time.time() * 1000))
        except InvalidValue as error:
            self.fail(str(error), param, ctx)


def moment(text: str, now: int) -> str:
    """Return a TIME or an AGE (``2h``: two hours before ``now``) as ISO 8601, in UTC."""
    try:
        return to_iso(now - Duration.parse(text).milliseconds)
    except InvalidValue:
        pass  # then it is a time
    try:
        return to_iso(to_epoch_ms(text))
    except InvalidValue as error:
        raise InvalidValue(f"{error}; or write how long ago it was, as in 30m, 2h or 7d") from error


MOMENT = _MomentType()
