"""Tell how tests went: to people, to programs, and as JUnit XML."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from orgloop.cli.look import fit, lasting, line, style, width
from orgloop.cli.output import show
from orgloop.config.suites.suite import Case, Suite
from orgloop.hidden import Hidden
from orgloop.printable import printable_lines
from orgloop.runtime.rehearsal.judging import Miss
from orgloop.runtime.rehearsal.performing import Performance

Document = dict[str, Any]
Done = Sequence[Performance]


def results(suites: Sequence[Suite], done: Done, hidden: Hidden) -> Document:
    """Return what ``--json`` prints."""
    by_case = {id(one.case): one for one in done}
    return {
        "tests": len(done),
        "failed": sum(not one.is_good for one in done),
        "results": [
            _result(suite, by_case[id(case)], hidden) for suite in suites for case in suite.cases
        ],
    }


def _result(suite: Suite, one: Performance, hidden: Hidden) -> Document:
    return {
        "suite": str(suite.file),
        "line": _line(one.case),
        "name": one.case.name,
        "passed": one.is_good,
        "error": hidden.conceal_in(one.error),
        "misses": [
            hidden.conceal_in(
                {"path": m.path, "expected": m.expected, "actual": m.actual, "why": m.why}
            )
            for m in one.misses
        ],
        "duration_ms": round(one.seconds * 1000, 3),
    }


def show_results(suites: Sequence[Suite], done: Done, hidden: Hidden, *, quiet: bool) -> None:
    """Write each test and how it went, failing ones with the difference; then the sum."""
    by_case = {id(one.case): one for one in done}
    for suite in suites:
        shown = [by_case[id(case)] for case in suite.cases]
        if quiet and all(one.is_good for one in shown):
            continue
        show(line(style(suite.file, "strong")))
        for one in shown:
            if one.is_good and not quiet:
                took = style(f"({lasting(one.seconds * 1000)})", "dim")
                show(
                    fit(line("  ", style("ok", "good"), "    ", one.case.name, " ", took), width())
                )
            elif not one.is_good:
                _show_failed(suite, one, hidden)
    failed = sum(not one.is_good for one in done)
    tests = f"{len(done)} {'test' if len(done) == 1 else 'tests'}"
    told = style(f"{failed} failed", "bad") if failed else style("all passed", "good")
    show(line(tests, ", ", told))


def _show_failed(suite: Suite, one: Performance, hidden: Hidden) -> None:
    place = style(f"{suite.file}:{_line(one.case)}", "dim")
    show(line("  ", style("FAILED", "bad"), " ", one.case.name, "  ", place))
    for text, meaning in _told(one, hidden):
        show(line("      ", style(text, meaning) if meaning else text))


def _told(one: Performance, hidden: Hidden) -> Iterator[tuple[str, Any]]:
    """Yield the lines that say what is wrong, each with how it looks."""
    if one.error is not None:
        yield hidden.conceal(one.error), None
    for miss in one.misses:
        yield miss.path, "strong"
        for text in _difference(miss, hidden):
            yield text, "bad" if text.startswith("-") else "good" if text[:1] == "+" else "dim"
        if miss.why:
            yield f"because {hidden.conceal(miss.why)}", None


def _difference(miss: Miss, hidden: Hidden) -> Iterator[str]:
    """Yield what was expected (``-``) and what is (``+``), line by line where it is a text."""
    expected, actual = (_lines(one, hidden) for one in (miss.expected, miss.actual))
    if len(expected) == 1 or len(actual) == 1:
        yield from (f"- {one}" for one in expected)
        yield from (f"+ {one}" for one in actual)
        return
    changes = difflib.unified_diff(expected, actual, n=1, lineterm="")
    yield from (f"{one[:1]} {one[1:]}" for one in changes if one[:2] not in ("--", "++", "@@"))


def _lines(value: Any, hidden: Hidden) -> list[str]:
    shown = hidden.conceal_in(value)
    if isinstance(shown, str) and "\n" in shown.strip():
        return shown.strip().splitlines()
    return [json.dumps(shown, ensure_ascii=False)]


def junit(suites: Sequence[Suite], done: Done, hidden: Hidden) -> bytes:
    """Return a report as JUnit's Ant task writes it, which every CI reads."""
    by_case = {id(one.case): one for one in done}
    top = ElementTree.Element("testsuites", {"name": "orgloop test", **_sums(done)})
    for suite in suites:
        own = [by_case[id(case)] for case in suite.cases]
        node = ElementTree.SubElement(top, "testsuite", {"name": str(suite.file), **_sums(own)})
        for one in own:
            _add_case(node, suite, one, hidden)
    ElementTree.indent(top)
    written: bytes = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _sums(done: Done) -> dict[str, str]:
    return {
        "tests": str(len(done)),
        "failures": str(sum(one.error is None and not one.is_good for one in done)),
        "errors": str(sum(one.error is not None for one in done)),
        "skipped": "0",
        "time": f"{sum(one.seconds for one in done):.6f}",
    }


def _add_case(node: ElementTree.Element, suite: Suite, one: Performance, hidden: Hidden) -> None:
    case = ElementTree.SubElement(
        node,
        "testcase",
        classname=suite.file.stem,
        name=_xml(one.case.name),
        file=str(suite.file),
        line=str(_line(one.case)),
        time=f"{one.seconds:.6f}",
    )
    if one.is_good:
        return
    paths = ", ".join(miss.path for miss in one.misses)
    kind, message = ("failure", paths) if one.error is None else ("error", one.error)
    told = ElementTree.SubElement(case, kind, message=_xml(hidden.conceal(message)), type=kind)
    told.text = _xml("\n".join(text for text, _ in _told(one, hidden)))


def _xml(text: str) -> str:
    """Return what may stand in XML 1.0, which has no way to write most controls."""
    return printable_lines(text).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def _line(case: Case) -> int:
    return case.place.line if case.place is not None else 1
