"""A Dockerfile for a project, and what of the project is no part of the image."""

from __future__ import annotations

import json
from collections.abc import Iterator

from orgloop.cli.services.installation import STOP_SECONDS, Installation
from orgloop.cli.services.writing import ServiceFile

_HOME = "/var/lib/orgloop"
_PROJECT = "/srv/orgloop"
_UID = 10001
_PORT = 4800
_CHECK = (
    "import os, urllib.request as u; "
    "u.urlopen('http://127.0.0.1:' + os.environ['ORGLOOP_PORT'] + '/health/ready', timeout=4)"
)
_IGNORED = (
    ".git",
    ".env",
    "*.env",
    "**/__pycache__",
    "**/*.pyc",
    ".venv",
    "venv",
    "node_modules",
    ".dockerignore",
    "Dockerfile",
)


def container_files(installation: Installation) -> list[ServiceFile]:
    """Return the two files, which lie beside ``orgloop.yaml``."""
    directory = installation.project.parent
    ignored = "# Secrets come with `docker run --env-file`, never with the image.\n"
    return [
        ServiceFile(directory / "Dockerfile", "\n".join(_lines(installation)) + "\n"),
        ServiceFile(directory / ".dockerignore", ignored + "\n".join(_IGNORED) + "\n"),
    ]


def next_commands(installation: Installation) -> list[str]:
    """Return what is to be typed for the container to run."""
    ports = [_PORT]
    if installation.webhooks is not None:
        ports.append(installation.webhooks.port)
    published = " ".join(f"-p 127.0.0.1:{port}:{port}" for port in ports)
    has_secrets = (installation.project.parent / ".env").is_file()
    secrets = "--env-file .env " if has_secrets else ""
    return [
        f"docker build -t {installation.name} '{installation.project.parent}'",
        f"docker run -d --name {installation.name} --restart on-failure "
        f"--stop-timeout {STOP_SECONDS} {published} -v {installation.name}:{_HOME} "
        f"{secrets}{installation.name}",
    ]


def _lines(installation: Installation) -> Iterator[str]:
    yield "FROM python:3.12-slim"
    yield ""
    yield f"RUN groupadd --gid {_UID} orgloop \\"
    yield f" && useradd --uid {_UID} --gid {_UID} --create-home orgloop \\"
    yield f" && install -d -o orgloop -g orgloop -m 0700 {_HOME}"
    yield from _program(installation)
    if (installation.project.parent / "requirements.txt").is_file():
        yield "COPY requirements.txt /tmp/requirements.txt"
        yield "RUN pip install --no-cache-dir -r /tmp/requirements.txt"
    yield ""
    yield f"COPY . {_PROJECT}"
    yield f"WORKDIR {_PROJECT}"
    yield f"USER {_UID}:{_UID}"
    yield ""
    yield "# In here 0.0.0.0 is the container; what is published is for `docker run -p` to say."
    yield f"ENV ORGLOOP_HOME={_HOME} \\"
    yield f"    ORGLOOP_CONFIG={_PROJECT}/{installation.project.name} \\"
    yield "    ORGLOOP_HOST=0.0.0.0 \\"
    yield f"    ORGLOOP_PORT={_PORT} \\"
    yield "    ORGLOOP_LOG_FORMAT=json \\"
    yield "    PYTHONDONTWRITEBYTECODE=1"
    yield f"VOLUME {_HOME}"
    yield f"EXPOSE {_PORT}"
    if installation.webhooks is not None:
        yield "# To be reached from outside it listens on 0.0.0.0: http.webhooks.host"
        yield f"EXPOSE {installation.webhooks.port}"
    yield ""
    yield "HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \\"
    yield f"    CMD {json.dumps(['python', '-c', _CHECK])}"
    yield "# No shell in between: the runtime is process 1, and is asked to stop itself."
    yield "STOPSIGNAL SIGTERM"
    yield 'ENTRYPOINT ["orgloop"]'
    yield 'CMD ["start"]'


def _program(installation: Installation) -> Iterator[str]:
    """Yield what installs OrgLoop: a wheel that lies beside the project, else what is published."""
    wheel = f"orgloop-{installation.version}-py3-none-any.whl"
    if (installation.project.parent / wheel).is_file():
        yield f"COPY {wheel} /tmp/"
        yield f"RUN pip install --no-cache-dir /tmp/{wheel}"
    else:
        yield f'RUN pip install --no-cache-dir "orgloop=={installation.version}"'
