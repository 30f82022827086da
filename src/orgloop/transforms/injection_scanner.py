"""The injection-scanner transform: mark or drop events that try to take over who reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Literal

from attrs import evolve, frozen
from zope.interface import implementer

from orgloop.errors import Dropped, InvalidValue, InvalidValues
from orgloop.event import Event, JSONObject
from orgloop.interfaces import IInProcessTransform
from orgloop.options import option
from orgloop.plugin import PluginContext, Registration
from orgloop.reports import TransformContext
from orgloop.sdk.injection.scanning import findings_in, kinds_in, strings_of
from orgloop.sdk.patterns import Allowance, Pattern, compile_pattern, read_pattern

_MOST_CHARACTERS = 200_000
"""Of one event; what is behind is reported as not looked at. Prose takes 6 ms, the worst 150."""
_MOST_FINDINGS = 10


def _patterns(raw: Any) -> tuple[Pattern, ...]:
    written = [raw] if isinstance(raw, str) else raw
    if not isinstance(written, list):
        raise InvalidValue("write a list of regular expressions")
    compiled, errors = [], []
    for index, one in enumerate(written):
        try:
            compiled.append(_pattern(one))
        except InvalidValue as error:
            errors.append(InvalidValue(str(error), at=(index,)))
    if errors:
        raise InvalidValues(errors)
    return tuple(compiled)


def _pattern(written: Any) -> Pattern:
    if not isinstance(written, str) or not written:
        raise InvalidValue("a pattern is a regular expression, as in `internal-only` or `/^x/i`")
    return read_pattern(written) or compile_pattern(written, "i")


@frozen(kw_only=True)
class InjectionScannerConfig:
    """What is looked for besides the usual, and what becomes of an event that has it."""

    action: Literal["tag", "drop"] = option(
        "`tag` sets `provenance.security.injection_risk` to true, `drop` drops the event.",
        default="tag",
    )
    custom_patterns: tuple[Pattern, ...] = option(
        "Further regular expressions, bare (then upper and lower case are alike) or as "
        "`/expression/flags`.",
        default=(),
        convert=_patterns,
        schema={"type": ["array", "string"], "items": {"type": "string"}},
    )


@implementer(IInProcessTransform)
class InjectionScanner:
    """Look through provenance and payload of every event."""

    def __init__(self, config: InjectionScannerConfig, context: PluginContext) -> None:
        self._drops = config.action == "drop"
        self._custom = config.custom_patterns
        self._allowance = Allowance(context.clock)

    async def start(self) -> None:
        """Nothing to make ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    def apply(self, event: Event, context: TransformContext) -> Event:
        """Tag or drop the event if it is suspicious; see `IInProcessTransform.apply`.

        Raises `PatternTimeout` when the expressions of the project take too long over it.
        """
        found = list(islice(self._findings(event), _MOST_FINDINGS))
        if not found:
            return event
        if self._drops:
            raise Dropped(f"it may be an injection: {found[0]}")
        return evolve(event, provenance=_tagged(event.provenance, found))

    def _findings(self, event: Event) -> Iterator[str]:
        document: JSONObject = {"provenance": event.provenance, "payload": event.payload}
        if event.extra is not None:
            document |= event.extra
        yield from findings_in(document, kinds_in, most_characters=_MOST_CHARACTERS)
        if self._custom:
            strings, _ = strings_of(document, _MOST_CHARACTERS)
            yield from self._custom_findings(strings)

    def _custom_findings(self, strings: Sequence[tuple[str, str]]) -> Iterator[str]:
        self._allowance.begin()
        for pattern in self._custom:
            for path, text in strings:
                if self._allowance.test(pattern, text):
                    yield f"{path}: {pattern.source}"


def _tagged(provenance: JSONObject, found: list[str]) -> JSONObject:
    known = provenance.get("security")
    tag = {"injection_risk": True, "injection_findings": found}
    return {**provenance, "security": {**known, **tag} if isinstance(known, dict) else tag}


registration = Registration(
    id="injection-scanner", transform=InjectionScanner, config=InjectionScannerConfig
)
