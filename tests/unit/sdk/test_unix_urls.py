import pytest

from orgloop.errors import InvalidValue
from orgloop.sdk.urls import parse_any_url, parse_url, unix_url


def test_a_socket_has_a_url():
    target = parse_any_url(unix_url("/run/a b/x.sock", "/v1/things?all=true"))

    assert (target.is_unix, target.host) == (True, "/run/a b/x.sock")
    assert target.path == "/v1/things?all=true"
    assert target.host_header == "localhost"
    assert target.origin == "http+unix:///run/a b/x.sock"


def test_other_urls_are_read_as_ever():
    assert parse_any_url("http://example.test/x") == parse_url("http://example.test/x")
    assert not parse_url("http://example.test/x").is_unix


@pytest.mark.parametrize("url", ["http+unix://", "http+unix://x.sock/y", "http+unix://%2Fx%00/y"])
def test_what_names_no_socket_is_refused(url):
    with pytest.raises(InvalidValue):
        parse_any_url(url)


def test_nobody_reaches_a_socket_by_writing_its_url():
    with pytest.raises(InvalidValue):
        parse_url(unix_url("/var/run/docker.sock", "/version"))
