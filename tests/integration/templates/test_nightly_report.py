"""The template nightly-report, run for real: a script for the agent, Slack, a mail server."""

from __future__ import annotations

import pytest
import pytest_twisted

from orgloop.testing.slack import WEBHOOK_PATH
from orgloop.testing.smtp import SMTPStandIn

WRITES = '#!/bin/sh\ncat > /dev/null\nprintf "# shop: checkout is broken\\n\\nDone: nothing\\n"\n'
FAILS = "#!/bin/sh\nexit 7\n"


@pytest.fixture
def mail(listening):
    return listening(SMTPStandIn(users={"loop": "pass"}))


@pytest.fixture
def run(template, slack, mail, tmp_path):
    def prepare(agent):
        program = tmp_path / "agent"
        program.write_text(agent, "utf-8")
        program.chmod(0o755)
        return template(
            "nightly-report",
            REPORT_SCHEDULE="every 1s",
            REPORT_AGENT=str(program),
            REPORT_REPOSITORY=str(tmp_path),
            REPORT_FROM="loop@example.com",
            REPORT_TO="team@example.com",
            SLACK_WEBHOOK_URL=slack.url(WEBHOOK_PATH),
            SMTP_HOST="127.0.0.1",
            SMTP_PORT=str(mail.port),
            SMTP_SECURITY="none",
            SMTP_USERNAME="loop",
            SMTP_PASSWORD="pass",
        )

    return prepare


@pytest_twisted.ensureDeferred
async def test_the_report_is_in_the_channel_and_in_the_mail(run, slack, mail):
    nightly = run(WRITES)
    assert nightly.load().problems == ()

    await nightly.start()
    await nightly.settled("report-to-slack")
    await nightly.settled("report-by-mail")

    assert slack.messages[0]["text"] == "# shop: checkout is broken\n\nDone: nothing"
    message = mail.mails[0].message()
    assert mail.mails[0].recipients == ("team@example.com",)
    assert message["subject"] == "shop: checkout is broken"
    assert "Done: nothing" in message.get_body(("plain",)).get_content()


@pytest_twisted.ensureDeferred
async def test_a_night_without_a_report_is_told_once(run, slack, mail):
    nightly = run(FAILS)

    await nightly.start()
    await nightly.settled("report-failed", 2)

    (told,) = slack.messages
    assert "was not written (exit_code_7)" in told["text"]
    assert mail.mails == []
