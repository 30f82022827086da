"""systemd units: a service, and a socket for each port, so that a restart refuses no connection."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from orgloop.cli.services.installation import (
    ACCOUNT,
    OPEN_FILES,
    STOP_SECONDS,
    Address,
    Installation,
)
from orgloop.cli.services.writing import ServiceFile

_SYSTEM_UNITS = Path("/etc/systemd/system")
_SYSTEM_ACCOUNTS = Path("/etc/sysusers.d")
STATE = Path("/var/lib")
_PRIVATE = tuple(map(Path, ("/home", "/root", "/run/user")))
"""What ``ProtectHome=`` hides."""
_TEMPORARY = tuple(map(Path, ("/tmp", "/var/tmp")))
"""What ``PrivateTmp=`` hides."""

_INVALID_PROJECT = 4
_WHEN_ONLINE = ("Wants=network-online.target", "After=network-online.target")
_PORTS = {"http": "", "webhooks": "-webhooks"}
"""By the name under which the runtime is given the socket: what its unit's name ends in."""


def unit_directory(*, is_system: bool, config: Path) -> Path:
    """Return where units are kept; ``config`` is the person's directory for settings."""
    return _SYSTEM_UNITS if is_system else config / "systemd" / "user"


def units(installation: Installation) -> list[str]:
    """Return the names of the units, the service's last."""
    sockets = [f"{installation.name}{_PORTS[name]}.socket" for name, _ in _ports(installation)]
    return [*sockets, f"{installation.name}.service"]


def systemd_files(installation: Installation, config: Path) -> list[ServiceFile]:
    """Return the units, and for a service of the machine what makes its user."""
    directory = unit_directory(is_system=installation.is_system, config=config)
    names = units(installation)
    files = [
        ServiceFile(directory / unit, _socket(installation, name, address))
        for unit, (name, address) in zip(names[:-1], _ports(installation), strict=True)
    ]
    files.append(ServiceFile(directory / names[-1], _service(installation)))
    if installation.is_system:
        account = f'u {ACCOUNT} - "OrgLoop" {STATE / ACCOUNT}\n'
        files.append(ServiceFile(_SYSTEM_ACCOUNTS / f"{ACCOUNT}.conf", account))
    return files


def next_commands(installation: Installation) -> list[str]:
    """Return what is to be typed for the service to run, now and after the next boot."""
    enabled = " ".join(units(installation))
    if installation.is_system:
        return [
            "systemd-sysusers",
            "systemctl daemon-reload",
            f"systemctl enable --now {enabled}",
        ]
    return [
        "systemctl --user daemon-reload",
        f"systemctl --user enable --now {enabled}",
        "loginctl enable-linger",
    ]


