import datetime

import pytest
import pytest_twisted
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from twisted.internet import reactor, ssl
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol

from orgloop.errors import RequestFailed
from orgloop.sdk.http import HTTPClient
from orgloop.testing.httpserver import ScriptedHTTPServer, _Sides

# Twisted hands pyOpenSSL objects that its newest versions want to be others.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")


@pytest.fixture(scope="module")
def certificate() -> ssl.PrivateCertificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return ssl.PrivateCertificate.loadPEM(pem)


@pytest.fixture
def server(certificate):
    server = ScriptedHTTPServer()
    server._port = reactor.listenSSL(
        0, _Sides(server), certificate.options(), interface="127.0.0.1"
    )
    yield server
    pytest_twisted.blockon(Deferred.fromCoroutine(server.stop()))


@pytest.fixture
def client():
    client = HTTPClient(reactor)
    yield client
    pytest_twisted.blockon(Deferred.fromCoroutine(client.close()))


@pytest_twisted.ensureDeferred
async def test_a_server_that_proves_its_name_is_talked_to_over_one_connection(
    server, client, certificate
):
    trusting = ssl.optionsForClientTLS("localhost", trustRoot=certificate)
    client._connector._tls["localhost"] = trusting

    for _ in range(3):
        response = await client.request("POST", f"https://localhost:{server.port}/", body=b"x")

    assert response.json() == {"ok": True}
    assert len(server.requests) == 3
    assert server.connections <= 2  # a session ticket may still be under way


@pytest_twisted.ensureDeferred
async def test_a_server_that_cannot_prove_itself_is_told_nothing(server, client):
    with pytest.raises(RequestFailed, match="certificate verify failed") as failed:
        await client.request("POST", f"https://localhost:{server.port}/", body=b"secret")

    assert not failed.value.maybe_sent
    assert server.requests == []


@pytest_twisted.ensureDeferred
async def test_a_certificate_for_another_host_proves_nothing(server, client, certificate):
    trusting = ssl.optionsForClientTLS("127.0.0.1", trustRoot=certificate)
    client._connector._tls["127.0.0.1"] = trusting

    with pytest.raises(RequestFailed, match="not for this host") as failed:
        await client.request("POST", f"https://127.0.0.1:{server.port}/", body=b"secret")

    assert not failed.value.maybe_sent
    assert server.requests == []


@pytest_twisted.ensureDeferred
async def test_a_server_that_never_answers_the_handshake_is_given_up(client):
    silent = reactor.listenTCP(0, Factory.forProtocol(Protocol), interface="127.0.0.1")
    url = f"https://127.0.0.1:{silent.getHost().port}/"

    with pytest.raises(RequestFailed, match=r"no connection within 0\.1 s") as failed:
        await client.request("GET", url, timeout_seconds=0.1)

    assert not failed.value.maybe_sent
    await silent.stopListening()
