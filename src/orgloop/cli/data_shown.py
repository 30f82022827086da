"""Show what the commands of ``orgloop data`` have found or done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orgloop.cli.look import line, style, when
from orgloop.cli.output import one_line, show, show_json, table

if TYPE_CHECKING:
    from orgloop.storage.finding import Finding
    from orgloop.storage.repair import Repaired


def are_sound(findings: Sequence[Finding]) -> bool:
    """Whether nothing is damaged."""
    return all(one.is_sound for one in findings)


def _document(one: Finding) -> dict[str, Any]:
    return {
        "file": str(one.file),
        "kind": one.kind,
        "project": one.project,
        "ok": one.is_sound,
        "problems": one.problems,
        "notes": one.notes,
    }


def show_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """Show what was found of each file."""
    if as_json:
        show_json({"ok": are_sound(findings), "files": [_document(one) for one in findings]})
        return
    for one in findings:
        judged = style("ok", "good") if one.is_sound else style("DAMAGED", "bad")
        show(line(judged, f"  {one.file}"))
        for told in (*one.problems, *one.notes):
            show(f"    {one_line(told)}")
    if not findings:
        show("there is nothing yet")


def show_repaired(done: Sequence[Repaired], *, as_json: bool) -> None:
    """Show what was done about damaged files."""
    if as_json:
        show_json({"repaired": [_account(one) for one in done]})
        return
    for one in done:
        show(f"repaired  {one.file}")
        for told in one.told:
            show(f"    {one_line(told)}")
        if one.kept_at is not None:
            show(f"    the damaged file is {one.kept_at}")
    if not done:
        show("nothing is damaged")


def show_copied(findings: Sequence[Finding], target: Path, *, as_json: bool) -> None:
    """Show which files were copied to ``target``."""
    files = [one.file.name for one in findings]
    if as_json:
        show_json({"directory": str(target), "files": files})
    else:
        show(f"{len(files)} files copied to {target}, each of them checked")


def show_statistics(found: dict[str, Any], *, as_json: bool) -> None:
    """Show what `statistics` counted."""
    if as_json:
        show_json(found)
        return
    log = found["event_log"]
    rows = [] if log is None else [("event log", log)]
    rows += [(f"queue of {one['project']}", one["queue"]) for one in found["projects"]]
    columns = ("bytes", "write_ahead_log_bytes", "pages", "free_pages")
    cells = [[name, *(one[column] for column in columns)] for name, one in rows]
    show(table(cells, heading=["file", "bytes", "in its wal", "pages", "free"]))
    for one in found["projects"]:
        show()
        show(f"{one['project']}: {one['events']} events{_between(one['oldest'], one['newest'])}")
        states = one["queue"]["deliveries"]
        show(table(states.items(), heading=["state", "deliveries"], indent="  "))
        show(f"  routed up to {one['queue']['cursor']} of {log['last_number'] if log else 0}")
    for file in found["damaged_files_kept"]:
        show(f"kept from a repair: {file}")


def _between(oldest: str | None, newest: str | None) -> str:
    return "" if oldest is None else f", {when(oldest)} to {when(newest)}"


def _account(one: Repaired) -> dict[str, Any]:
    kept_at = None if one.kept_at is None else str(one.kept_at)
    return {"file": str(one.file), "kept_at": kept_at, "told": one.told}
