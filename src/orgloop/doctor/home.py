"""Look at a home: whose it is, what lies in it, and what an earlier runtime left there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from orgloop.doctor.check import Check, Status
from orgloop.errors import StorageDamaged, StorageUnavailable
from orgloop.storage.checkpoints import read_checkpoint
from orgloop.storage.home import Home, read_line
from orgloop.storage.lock import LockHolder
from orgloop.storage.plainfile import read_plain_file
from orgloop.storage.snapshot import read_snapshot
from orgloop.times import to_iso

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_STUCK_MS = 60_000  # a runtime looks into the spool every ten seconds
_MOST_NAMED = 5


def check_directory(home: Home) -> list[Check]:
    """Say whether this user can use the home, and whether others can."""
    if (refusal := _refusal(home)) is not None:
        fix = "set ORGLOOP_HOME to a directory of yours"
        message = f"{home.root} cannot be used: {refusal.strerror}"
        return [_home("directory", "error", message, fix)]
    if not home.root.exists():
        return [_home("directory", message=f"{home.root} does not exist yet: a start makes it")]
    places = [home.root, home.data, home.logs, home.spool, home.checkpoints, home.queues]
    unusable = [one for one in places if one.exists() and not _is_usable(one)]
    if unusable:
        fix = f"make it yours (chown -R {_me()} {home.root}), or set ORGLOOP_HOME to a directory "
        return [
            _home(
                "directory",
                "error",
                f"{one} cannot be written to by user {_me()}",
                fix + "of yours",
            )
            for one in unusable
        ]
    return [_privacy(home), *_token(home)]


def is_closed(home: Home) -> bool:
    """Return whether there is something in the place of the home that cannot be looked into."""
    return _refusal(home) is not None


def _refusal(home: Home) -> OSError | None:
    try:
        os.scandir(home.root).close()
    except FileNotFoundError:
        return None
    except OSError as error:
        return error
    return None


def _is_usable(directory: Path) -> bool:
    return directory.is_dir() and os.access(directory, os.R_OK | os.W_OK | os.X_OK)


def _me() -> str:
    return str(os.geteuid())


def _privacy(home: Home) -> Check:
    mode = stat.S_IMODE(home.root.stat().st_mode)
    if mode & _OTHERS:
        return _home(
            "directory",
            "degraded",
            f"{home.root} is open to other users of this machine (mode {mode:04o})",
            f"run chmod 700 {home.root}",
        )
    return _home("directory", message=f"{home.root} is this user's alone")


def _token(home: Home) -> Iterator[Check]:
    file = home.control_token_file
    if file.exists() and stat.S_IMODE(file.stat().st_mode) & _OTHERS:
        message = "other users of this machine can read what opens the control API"
        yield _home("control.token", "degraded", message, f"run chmod 600 {file}")


def check_lock(home: Home, holder: LockHolder | None) -> Check:
    """Say who has the home."""
    if holder is None:
        return _home("lock", message="no runtime has this home")
    if holder.pid is None and holder.supervisor is None:
        return _home(
            "lock",
            "degraded",
            "a process holds it, and the file does not say which",
            "if that stays so, look for it with: fuser " + str(home.lock),
        )
    if holder.pid is None:
        return _home(
            "lock",
            "degraded",
            f"supervisor {holder.supervisor} has it and no runtime runs",
            "see `orgloop status` and logs/orgloop.log for why it does not stay up",
        )
    what = f" with project {holder.project}" if holder.project else ""
    return _home("lock", message=f"process {holder.pid} runs{what}")


def check_files(home: Home, holder: LockHolder | None) -> list[Check]:
    """Say what is damaged, and what a runtime left behind that did not end in good order."""
    found = [*_snapshot(home), *_crash(home), *_checkpoints(home)]
    if holder is None:
        found += _stale(home)
    elif holder.pid is not None and _text(home.port_file) is not None:
        found += _port_file(home)
    return found


def _snapshot(home: Home) -> Iterator[Check]:
    try:
        read_snapshot(home.state)
    except (StorageDamaged, StorageUnavailable):
        yield _home(
            "state.json",
            "degraded",
            "it cannot be read: what ran last is not known",
            "the next start writes it anew",
        )


def _crash(home: Home) -> Iterator[Check]:
    if not home.crash_record.exists():
        return
    record = _object(home.crash_record) or {}
    reason = record.get("reason")
    yield _home(
        "crash.json",
        "degraded",
        f"a supervisor gave up: {reason}" if isinstance(reason, str) else "a supervisor gave up",
        f"see {home.crash_record} for its last words; a start that succeeds removes it",
    )


def _checkpoints(home: Home) -> Iterator[Check]:
    files = sorted(home.checkpoints.glob("*/[!.]*.json"))
    unreadable = [file for file in files if not _is_checkpoint(file)]
    if unreadable:
        named = ", ".join(str(file) for file in unreadable[:_MOST_NAMED])
        more = ", …" if len(unreadable) > _MOST_NAMED else ""
        yield _home(
            "checkpoints",
            "degraded",
            f"cannot be read: {named}{more}",
            "those sources start over; `orgloop checkpoint set` gives one its position",
        )
    elif files:
        yield _home("checkpoints", message=f"all {len(files)} can be read")


def _is_checkpoint(file: Path) -> bool:
    try:
        read_checkpoint(file)
    except FileNotFoundError:
        return True  # reset just now
    except (OSError, ValueError):
        return False
    return True


def _stale(home: Home) -> Iterator[Check]:
    signs = (home.pid_file, home.supervisor_pid_file, home.port_file, home.heartbeat)
    left = [file.name for file in signs if file.exists()]
    if left:
        yield _home(
            "left behind",
            "degraded",
            f"{', '.join(left)}: the last runtime did not end in good order",
            "nothing is lost: the next start replaces them",
        )


def _port_file(home: Home) -> Iterator[Check]:
    text = _text(home.port_file) or ""
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        yield _home(
            "runtime.port",
            "degraded",
            "it holds no port: commands do not find the runtime",
            "run orgloop restart",
        )


def check_spool(home: Home, *, runs: bool, now_ms: int) -> list[Check]:
    """Say what hooks have handed in that no runtime has taken."""
    waiting = list(_spooled(home.spool))
    if not waiting:
        return []
    oldest = min(waiting)
    since = f"{len(waiting)} events of hooks wait there since {to_iso(oldest)}"
    if runs and now_ms - oldest > _STUCK_MS:
        fix = f"see logs/orgloop.log for why the runtime does not take them; files in {home.spool}"
        return [_home("spool", "degraded", since, fix)]
    return [_home("spool", message=since)]


def _spooled(spool: Path) -> Iterator[int]:
    try:
        entries: Iterable[os.DirEntry[str]] = list(os.scandir(spool))
    except OSError:
        return
    for entry in entries:
        if not entry.name.startswith("."):
            try:
                yield entry.stat().st_mtime_ns // 1_000_000
            except OSError:
                continue  # taken just now


def _object(file: Path) -> dict[str, object] | None:
    try:
        document = orjson.loads(read_plain_file(file))
    except (OSError, orjson.JSONDecodeError):
        return None
    return document if isinstance(document, dict) else None


def _text(file: Path) -> str | None:
    try:
        return read_line(file)
    except StorageUnavailable:
        return None


def _home(name: str, status: Status = "ok", message: str = "", fix: str = "") -> Check:
    return Check(category="home", name=name, status=status, message=message, fix=fix)
