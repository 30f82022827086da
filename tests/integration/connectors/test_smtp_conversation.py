"""The smtp actor against a mail server on loopback: real sockets, real TLS, real threads."""

import datetime
import ipaddress
from pathlib import Path

import pytest
import pytest_twisted
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor, ssl
from twisted.internet.defer import CancelledError, Deferred

from orgloop.connectors.smtp import registration
from orgloop.connectors.smtp.config import SMTPConfig
from orgloop.delivery import Outcome
from orgloop.testing.events import make_dispatch, make_event
from orgloop.testing.lending import lend
from orgloop.testing.smtp import SMTPStandIn

# Twisted hands pyOpenSSL objects that its newest versions want to be others.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")


def _signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def pem() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return _signed(key).public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture
def started():
    servers = []

    def started(**options) -> SMTPStandIn:
        server = SMTPStandIn(**options)
        server.start(reactor)
        servers.append(server)
        return server

    yield started
    for server in servers:
        pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))


def told(server: SMTPStandIn, **options) -> SMTPConfig:
    plain = {"host": "127.0.0.1", "port": server.port, "security": "none"}
    mail = {"sender": "loop@example.com", "to": ("ada@x.test", "bob@x.test")}
    return SMTPConfig(**{**plain, **mail, **options})


def actor_of(config: SMTPConfig, tmp_path):
    return registration.actor(config, lend(tmp_path))


@pytest_twisted.ensureDeferred
async def test_a_mail_arrives_as_it_was_written(started, tmp_path):
    server = started()
    event = make_event(payload={"title": "Grüße\n.\nund mehr"})
    config = told(server, cc=("cy@x.test",), subject="Über {{payload.title}}", body="..\n.\nä")

    result = await actor_of(config, tmp_path).deliver(make_dispatch(event, id="dlv_1"))

    [mail] = server.mails
    assert result.outcome is Outcome.DELIVERED
    assert (mail.sender, mail.recipients) == (
        "loop@example.com",
        ("ada@x.test", "bob@x.test", "cy@x.test"),
    )
    assert mail.message()["Subject"] == "Über Grüße . und mehr"
    assert mail.message()["Message-ID"] == "<dlv_1@example.com>"
    assert mail.message().get_content() == "..\r\n.\r\nä\r\n"


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("is_tls", [False, True])
async def test_the_password_goes_over_an_encrypted_connection(started, pem, tmp_path, is_tls):
    contexts = ssl.PrivateCertificate.loadPEM(pem).options()
    server = started(users={"ada": "s3cret"}, contexts=contexts, is_tls=is_tls)
    (tmp_path / "ca.pem").write_bytes(pem)
    config = told(
        server,
        host="localhost",
        security="tls" if is_tls else "starttls",
        ca_file=Path("ca.pem"),
        username="ada",
        password="s3cret",
    )

    result = await actor_of(config, tmp_path).deliver(make_dispatch())

    [mail] = server.mails
    assert result.outcome is Outcome.DELIVERED
    assert (mail.username, mail.is_encrypted) == ("ada", True)


@pytest_twisted.ensureDeferred
async def test_names_and_passwords_may_hold_any_letter(started, tmp_path):
    server = started(users={"zoë": "pässwörd"})
    config = told(server, sender="Zoë <loop@bücher.example>", username="zoë", password="pässwörd")
    wrong = told(server, username="zoë", password="fälsch")

    result = await actor_of(config, tmp_path).deliver(make_dispatch())
    refused = await actor_of(wrong, tmp_path).deliver(make_dispatch())

    [mail] = server.mails
    assert result.outcome is Outcome.DELIVERED
    assert (mail.username, mail.sender) == ("zoë", "loop@xn--bcher-kva.example")
    assert refused.outcome is Outcome.REJECTED
    assert "refuses the login: 535" in refused.reason


@pytest_twisted.ensureDeferred
async def test_where_only_ascii_can_log_in_others_are_told(started, tmp_path):
    server = started(users={"zoë": "pässwörd"})
    server.replies["EHLO"] = "250-stand-in\r\n250 AUTH LOGIN"
    config = told(server, username="zoë", password="pässwörd")

    result = await actor_of(config, tmp_path).deliver(make_dispatch())

    assert result.outcome is Outcome.ERROR
    assert "AUTH PLAIN" in result.reason
    assert "AUTH" not in server.commands


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("content", [None, "no certificate"])
async def test_a_ca_file_that_holds_nothing_to_trust_is_named(started, pem, tmp_path, content):
    contexts = ssl.PrivateCertificate.loadPEM(pem).options()
    server = started(contexts=contexts)
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    config = told(server, security="starttls", ca_file=Path("ca.pem"))

    result = await actor_of(config, tmp_path).deliver(make_dispatch())
    [finding] = await registration.check(config, lend(tmp_path))

    assert result.outcome is Outcome.ERROR
    assert f"ca_file {tmp_path / 'ca.pem'} cannot be used" in result.reason
    assert finding.name == "ca_file"
    assert "PEM" in finding.fix


