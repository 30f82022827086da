from pathlib import Path

import pytest
from attrs import fields_dict

from orgloop.connectors.docker.check import local_check
from orgloop.connectors.docker.config import DockerConfig
from orgloop.connectors.docker.engine import container_path, socket_of
from orgloop.connectors.docker.output import framed, text_of
from orgloop.connectors.docker.request import ACTIONS, request_of
from orgloop.durations import Duration
from orgloop.errors import InvalidValue
from orgloop.options import described
from orgloop.testing.lending import lend


def read(name: str, value: object) -> object:
    convert = described(fields_dict(DockerConfig)[name]).convert
    assert convert is not None
    return convert(value)


@pytest.mark.parametrize("name", ["container_name", "cluster_name"])
@pytest.mark.parametrize("value", ["{{payload.name}}", "", "a/b", "../x", "a b", "-x", 7, "a\nb"])
def test_what_to_act_on_is_a_plain_name(name, value):
    with pytest.raises(InvalidValue, match=name):
        read(name, value)


def test_names_are_taken_as_they_are():
    assert read("container_name", "My_app.1-x") == "My_app.1-x"
    assert read("cluster_name", "dev-1") == "dev-1"


def test_something_to_act_on_is_wanted():
    with pytest.raises(InvalidValue, match="container_name, cluster_name"):
        DockerConfig()


@pytest.mark.parametrize(("written", "ms"), [("30s", 30_000), (1500, 1500), ("1500", 1500)])
def test_a_bare_number_is_milliseconds(written, ms):
    assert read("timeout", written) == Duration(ms)
    assert request_of({"action": "container.stop", "delay": written}).delay == Duration(ms)


@pytest.mark.parametrize("written", ["soon", -1, True, [], float("inf")])
def test_what_is_no_length_of_time_is_refused(written):
    with pytest.raises(InvalidValue):
        read("timeout", written)
    with pytest.raises(InvalidValue, match="delay"):
        request_of({"action": "container.stop", "delay": written})


def test_the_socket_is_said_or_that_of_docker_host_or_the_usual_one():
    def found(environ, **options):
        config = DockerConfig(container_name="app", **options)
        return socket_of(config, lend(Path("/nowhere"), environ=environ))

    assert found({}) == "/var/run/docker.sock"
    assert found({"DOCKER_HOST": "unix:///run/user/1/docker.sock"}) == "/run/user/1/docker.sock"
    assert found({"DOCKER_HOST": "tcp://10.0.0.1:2375"}) == "/var/run/docker.sock"
    assert found({"DOCKER_HOST": "unix:///x"}, socket="/y") == "/y"
    assert read("socket", "unix:///z") == "/z"
    with pytest.raises(InvalidValue):
        read("socket", "tcp://10.0.0.1:2375")


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_can_be_asked_for(action):
    assert request_of({"action": action, "command": "true"}).action == action


@pytest.mark.parametrize("route", [{}, {"action": "container.remove"}, {"action": ["x"]}])
def test_no_other_action_can(route):
    with pytest.raises(InvalidValue, match=r"container\.start"):
        request_of(route)


def test_a_command_is_words_that_no_shell_reads():
    def command(written):
        return request_of({"action": "container.exec", "command": written}).command

    assert command(["sh", "-c", "echo 'a b'"]) == ("sh", "-c", "echo 'a b'")
    assert command("echo 'a b' $HOME; ls") == ("echo", "a b", "$HOME;", "ls")
    for wrong in (None, "", [], ["a", 1], "'", [""], ["a", "b\0"], {"a": 1}):
        with pytest.raises(InvalidValue, match="command"):
            command(wrong)


def test_a_name_is_one_step_of_a_path():
    assert container_path("app", "/start") == "/containers/app/start"
    assert container_path("../x?y") == "/containers/..%2Fx%3Fy"


def test_output_is_taken_out_of_its_frames():
    stream = framed(b"one\n") + framed(b"trouble\n", 2) + framed(b"cut off")[:-4]

    assert text_of(stream) == "one\ntrouble\ncut"
    assert text_of(b"\x01\x00") == ""
    assert len(text_of(framed(b"x" * 100_000))) == 8192


def test_the_local_check_looks_for_kind_and_its_configuration(tmp_path):
    config = DockerConfig(cluster_name="dev", config_path=Path("kind.yaml"))
    missing = local_check(config, lend(tmp_path, environ={"PATH": str(tmp_path)}))
    program = tmp_path / "kind"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "kind.yaml").touch()
    there = local_check(config, lend(tmp_path, environ={"PATH": str(tmp_path)}))

    assert [(one.name, one.status) for one in missing] == [
        ("kind", "degraded"),
        ("config_path", "degraded"),
    ]
    assert [(one.name, one.status) for one in there] == [("kind", "ok")]
    assert local_check(DockerConfig(container_name="app"), lend(tmp_path)) == []
