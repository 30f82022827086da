"""A launchd property list, for macOS."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path
from typing import Any

from orgloop.cli.services.installation import (
    ACCOUNT,
    OPEN_FILES,
    STOP_SECONDS,
    Installation,
)
from orgloop.cli.services.writing import ServiceFile

_SYSTEM_DAEMONS = Path("/Library/LaunchDaemons")
# launchd knows no exit code after which trying again is pointless, so it shall not do it often.
_THROTTLE_SECONDS = 10


def label(name: str) -> str:
    """Return what launchd calls a service."""
    return f"dev.orgloop.{name}"


def plist_path(name: str, *, is_system: bool, user_home: Path) -> Path:
    """Return where a service's property list is kept."""
    directory = _SYSTEM_DAEMONS if is_system else user_home / "Library" / "LaunchAgents"
    return directory / f"{label(name)}.plist"


def domain(*, is_system: bool, uid: int) -> str:
    """Return the part of launchd that runs it."""
    return "system" if is_system else f"gui/{uid}"


def launchd_files(installation: Installation) -> list[ServiceFile]:
    """Return the property list."""
    path = plist_path(
        installation.name, is_system=installation.is_system, user_home=installation.user_home
    )
    body = plistlib.dumps(_document(installation)).decode()
    return [ServiceFile(path, body, ("<!-- ", " -->"))]


def next_commands(installation: Installation) -> list[str]:
    """Return what is to be typed for the service to run, now and after the next login."""
    [file] = launchd_files(installation)
    where = domain(is_system=installation.is_system, uid=os.getuid())
    quoted = f"'{file.path}'" if " " in str(file.path) else str(file.path)
    return [f"launchctl bootstrap {where} {quoted}"]


def _document(installation: Installation) -> dict[str, Any]:
    logs = installation.home / "logs"
    document: dict[str, Any] = {
        "Label": label(installation.name),
        "ProgramArguments": list(installation.arguments),
        "WorkingDirectory": str(installation.project.parent),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": _THROTTLE_SECONDS,
        "ExitTimeOut": STOP_SECONDS,
        "StandardOutPath": str(logs / "launchd.stdout.log"),
        "StandardErrorPath": str(logs / "launchd.stderr.log"),
        "SoftResourceLimits": {"NumberOfFiles": OPEN_FILES},
        "ProcessType": "Interactive",  # any other is slowed down when nobody is there
    }
    if installation.path:
        document["EnvironmentVariables"] = {"PATH": installation.path}
    if installation.is_system:
        document["UserName"] = f"_{ACCOUNT}"
        document["Umask"] = 0o077
    return document
