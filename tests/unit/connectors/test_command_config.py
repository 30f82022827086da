from pathlib import Path

import pytest
from attrs import fields_dict

from orgloop.connectors.command.config import CommandConfig
from orgloop.connectors.command.invocation import invocation, program_of
from orgloop.errors import InvalidValue
from orgloop.options import described
from orgloop.testing.events import make_dispatch, make_event, make_prompt
from orgloop.testing.lending import lend

CONTEXT = lend(Path("/project"), environ={"HOME": "/h", "PATH": "/bin", "ORGLOOP_HOME": "/o"})


def converted(name: str, value: object) -> object:
    return described(fields_dict(CommandConfig)[name]).convert(value)


@pytest.mark.parametrize(
    "command",
    [
        ["agent", "--title={{payload.title}}"],
        ["agent", "--max-turns=3", "--", "{{payload.title}}", "-{{payload.title}}"],
        ["agent", "-p", "do it"],
    ],
)
def test_a_template_may_stand_where_it_cannot_become_an_option(command):
    assert converted("command", command) == tuple(command)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("command", "agent --once"),
        ("command", []),
        ("command", [""]),
        ("command", [["agent"]]),
        ("command", ["agent", None]),
        ("command", ["{{payload.program}}"]),
        ("command", ["agent", "{{payload.title}}"]),
        ("command", ["agent", "-p{{payload.title}}"]),
        ("command", ["agent", "--{{payload.name}}=x"]),
        ("command", ["agent", "--title", "{{payload.title}}"]),
        ("command", ["agent", "{{payload.title}}", "--", "x"]),
        ("command", ["agent", "a\0b"]),
        ("env", ["A"]),
        ("env", {"{{payload.name}}": "x"}),
        ("env", {"A=B": "x"}),
        ("env", {"": "x"}),
        ("env", {"ORGLOOP_ROUTE": "x"}),
        ("env", {"A": ["x"]}),
    ],
)
def test_what_an_event_could_abuse_is_refused(name, value):
    with pytest.raises(InvalidValue):
        converted(name, value)


def test_the_directory_and_exit_codes_are_checked():
    with pytest.raises(InvalidValue, match="cwd"):
        CommandConfig(command=("a",), cwd=Path("/p/{{payload.x}}"))
    for code in (0, 256, -1):
        with pytest.raises(InvalidValue, match="exit codes"):
            CommandConfig(command=("a",), rejected_exit_codes=[code])


@pytest.mark.parametrize(
    ("program", "path"),
    [
        ("agent", "agent"),
        ("./agent", "/project/agent"),
        ("bin/agent", "/project/bin/agent"),
        ("/usr/bin/agent", "/usr/bin/agent"),
        ("~/bin/agent", "/h/bin/agent"),
    ],
)
def test_a_program_with_a_slash_begins_at_the_file_that_names_it(program, path):
    assert program_of(CommandConfig(command=(program,)), CONTEXT) == path


def test_arguments_environment_and_input_are_filled_from_the_delivery():
    config = CommandConfig(
        command=("agent", "--title={{payload.title}}", "--", "{{event.id}}"),
        env={"TITLE": "<{{ payload.title }}>", "PROMPT": "{{launch_prompt}}", "PATH": "/x"},
    )
    event = make_event(id="evt_1", source="src", payload={"title": "a; rm -rf / {{event.id}}"})
    dispatch = make_dispatch(event, id="dlv_1", attempt=2, prompt=make_prompt("Go"))

    made = invocation(config, CONTEXT, dispatch, "/tmp/prompt.md")

    title = "a; rm -rf / {{event.id}}"
    assert made.argv == ("agent", f"--title={title}", "--", "evt_1")
    assert made.env == {
        "HOME": "/h",
        "PATH": "/x",
        "TITLE": f"<{title}>",
        "PROMPT": "Go",
        "ORGLOOP_SOURCE": "src",
        "ORGLOOP_TARGET": "actor",
        "ORGLOOP_EVENT_TYPE": "resource.changed",
        "ORGLOOP_EVENT_ID": "evt_1",
        "ORGLOOP_ROUTE": "route",
        "ORGLOOP_DELIVERY_ID": "dlv_1",
        "ORGLOOP_TRACE_ID": event.trace_id,
        "ORGLOOP_ATTEMPT": "2",
        "ORGLOOP_PROMPT_FILE": "/tmp/prompt.md",
    }
    assert b'"launch_prompt":"Go"' in made.stdin


@pytest.mark.parametrize(("stdin", "expected"), [("prompt", b"Go"), ("none", b"")])
def test_standard_input_may_be_the_prompt_or_nothing(stdin, expected):
    config = CommandConfig(command=("agent",), stdin=stdin)

    assert (
        invocation(config, CONTEXT, make_dispatch(prompt=make_prompt("Go")), "f").stdin == expected
    )
    assert invocation(config, CONTEXT, make_dispatch(), None).stdin == b""


@pytest.mark.parametrize("value", ["a\0b", "x" * 100_001, "ü" * 50_001])
@pytest.mark.parametrize(
    "options",
    [
        {"command": ("agent", "--a={{payload.v}}")},
        {"command": ("a",), "env": {"V": "{{payload.v}}"}},
    ],
)
def test_a_value_that_no_program_can_be_handed_is_refused(options, value):
    dispatch = make_dispatch(make_event(payload={"v": value}))

    with pytest.raises(InvalidValue, match=r"NUL|longer than 100 kB"):
        invocation(CommandConfig(**options), CONTEXT, dispatch, None)
