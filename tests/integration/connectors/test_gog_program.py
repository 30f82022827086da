"""A real program is asked for mail."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import pytest_twisted

from orgloop.connectors.gog.config import GogConfig
from orgloop.connectors.gog.source import GogSource
from orgloop.plugin import PluginContext
from orgloop.sdk.processes import CannotRun
from orgloop.sdk.programs import ProgramFailed
from orgloop.testing.lending import lend

ONE = '{"messages": [{"id": "1", "threadId": "t", "from": "a@b.c", "labels": ["INBOX"]}]}'


@pytest.fixture
def context(tmp_path: Path) -> PluginContext:
    return lend(tmp_path, environ=dict(os.environ))


def source(context: PluginContext, body: str, **options: object) -> GogSource:
    path = context.directory / "gog"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return GogSource(GogConfig(binary_path="./gog", **options), context)


@pytest_twisted.ensureDeferred
async def test_mail_is_asked_for_as_configured(context: PluginContext) -> None:
    asked = source(
        context,
        f"printf '%s\\n' \"$@\" > asked; echo '{ONE}'",
        account="me@example.com",
        gog_client="work",
        fetch_body=True,
        max_per_poll=7,
        query="-from:me",
    )

    result = await asked.poll(None)

    assert [one.key for one in result.events] == ["message:1"]
    assert (context.directory / "asked").read_text().split() == [
        *("gmail", "messages", "search", "--json", "--no-input", "--max=7"),
        *("--account=me@example.com", "--client=work", "--include-body", "--", "-from:me"),
    ]


@pytest_twisted.ensureDeferred
async def test_a_burst_is_followed_to_older_pages(context: PluginContext) -> None:
    first = await source(context, f"echo '{ONE}'").poll(None)
    paged = source(
        context,
        """
        case "$*" in
        *--page=p3*) echo '{"messages": [{"id": "0"}], "nextPageToken": "p4"}' ;;
        *--page=p2*) echo '{"messages": [{"id": "2"}, {"id": "1"}], "nextPageToken": "p3"}' ;;
        *) echo '{"messages": [{"id": "4"}, {"id": "3"}], "nextPageToken": "p2"}' ;;
        esac
        """,
    )

    result = await paged.poll(first.checkpoint)

    received = [one.key for one in result.events if one.type == "message.received"]
    assert received == ["message:2", "message:3", "message:4"]


@pytest_twisted.ensureDeferred
async def test_what_is_too_much_for_one_poll_is_read_by_those_after_it(
    context: PluginContext,
) -> None:
    checkpoint = (await source(context, f"echo '{ONE}'").poll(None)).checkpoint
    # Each page holds one message and leads to an older one: 25 new ones, and then the known one.
    paged = source(
        context,
        """
        page=25
        for one in "$@"; do case $one in --page=*) page=${one#--page=};; esac; done
        [ "$page" -gt 0 ] && id=new$page || id=1
        echo '{"messages": [{"id": "'$id'", "labels": ["INBOX"]}],'
        echo ' "nextPageToken": "'$((page-1))'"}'
        """,
    )

    received: list[str | None] = []
    for _ in range(4):
        result = await paged.poll(checkpoint)
        checkpoint = result.checkpoint
        received += [one.key for one in result.events]

    assert sorted(map(str, received)) == sorted(f"message:new{number}" for number in range(1, 26))


@pytest.mark.parametrize(
    ("body", "why"),
    [("exit 4", "exit status 4"), ("echo Mail:", "not JSON"), ("yes x", "10 MB"), ("", "no list")],
)
@pytest_twisted.ensureDeferred
async def test_what_goes_wrong_fails_the_poll(context: PluginContext, body: str, why: str) -> None:
    asked = source(context, body)

    with pytest.raises(ProgramFailed, match=why):
        await asked.poll(None)
    assert (await asked.try_account()).status == "degraded"


@pytest_twisted.ensureDeferred
async def test_a_missing_program_is_said(context: PluginContext) -> None:
    asked = GogSource(GogConfig(binary_path="no-such-gog"), context)

    with pytest.raises(CannotRun, match="put it on PATH"):
        await asked.poll(None)


@pytest_twisted.ensureDeferred
async def test_doctor_is_told_that_mail_can_be_read(context: PluginContext) -> None:
    finding = await source(context, f"echo '{ONE}'").try_account()

    assert (finding.status, finding.message) == ("ok", "gog may read mail")
