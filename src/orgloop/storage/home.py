"""The home directory of a runtime: where everything is, and who may read it."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

from attrs import field, frozen

from orgloop.errors import StorageUnavailable
from orgloop.storage.atomic import write_atomically
from orgloop.storage.names import file_name
from orgloop.storage.plainfile import read_plain_file

_TOKEN = re.compile(r"[0-9a-f]{64}")
_RUNTIME_ID = re.compile(r"rt_[0-9a-f]{20}")


@frozen
class Home:
    """Every path below one home directory. Nothing is made before `create`."""

    root: Path = field(converter=Path)

    @property
    def lock(self) -> Path:
        return self.root / "orgloop.lock"

    @property
    def pid_file(self) -> Path:
        return self.root / "orgloop.pid"

    @property
    def supervisor_pid_file(self) -> Path:
        return self.root / "supervisor.pid"

    @property
    def crash_record(self) -> Path:
        return self.root / "crash.json"

    @property
    def handover_socket(self) -> Path:
        return self.root / "handover.sock"

    @property
    def port_file(self) -> Path:
        return self.root / "runtime.port"

    @property
    def runtime_id_file(self) -> Path:
        return self.root / "runtime.id"

    @property
    def control_token_file(self) -> Path:
        return self.root / "control.token"

    @property
    def fingerprint_key_file(self) -> Path:
        return self.data / "fingerprint.key"

    @property
    def heartbeat(self) -> Path:
        return self.root / "heartbeat"

    @property
    def state(self) -> Path:
        return self.root / "state.json"

    @property
    def config(self) -> Path:
        return self.root / "config.yaml"

    @property
    def spool(self) -> Path:
        return self.root / "spool"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def application_log(self) -> Path:
        return self.logs / "orgloop.log"

    @property
    def daemon_stdout(self) -> Path:
        return self.logs / "daemon.stdout.log"

    @property
    def daemon_stderr(self) -> Path:
        return self.logs / "daemon.stderr.log"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def checkpoints(self) -> Path:
        return self.data / "checkpoints"

    @property
    def event_log(self) -> Path:
        return self.data / "wal" / "events.db"

    @property
    def queues(self) -> Path:
        return self.data / "queue"

    def queue(self, project: str) -> Path:
        """Return the file of a project's queue."""
        return self.queues / f"{file_name(project)}.db"

    def create(self) -> None:
        """Make the directories that are missing, mode 0700; those that exist stay as they are."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.data.mkdir(mode=0o700, exist_ok=True)
            for directory in (
                self.spool,
                self.logs,
                self.checkpoints,
                self.event_log.parent,
                self.queues,
            ):
                directory.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StorageUnavailable(
                f"the home directory {self.root} {self._trouble(error)}; "
                "set ORGLOOP_HOME to a directory you may write to"
            ) from error

    def _trouble(self, error: OSError) -> str:
        at = error.filename or str(self.root)
        if os.path.exists(at) and not os.path.isdir(at):
            where = "" if at == str(self.root) else f"cannot be used: {at} "
            return f"{where}is no directory"
        if os.path.islink(self.root) and not os.path.exists(self.root):
            return f"is a link to {os.readlink(self.root)}, which is not there"
        what = "used" if os.path.lexists(self.root) else "made"
        return f"cannot be {what}: {error.strerror or error}"

    def runtime_id(self) -> str:
        """Return the id of this home's runtime; made once, and anew if its file is damaged."""
        return _kept(self.runtime_id_file, _RUNTIME_ID, lambda: f"rt_{secrets.token_hex(10)}")

    def control_token(self) -> str:
        """Return the bearer token of the control API; made once.

        A file that does not hold 64 hex digits is replaced: whoever needs the token reads the file,
        and a token that can be guessed must not open anything.
        """
        return _kept(self.control_token_file, _TOKEN, _new_token)

    def renew_control_token(self) -> str:
        """Replace the bearer token of the control API, and return the new one."""
        return _made(self.control_token_file, _new_token)

    def fingerprint_key(self) -> str:
        """Return the key of the hashes in `state`; made once.

        It is not the control token: hashes must stay comparable when that is replaced.
        """
        return _kept(self.fingerprint_key_file, _TOKEN, _new_token)


def _new_token() -> str:
    return secrets.token_hex(32)


def _kept(path: Path, form: re.Pattern[str], make: Callable[[], str]) -> str:
    found = read_line(path)
    if found is not None and form.fullmatch(found):
        path.chmod(0o600)
        return found
    return _made(path, make)


def _made(path: Path, make: Callable[[], str]) -> str:
    made = make()
    write_atomically(path, f"{made}\n".encode())
    return made


def read_line(path: Path) -> str | None:
    """Return what a one-line file holds, `None` if it is not there or cannot be read as text."""
    try:
        return read_plain_file(path).decode("utf-8").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    except OSError as error:
        raise StorageUnavailable(
            f"{path} cannot be read: {error.strerror or error}; "
            "check that the home directory is yours"
        ) from error
