"""Write metrics in the text format of Prometheus, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/. By hand, because the client library
makes an object of each sample: those of ten thousand routes keep the garbage collector, and with it
the whole process, busy for a third of a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from orgloop.runtime.metrics import Histogram

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

Series = Iterable[tuple[tuple[str, ...], float]]


def samples(
    kind: Literal["counter", "gauge"],
    name: str,
    text: str,
    labels: tuple[str, ...],
    series: Series,
) -> Iterator[str]:
    """Write one number for each combination of labels."""
    yield _head(kind, name, text)
    for values, number in series:
        shown = ",".join(map(_label, labels, values))
        braces = f"{{{shown}}}" if shown else ""
        yield f"{name}{braces} {+number}\n"  # with the sign, what is true is a number


def histograms(
    name: str, text: str, label: str | None, series: Mapping[str, Histogram]
) -> Iterator[str]:
    """Write a histogram for each value of ``label``, or the only one there is."""
    yield _head("histogram", name, text)
    for value, histogram in series.items():
        yield _histogram(name, _label(label, value) if label else "", histogram)


def _histogram(name: str, label: str, histogram: Histogram) -> str:
    """Write what was at most each bound, as the format wants it, and how much in all."""
    before = f'{name}_bucket{{{label}{"," if label else ""}le="'
    lines = []
    so_far = 0
    for bound, count in zip(_bounds(histogram.bounds), histogram.counts, strict=True):
        so_far += count
        lines.append(f'{before}{bound}"}} {so_far}\n')
    labels = f"{{{label}}}" if label else ""
    lines.append(f"{name}_sum{labels} {histogram.total}\n{name}_count{labels} {so_far}\n")
    return "".join(lines)


def _bounds(bounds: Sequence[float]) -> list[str]:
    return [*(str(float(bound)) for bound in bounds), "+Inf"]


def _head(kind: str, name: str, text: str) -> str:
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"


def _label(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'{name}="{escaped}"'