def word(text: str) -> str:
    """Quote a word as unit files want it; see "Quoting" in ``systemd.syntax(7)``."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def rest_of_line(text: str) -> str:
    """Write a value that reaches to the end of its line and knows no quotes."""
    return text.replace("%", "%%")


def _ports(installation: Installation) -> Iterator[tuple[str, Address]]:
    for name, address in (("http", installation.http), ("webhooks", installation.webhooks)):
        if address is not None:
            yield name, address


def _socket(installation: Installation, name: str, address: Address) -> str:
    lines = [
        "[Unit]",
        f"Description=OrgLoop, {rest_of_line(installation.project_name)}: the port for {name}",
        "",
        "[Socket]",
        "# systemd listens: what comes while the service restarts waits, and is not refused.",
        f"ListenStream={address}",
        f"FileDescriptorName={name}",
        f"Service={installation.name}.service",
        "Backlog=4096",
        "",
        "[Install]",
        "WantedBy=sockets.target",
    ]
    return _text(lines)


def _service(installation: Installation) -> str:
    sockets = " ".join(units(installation)[:-1])
    target = "multi-user.target" if installation.is_system else "default.target"
    lines = [
        "[Unit]",
        f"Description=OrgLoop, {rest_of_line(installation.project_name)}",
        *([f"Requires={sockets}", f"After={sockets}"] if sockets else []),
        *(_WHEN_ONLINE if installation.is_system else []),
        "# What fails ten times within five minutes is not tried again.",
        "StartLimitIntervalSec=300",
        "StartLimitBurst=10",
        "",
        "[Service]",
        *_process(installation),
        *([f"Sockets={sockets}"] if sockets else []),
        "",
        *_files(installation),
        "",
        *_hardening(installation),
        "",
        "[Install]",
        f"WantedBy={target}",
    ]
    return _text(lines)


def _process(installation: Installation) -> Iterator[str]:
    yield "Type=notify"
    yield "NotifyAccess=main"
    # With the colon a dollar in a path is no variable.
    yield "ExecStart=:" + " ".join(map(word, installation.arguments))
    yield f"WorkingDirectory={rest_of_line(str(installation.project.parent))}"
    if installation.is_system:
        yield f"User={ACCOUNT}"
        yield f"Group={ACCOUNT}"
    if installation.path:
        yield "# Where the programs of your actors are found."
        yield f"Environment={word(f'PATH={installation.path}')}"
    yield "# Secrets: NAME=value, a line each."
    yield f"EnvironmentFile=-{rest_of_line(str(installation.variables))}"
    yield "# Signs of life come only while the reactor turns and commits succeed."
    yield "WatchdogSec=60s"
    yield "Restart=on-failure"
    yield "RestartSec=2s"
    yield f"# {_INVALID_PROJECT}: the project is invalid; the same project stays so."
    yield f"RestartPreventExitStatus={_INVALID_PROJECT}"
    yield "TimeoutStartSec=90s"
    yield "# Longer than the grace, in which what is under way ends; then the commands left over."
    yield f"TimeoutStopSec={STOP_SECONDS}s"
    yield "KillMode=mixed"
    yield f"LimitNOFILE={OPEN_FILES}"


def _files(installation: Installation) -> Iterator[str]:
    writable = [installation.home, *installation.workplaces]
    if installation.is_system:
        yield "UMask=0077"
        if installation.home.parent == STATE:
            yield f"StateDirectory={word(installation.home.name)}"
            yield "StateDirectoryMode=0700"
            writable.remove(installation.home)
        yield f"ProtectHome={'read-only' if _lies_in(_PRIVATE, installation) else 'yes'}"
    else:
        yield "# What your agents write is as readable as what you write."
        yield "UMask=0022"
        yield "# They work in your home directory; name their directories instead if you know them."
        writable.insert(0, installation.user_home)
    yield "ProtectSystem=strict"
    yield f"PrivateTmp={'no' if _lies_in(_TEMPORARY, installation) else 'yes'}"
    if paths := _without_nested(writable):
        # A directory that is missing shall not keep the service from starting.
        yield "ReadWritePaths=" + " ".join(word(f"-{path}") for path in paths)


def _lies_in(places: Iterable[Path], installation: Installation) -> bool:
    """Whether something that the service needs is in one of these places."""
    needed = (
        Path(installation.program[0]),
        installation.project,
        installation.home,
        *installation.workplaces,
    )
    return any(place in path.parents for path in needed for place in places)


def _hardening(installation: Installation) -> Iterator[str]:
    yield "NoNewPrivileges=yes"
    yield "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK"
    yield "# @mount: coding agents put the commands they run into sandboxes of their own."
    yield "SystemCallFilter=@system-service @mount"
    yield "SystemCallErrorNumber=EPERM"
    yield "SystemCallArchitectures=native"
    yield "LockPersonality=yes"
    yield "RestrictRealtime=yes"
    yield "RestrictSUIDSGID=yes"
    yield "# Not MemoryDenyWriteExecute: Node.js and others compile as they run."
    if installation.is_system:
        yield "CapabilityBoundingSet="
        yield "AmbientCapabilities="
        yield "PrivateDevices=yes"
        yield "ProtectClock=yes"
        yield "ProtectControlGroups=yes"
        yield "ProtectHostname=yes"
        yield "ProtectKernelLogs=yes"
        yield "ProtectKernelModules=yes"
        yield "ProtectKernelTunables=yes"
        yield "ProtectProc=invisible"
        yield "RemoveIPC=yes"


def _without_nested(paths: Iterable[Path]) -> list[Path]:
    """Return the paths that lie in none of the others, once each."""
    once = sorted(set(paths), key=os.fspath)
    return [path for path in once if not any(other in path.parents for other in once)]


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"
