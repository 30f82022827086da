import smtplib
import ssl
from email import message_from_bytes
from email.header import decode_header
from email.policy import default
from pathlib import Path

import pytest
from attrs import fields_dict
from hypothesis import example, given
from hypothesis import strategies as st

from orgloop.connectors.smtp.addresses import address
from orgloop.connectors.smtp.answers import result_of
from orgloop.connectors.smtp.config import SMTPConfig
from orgloop.connectors.smtp.mail import envelope_of, mail_of
from orgloop.delivery import Outcome
from orgloop.errors import InvalidValue
from orgloop.options import described
from orgloop.templates import fill_config, scope_of
from orgloop.testing.events import make_dispatch, make_event, make_prompt
from orgloop.testing.lending import NOW_MS

PULL = make_event(
    id="evt_1",
    source="github",
    provenance={"platform_event": "pull_request.opened", "author": "ada"},
    payload={"pr_title": "Fix it", "mail": "bob@example.com"},
)


def config(**options) -> SMTPConfig:
    return SMTPConfig(
        **{"host": "mail.test", "sender": "OrgLoop <loop@example.com>", "to": ("a@x.test",)}
        | options
    )


def written(dispatch=None, **options):
    mail = mail_of(config(**options), dispatch or make_dispatch(PULL), NOW_MS)
    return message_from_bytes(mail, policy=default)


def text_of(part) -> str:
    return part.get_content().replace("\r\n", "\n")


def test_a_mail_has_what_a_mail_needs():
    mail = written(make_dispatch(PULL, id="dlv_1"), cc=("c@x.test",), reply_to="r@x.test")

    assert mail["From"] == "OrgLoop <loop@example.com>"
    assert (mail["To"], mail["Cc"], mail["Reply-To"]) == ("a@x.test", "c@x.test", "r@x.test")
    assert mail["Date"] == "Sat, 31 Jan 2026 08:15:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-OrgLoop-Event"] == "evt_1"


def test_the_message_id_follows_from_the_delivery():
    first = written(make_dispatch(PULL, id="dlv_1"))
    again = written(make_dispatch(PULL, id="dlv_1", attempt=4))
    other = written(make_dispatch(PULL, id="dlv_2"))
    strange = written(make_dispatch(PULL, id="a> b\r\nX: y"))

    assert first["Message-ID"] == again["Message-ID"] == "<dlv_1@example.com>"
    assert other["Message-ID"] != first["Message-ID"]
    assert " " not in strange["Message-ID"]
    assert strange["X"] is None


def test_by_default_it_tells_all_that_is_known():
    mail = written()

    assert mail["Subject"] == "[project] pull_request.opened from github: Fix it"
    text = text_of(mail)
    assert "author: ada\n" in text
    assert '"pr_title": "Fix it"' in text


def test_a_batch_is_one_mail():
    mail = written(make_dispatch(PULL, make_event(), make_event()))

    assert mail["Subject"].endswith("and 2 more")
    assert text_of(mail).count("event: evt_") == 3


def test_templates_say_what_it_says():
    mail = written(
        make_dispatch(PULL, prompt=make_prompt("Grüße\n")),
        subject="{{payload.pr_title}} \N{ROCKET}",
        body="{{event.payload.pr_title}}: {{launch_prompt}}",
    )

    assert mail["Subject"] == "Fix it \N{ROCKET}"
    assert text_of(mail) == "Fix it: Grüße\n"


def test_a_route_says_it_in_another_way():
    route = {"to": ["x@x.test", "y@x.test"], "cc": "z@x.test", "subject": "S", "body": "B"}

    mail = written(make_dispatch(PULL, config=route), cc=("c@x.test",), html="<b>not this</b>")

    assert (mail["To"], mail["Cc"]) == ("x@x.test, y@x.test", "z@x.test")
    assert (mail["Subject"], text_of(mail)) == ("S", "B\n")


