"""Whatever bytes come, at most one connection pays for it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from support.http_fakes import TOKEN, Door, HookSource
from support.http_wire import Server

_PIECES = st.sampled_from(
    [
        b"GET ",
        b"POST ",
        b"HEAD ",
        b"OPTIONS * ",
        b"CONNECT a:1 ",
        b"/",
        b"//",
        b"/webhook/hook",
        b"/webhook/%ff",
        b"/webhook/%",
        b"/api/events?limit=%ff&cursor=&state=%00",
        b"/api/events/%2e%2e/%00",
        b"/control/module/status/%C3%28",
        b"http://localhost/health/live",
        b" HTTP/1.1\r\n",
        b" HTTP/1.0\r\n",
        b"Host: localhost\r\n",
        b"Host: \xff\xfe\r\n",
        b"Authorization: Bearer %b\r\n" % TOKEN.encode(),
        b"Origin: null\r\n",
        b"X-OrgLoop-Trace: \xff;\r\n",
        b"X-Good: yes\r\n",
        b"Content-Length: 2\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Expect: 100-continue\r\n",
        b"Connection: close\r\n",
        b" folded\r\n",
        b"\r\n",
        b"\r\n\r\n",
        b"{}",
        b"2\r\n{}\r\n",
        b"0\r\n\r\n",
        b"ffffffffffffffffffff\r\n",
        b"\x00",
        b"\xff",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(_PIECES, st.binary(max_size=20)), max_size=30), st.integers(1, 40))
def test_no_bytes_do_harm(pieces: list[bytes], step: int) -> None:
    server = Server(max_body=100)
    server.runtime.doors = [Door(), Door(source_id="s", source=HookSource(is_signed=True))]
    wire = server.connect()
    data = b"".join(pieces)

    for start in range(0, len(data), step):
        wire.send(data[start : start + step])
    server.clock.advance(0)

    assert not wire.transport.aborted, "an exception cut the connection"
    assert server.ask("GET", "/health/live").status == 200
    wire.lose()
    assert server.clock.getDelayedCalls() == []
    assert server.site.traffic._room == 64_000_000


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["/api/events", "/api/deliveries", "/control/module/status/", "/webhook/"]),
    st.text(max_size=20),
    st.dictionaries(
        st.sampled_from(["limit", "cursor", "from", "to", "state", "source", "event"]),
        st.text(max_size=30),
    ),
)
def test_no_path_and_no_query_is_a_failure_of_ours(
    path: str, rest: str, query: dict[str, str]
) -> None:
    from urllib.parse import quote, urlencode

    server = Server()

    reply = server.get(f"{path}{quote(rest)}?{urlencode(query, errors='replace')}")

    assert reply.status in (200, 400, 404, 405)
