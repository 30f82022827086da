"""The syslog logger against daemons on loopback: real sockets, real TLS, real threads."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted
import trustme
from twisted.internet import reactor, ssl
from twisted.internet.defer import Deferred

from orgloop.logentry import LogEntry
from orgloop.loggers.syslog import SyslogConfig, SyslogLogger, registration
from orgloop.loggers.syslog.line import Line
from orgloop.testing.lending import NOW_MS, lend
from orgloop.testing.syslog import SyslogStandIn

# Twisted hands pyOpenSSL objects that its newest versions want to be others.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")
Start = Callable[..., SyslogStandIn]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path) -> Path:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return tmp_path / "ca.pem"


@pytest.fixture
def start(authority: trustme.CA, tmp_path: Path) -> Iterator[Start]:
    daemons: list[SyslogStandIn] = []

    def start(protocol: Any) -> SyslogStandIn:
        contexts = None
        if protocol == "tls":
            issued = authority.issue_cert("localhost").private_key_and_cert_chain_pem.bytes()
            contexts = ssl.PrivateCertificate.loadPEM(issued).options()
        daemon = SyslogStandIn(protocol, contexts=contexts, path=tmp_path / "log")
        daemon.start(reactor)
        daemons.append(daemon)
        return daemon

    yield start
    for daemon in daemons:
        pytest_twisted.blockon(Deferred.fromCoroutine(daemon.stop()))


def config_for(daemon: SyslogStandIn, **options: Any) -> SyslogConfig:
    if daemon.protocol == "unix":
        return SyslogConfig(protocol="unix", path=Path("log"), **options)
    return SyslogConfig(protocol=daemon.protocol, port=daemon.port, **options)


def entries(*numbers: int) -> list[LogEntry]:
    return [LogEntry(phase="source.emit", timestamp=NOW_MS, attempt=number) for number in numbers]


def attempts(daemon: SyslogStandIn) -> list[int]:
    return [int(one.data["orgloop@32473"]["attempt"]) for one in daemon.messages]


@pytest.mark.parametrize("protocol", ["udp", "tcp", "tls", "unix"])
@pytest_twisted.ensureDeferred
async def test_entries_arrive_in_order(
    start: Start, trusted: Path, tmp_path: Path, protocol: str
) -> None:
    daemon = start(protocol)
    config = config_for(daemon, ca_file=trusted if protocol == "tls" else None, facility=17)
    logger = SyslogLogger(config, lend(tmp_path))

    await logger.write(entries(*range(100)))
    await logger.write(entries(*range(100, 150)))
    await daemon.received(150)
    await logger.stop()

    assert attempts(daemon) == list(range(150))
    assert {(one.facility, one.severity) for one in daemon.messages} == {(17, 6)}
    assert daemon.garbage == []
    assert daemon.connections == (1 if protocol in ("tcp", "tls") else 0)
    assert logger.lost == 0


@pytest_twisted.ensureDeferred
async def test_nothing_is_told_to_a_daemon_that_has_hung_up(start: Start, tmp_path: Path) -> None:
    daemon = start("tcp")
    logger = SyslogLogger(config_for(daemon), lend(tmp_path))
    await logger.write(entries(1))
    await daemon.received(1)

    daemon.hang_up()
    await logger.write(entries(2))
    await logger.flush()
    await daemon.received(2)
    await logger.stop()

    assert attempts(daemon) == [1, 2]
    assert daemon.connections == 2


@pytest.mark.parametrize("protocol", ["tcp", "tls"])
@pytest_twisted.ensureDeferred
async def test_a_daemon_that_went_away_and_came_back_gets_everything(
    start: Start, trusted: Path, tmp_path: Path, protocol: str
) -> None:
    daemon = start(protocol)
    port = daemon.port
    logger = SyslogLogger(config_for(daemon, ca_file=trusted), lend(tmp_path))
    await logger.write(entries(1))
    await daemon.received(1)

    await daemon.stop()
    await logger.write(entries(2))
    await logger.flush()
    daemon.start(reactor, port)
    await logger.write(entries(3))
    await logger.flush()
    await daemon.received(3)
    await logger.stop()

    assert attempts(daemon) == [1, 2, 3]
    assert daemon.connections == 2
    assert logger.lost == 0


@pytest_twisted.ensureDeferred
async def test_a_daemon_that_does_not_prove_its_name_is_told_nothing(
    start: Start, tmp_path: Path
) -> None:
    daemon = start("tls")
    config = config_for(daemon)
    logger = SyslogLogger(config, lend(tmp_path))
    await logger.write(entries(1))
    await logger.flush()

    (found,) = await registration.check(config, lend(tmp_path))
    await logger.stop()

    assert daemon.messages == []
    assert logger.lost == 1
    assert found.status == "degraded"
    assert "does not prove its name" in found.message
    assert "ca_file" in found.message


@pytest_twisted.ensureDeferred
async def test_a_daemon_that_reads_nothing_holds_up_no_stop(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        config = SyslogConfig(protocol="tcp", host="127.0.0.1", port=deaf.getsockname()[1])
        logger = SyslogLogger(config, lend(tmp_path))
        long = LogEntry(phase="source.error", timestamp=NOW_MS, error="x" * 8_000)
        for _ in range(20):
            await logger.write([long] * 500)
        flushed = Deferred.fromCoroutine(logger.flush())
        flushed.addErrback(lambda failure: None)
        flushed.cancel()

        await logger.stop()

        assert logger.lost == 10_000


@pytest.mark.parametrize("protocol", ["tcp", "tls", "unix"])
@pytest_twisted.ensureDeferred
async def test_the_doctor_says_whether_the_daemon_is_there(
    start: Start, trusted: Path, tmp_path: Path, protocol: str
) -> None:
    daemon = start(protocol)
    config = config_for(daemon, ca_file=trusted)

    (there,) = await registration.check(config, lend(tmp_path))
    await daemon.stop()
    (gone,) = await registration.check(config, lend(tmp_path))

    assert (there.status, gone.status) == ("ok", "degraded")
    assert daemon.messages == []
    assert config.where in gone.message


@pytest_twisted.ensureDeferred
async def test_the_doctor_promises_nothing_of_datagrams(start: Start, tmp_path: Path) -> None:
    (found,) = await registration.check(config_for(start("udp")), lend(tmp_path))

    assert found.status == "ok"
    assert "nobody can say" in found.message


def test_a_line_that_has_ended_sends_nothing(start: Start, tmp_path: Path) -> None:
    line = Line(config_for(start("udp")), tmp_path)
    line.end()

    with pytest.raises(ConnectionAbortedError):
        line.send([b"x"])


def test_a_stream_is_spoken_on_a_unix_socket_that_offers_one(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "log"))
        listening.listen()
        line = Line(SyslogConfig(protocol="unix", path=tmp_path / "log"), tmp_path)

        line.send([b"<13>one", b"<13>three"])

        peer, _ = listening.accept()
        with peer:
            assert peer.recv(100) == b"7 <13>one9 <13>three"
        line.end()


def test_datagrams_that_are_refused_go_to_the_next_address_of_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(5)
        port = daemon.getsockname()[1]
        where = [
            (socket.AF_INET, socket.SOCK_DGRAM, 0, "", (address, port))
            for address in ("127.0.0.2", "127.0.0.1")
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: where)
        line = Line(SyslogConfig(port=port), tmp_path)

        line.send([b"one"])
        with pytest.raises(ConnectionRefusedError):
            line.send([b"two"])
        line.send([b"two"])

        assert daemon.recv(100) == b"two"
        line.end()