def test_html_stands_beside_the_text_and_is_escaped():
    event = make_event(payload={"title": "<script>&"})
    options = {"html": "<p>{{payload.title}}</p>", "body": "{{payload.title}}"}

    mail = written(make_dispatch(event), **options)

    plain, page = mail.iter_parts()
    assert text_of(plain) == "<script>&\n"
    assert text_of(page) == "<p>&lt;script&gt;&amp;</p>\n"
    twice = [mail_of(config(**options), make_dispatch(event), NOW_MS) for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85", "\x00"])
def test_no_header_comes_out_of_a_template(end):
    event = make_event(payload={"title": f"Hi{end}Bcc: eve@x.test{end}{end}Buy"})

    for mail in (
        written(make_dispatch(event), subject="{{payload.title}}"),
        written(make_dispatch(event, config={"subject": event.payload["title"]})),
        written(make_dispatch(event)),
    ):
        assert mail["Bcc"] is None
        assert "Bcc: eve@x.test" in mail["Subject"]
        assert mail["Subject"].isprintable()


def test_what_looks_encoded_is_not_decoded_into_a_header():
    title = "=?utf-8?q?Hi=0D=0ABcc:_eve=40x.test=0D=0A=0D=0ABuy?="
    event = make_event(payload={"title": title})

    mail = mail_of(config(subject="{{payload.title}}"), make_dispatch(event), NOW_MS)

    assert b"eve@x.test" not in mail.partition(b"\r\n\r\n")[0]
    assert message_from_bytes(mail)["Bcc"] is None
    [(subject, charset)] = decode_header(message_from_bytes(mail)["Subject"])
    assert subject.decode(charset) == title


@pytest.mark.parametrize("title", ["x" * 500, "ä" * 500, "word " * 100, "ä b " * 100])
def test_a_long_subject_is_cut_off_and_folded(title):
    event = make_event(payload={"title": title})

    mail = mail_of(config(subject="{{payload.title}}"), make_dispatch(event), NOW_MS)

    assert max(map(len, mail.partition(b"\r\n\r\n")[0].split(b"\r\n"))) < 300
    assert message_from_bytes(mail, policy=default)["Subject"] == f"{title[:200]}…"


@pytest.mark.parametrize(
    "found",
    [
        "bob@example.com, eve@x.test",
        "bob@example.com\r\nBcc: eve@x.test",
        "<bob@example.com>, <eve@x.test>",
        "bob@example.com> SIZE=1",
        "nobody",
        "bob@",
        "bób@example.com",
        "a@b@c",
        f"a{' ' * 1_000_000}b",
    ],
)
def test_a_template_of_the_actor_is_one_recipient_or_none(found):
    event = make_event(payload={"mail": found})

    with pytest.raises(InvalidValue):
        written(make_dispatch(event), to=("{{payload.mail}}",))


@pytest.mark.parametrize("key", ["to", "cc"])
def test_a_text_of_a_route_is_one_recipient_however_it_was_filled(key):
    event = make_event(payload={"name": "eve@x.test, bob"})
    config = fill_config({key: "{{payload.name}}@example.com"}, scope_of(event))

    with pytest.raises(InvalidValue, match=r"not a mail address.*several are a list"):
        written(make_dispatch(event, config=config))


NAMES = st.lists(st.text(st.characters(exclude_categories=["C"], exclude_characters='<>"')))


@given(NAMES.map(lambda names: [f"{one} <u{n}@x.test>" for n, one in enumerate(names, 1)]))
@example([f"Zoë, Zoë und noch einmal Zoë <u{n}@x.test>" for n in range(1, 5)])
@example([f"(comment) \\ a@b, c; {'long ' * 30} <u{n}@x.test>" for n in range(1, 5)])
@example(["=?utf-8?q?a=40b=2C?= <u1@x.test>"])
def test_whatever_the_recipients_are_called_a_mail_goes_to_them(recipients):
    mail = mail_of(config(to=("u0@x.test", *recipients)), make_dispatch(PULL), NOW_MS)

    sender, found = envelope_of(mail)
    read = message_from_bytes(mail, policy=default)["To"].addresses

    assert sender == "loop@example.com"
    assert found == [f"u{n}@x.test" for n in range(len(recipients) + 1)]
    assert [one.addr_spec for one in read] == found


def test_an_event_may_choose_a_recipient_if_the_project_says_so():
    assert written(to=("{{payload.mail}}",))["To"] == "bob@example.com"


def test_a_mail_for_nobody_is_none():
    with pytest.raises(InvalidValue, match="nobody"):
        written(to=())
    with pytest.raises(InvalidValue, match="nobody"):
        written(to=("{{payload.nothing}}",))


def test_an_address_may_have_a_name_and_a_domain_of_any_script():
    assert str(address('"Lovelace, Ada" <ada@example.com>')) == '"Lovelace, Ada" <ada@example.com>'
    assert address("ada@bücher.example").addr_spec == "ada@xn--bcher-kva.example"


def test_ports_follow_from_how_it_is_encrypted():
    ports = [config(security=one).port_in_use for one in ("starttls", "tls", "none")]

    assert ports == [587, 465, 25]
    assert config(port=2525).port_in_use == 2525


@pytest.mark.parametrize(
    ("told", "security", "port"),
    [
        ({}, "starttls", 587),
        ({"port": 465}, "tls", 465),
        ({"port": 465, "security": "starttls"}, "starttls", 465),
        ({"host": "localhost"}, "none", 25),
        ({"host": "127.0.0.1", "port": 1025}, "none", 1025),
        ({"host": "localhost", "port": 465}, "tls", 465),
        ({"host": "::1", "ca_file": Path("ca.pem")}, "starttls", 587),
    ],
)
def test_what_is_not_said_about_encryption_follows(told, security, port):
    found = config(**told)

    assert (found.security_in_use, found.port_in_use) == (security, port)


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "u"},
        {"password": "p"},
        {"username": "u", "password": "p", "security": "none"},
    ],
)
def test_credentials_that_would_be_lost_or_shown_are_refused(wrong):
    with pytest.raises(InvalidValue):
        config(**wrong)
    assert "p4ss" not in repr(config(username="u", password="p4ss"))