@pytest_twisted.ensureDeferred
async def test_a_server_that_does_not_prove_its_name_gets_no_password(started, pem, tmp_path):
    contexts = ssl.PrivateCertificate.loadPEM(pem).options()
    server = started(users={"ada": "s3cret"}, contexts=contexts)
    config = told(server, security="starttls", username="ada", password="s3cret")

    result = await actor_of(config, tmp_path).deliver(make_dispatch())

    assert result.outcome is Outcome.ERROR
    assert "ca_file" in result.reason
    assert "AUTH" not in server.commands


@pytest_twisted.ensureDeferred
async def test_a_server_without_encryption_gets_nothing_where_it_is_wanted(started, tmp_path):
    server = started(users={"ada": "s3cret"})
    config = told(server, security="starttls", username="ada", password="s3cret")

    result = await actor_of(config, tmp_path).deliver(make_dispatch())

    assert result.outcome is Outcome.ERROR
    assert server.commands == ["EHLO"]


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize(
    ("command", "reply", "outcome"),
    [
        ("GREETING", "421 too many", Outcome.ERROR),
        ("GREETING", "554 not you", Outcome.REJECTED),
        ("MAIL", "451 later", Outcome.ERROR),
        ("MAIL", "550 not from you", Outcome.REJECTED),
        ("RCPT", "450 greylisted", Outcome.ERROR),
        ("RCPT", "550 no such user", Outcome.REJECTED),
        ("DATA", "554 no", Outcome.REJECTED),
        ("DATA.", "452 disk full", Outcome.ERROR),
        ("DATA.", "554 spam", Outcome.REJECTED),
        ("QUIT", "500 never", Outcome.DELIVERED),
    ],
)
async def test_what_the_server_says_decides(started, tmp_path, command, reply, outcome):
    server = started()
    server.replies[command] = reply

    result = await actor_of(told(server), tmp_path).deliver(make_dispatch())

    assert result.outcome is outcome
    assert len(server.mails) == (1 if outcome is Outcome.DELIVERED else 0)


@pytest_twisted.ensureDeferred
async def test_a_recipient_that_is_refused_does_not_keep_it_from_the_others(started, tmp_path):
    server = started()
    server.replies["RCPT bob@x.test"] = "550 no such user"

    result = await actor_of(told(server), tmp_path).deliver(make_dispatch())

    assert result.outcome is Outcome.DELIVERED
    assert [mail.recipients for mail in server.mails] == [("ada@x.test",)]


@pytest_twisted.ensureDeferred
async def test_nobody_there_is_an_error(started, tmp_path):
    server = started()
    config = told(server)
    await server.stop()

    result = await actor_of(config, tmp_path).deliver(make_dispatch())

    assert result.outcome is Outcome.ERROR
    assert "Connection refused" in result.reason


@pytest_twisted.ensureDeferred
@pytest.mark.parametrize("silent_at", ["GREETING", "RCPT", "DATA."])
async def test_a_cancelled_delivery_ends_its_conversation(started, tmp_path, silent_at):
    server = started()
    server.replies[silent_at] = ""
    reached = server.heard(silent_at)
    delivery = Deferred.fromCoroutine(actor_of(told(server), tmp_path).deliver(make_dispatch()))
    await reached

    delivery.cancel()

    with pytest.raises(CancelledError):
        await delivery
    assert server.mails == []


@pytest_twisted.ensureDeferred
async def test_the_check_logs_in_and_sends_nothing(started, tmp_path):
    server = started(users={"ada": "s3cret"})
    context = lend(tmp_path)
    fine = await registration.check(told(server), context)
    known = await registration.check(told(server, username="ada", password="s3cret"), context)
    wrong = await registration.check(told(server, username="ada", password="wrong"), context)
    unsafe = await registration.check(told(server, security="starttls"), context)

    assert [one.status for one in fine] == ["ok"]
    assert [(one.about, one.status) for one in known] == [("service", "ok"), ("credential", "ok")]
    assert [one.status for one in wrong] == ["ok", "degraded"]
    assert [one.status for one in unsafe] == ["degraded"]
    assert "MAIL" not in server.commands
