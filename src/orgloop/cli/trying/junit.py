"""Tell how tests went as JUnit XML, as its Ant task writes it: every CI reads that."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from orgloop.cli.trying.report import Played, line_of, told
from orgloop.hidden import Hidden
from orgloop.printable import printable_lines
from orgloop.runtime.rehearsal.performing import Performance


def junit(played: Sequence[Played], hidden: Hidden) -> bytes:
    """Return a report without what the project hides."""
    all_tests = [one for suite in played for one in suite.tests]
    top = ElementTree.Element("testsuites", {"name": "orgloop test", **_sums(all_tests)})
    for suite in played:
        written = {"name": _xml(str(suite.file)), **_sums(suite.tests), "skipped": "0"}
        node = ElementTree.SubElement(top, "testsuite", written)
        for one in suite.tests:
            _add_case(node, suite.file, one, hidden)
    ElementTree.indent(top)
    document: bytes = ElementTree.tostring(top, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _sums(tests: Sequence[Performance]) -> dict[str, str]:
    return {
        "tests": str(len(tests)),
        "failures": str(sum(one.error is None and not one.is_good for one in tests)),
        "errors": str(sum(one.error is not None for one in tests)),
        "time": _seconds(sum(one.seconds for one in tests)),
    }


def _add_case(node: ElementTree.Element, file: Path, one: Performance, hidden: Hidden) -> None:
    case = ElementTree.SubElement(
        node,
        "testcase",
        classname=_xml(_class_of(file)),
        name=_xml(one.case.name),
        file=_xml(str(file)),
        line=str(line_of(one)),
        time=_seconds(one.seconds),
    )
    if one.is_good:
        return
    paths = ", ".join(miss.path for miss in one.misses)
    kind, message = ("failure", paths) if one.error is None else ("error", one.error)
    node = ElementTree.SubElement(case, kind, message=_xml(hidden.conceal(message)), type=kind)
    node.text = _xml("\n".join(text for text, _ in told(one, hidden)))


def _class_of(file: Path) -> str:
    """Return a name that tells suites apart which lie in different directories.

    Tests are known by class and name; Jenkins takes what stands before the last dot for a package.
    """
    steps = [one for one in file.with_suffix("").parts if one not in ("/", "..", ".")]
    return ".".join(step.replace(".", "_") for step in steps)


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"  # as Maven does: some readers insist on it


def _xml(text: str) -> str:
    """Return what may stand in XML 1.0, which has no way to write most controls."""
    return printable_lines(text).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