@pytest.mark.parametrize("name", ["username", "password"])
def test_a_variable_that_is_empty_is_no_credential(name):
    convert = described(fields_dict(SMTPConfig)[name]).convert
    assert convert is not None
    assert [convert(one) for one in (None, "", " x ")] == [None, None, " x "]
    with pytest.raises(InvalidValue, match="quotes"):
        convert(7)


def test_addresses_are_looked_at_when_the_project_is_read():
    convert = described(fields_dict(SMTPConfig)["to"]).convert
    assert convert is not None
    assert list(convert("a@x.test, b@x.test")) == ["a@x.test", "b@x.test"]
    assert list(convert(["{{payload.mail}}"])) == ["{{payload.mail}}"]
    with pytest.raises(InvalidValue):
        convert(["nobody"])


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (smtplib.SMTPDataError(554, b"spam"), Outcome.REJECTED),
        (smtplib.SMTPDataError(451, b"later"), Outcome.ERROR),
        (smtplib.SMTPAuthenticationError(535, b"no"), Outcome.REJECTED),
        (smtplib.SMTPAuthenticationError(454, b"later"), Outcome.ERROR),
        (smtplib.SMTPSenderRefused(550, b"no", "a@x.test"), Outcome.REJECTED),
        (smtplib.SMTPConnectError(421, b"full"), Outcome.ERROR),
        (smtplib.SMTPServerDisconnected("gone"), Outcome.ERROR),
        (smtplib.SMTPNotSupportedError("no STARTTLS."), Outcome.ERROR),
        (smtplib.SMTPRecipientsRefused({"a": (550, b""), "b": (450, b"")}), Outcome.ERROR),
        (smtplib.SMTPRecipientsRefused({"a": (550, b""), "b": (551, b"")}), Outcome.REJECTED),
        (ssl.SSLCertVerificationError("certificate verify failed"), Outcome.ERROR),
        (ConnectionRefusedError(111, "Connection refused"), Outcome.ERROR),
        (TimeoutError("timed out"), Outcome.ERROR),
    ],
)
def test_the_first_digit_says_whether_to_try_again(error, outcome):
    result = result_of(error)

    assert result.outcome is outcome
    assert result.reason


def test_what_is_no_mail_server_is_said_to_be_none():
    strange = result_of(smtplib.SMTPConnectError(-1, b"/1.1 400 Bad Request"))
    gone = result_of(smtplib.SMTPServerDisconnected("Connection unexpectedly closed"))

    assert (strange.outcome, gone.outcome) == (Outcome.ERROR, Outcome.ERROR)
    assert "correct host, port and security" in str(strange.reason)
    assert "ended the conversation" in str(gone.reason)


def test_what_a_server_says_cannot_write_on_the_terminal():
    result = result_of(smtplib.SMTPDataError(554, b"no \x1b[31m" + b"x" * 500))

    assert "\x1b" not in str(result.reason)
    assert len(str(result.reason)) < 300
