"""What a supervisor and its runtime tell each other."""

from __future__ import annotations

import socket

import pytest

from orgloop.daemon.telling.channel import Channel, ChannelClosed, Message


def ends() -> tuple[Channel, Channel]:
    one, other = Channel.pair()
    return one, Channel(other)


def test_a_message_arrives_with_its_fields() -> None:
    one, other = ends()

    one.send("ready", {"pid": 7})

    assert other.wait() == Message("ready", {"pid": 7}, {})
    one.close()
    other.close()


def test_beats_and_messages_keep_their_order() -> None:
    one, other = ends()

    one.beat()
    one.send("stopping")
    one.beat()

    assert [message.say for message in other.receive()] == ["", "stopping", ""]
    one.close()
    other.close()


def test_a_listener_travels_beside_the_message_that_names_it() -> None:
    one, other = ends()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        one.beat()
        one.send("listeners", {}, {"http": listener.fileno()})
    received = next(message for message in other.receive() if not message.is_beat)

    with socket.socket(fileno=received.descriptors["http"]) as passed:
        assert passed.getsockname() == address
    one.close()
    other.close()


def test_nothing_has_come_when_nothing_was_sent() -> None:
    one, other = ends()
    assert one.receive() == []
    one.close()
    other.close()


def test_the_end_of_one_side_is_told_to_the_other() -> None:
    one, other = ends()
    one.close()

    with pytest.raises(ChannelClosed):
        other.wait()
    other.close()


def test_what_nobody_reads_or_hears_holds_up_nothing() -> None:
    one, other = ends()
    for _ in range(10_000):
        one.beat()  # more than the buffer of a socket takes
    other.close()
    one.beat()
    one.send("ready")
    one.close()


def test_a_message_that_comes_in_pieces_is_put_together() -> None:
    ours, theirs = socket.socketpair()
    channel = Channel(theirs)
    theirs.setblocking(False)

    ours.send(b'{"say": "beg')
    nothing = channel.receive()
    ours.send(b'in", "listeners": []}\n')

    assert nothing == []
    assert channel.receive() == [Message("begin", {}, {})]
    ours.close()
    channel.close()
