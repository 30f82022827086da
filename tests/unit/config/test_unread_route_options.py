"""What a route says to its actor is read by it, or pointed at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orgloop.config.load import Loaded, load_project
from orgloop.connectors import command, docker, openclaw, slack, smtp, webhook
from orgloop.connectors.docker.request import request_of
from orgloop.connectors.openclaw.body import body_of
from orgloop.connectors.openclaw.config import OpenClawConfig
from orgloop.connectors.slack.config import SlackActorConfig
from orgloop.connectors.slack.message import message_of
from orgloop.connectors.smtp.config import SMTPConfig
from orgloop.connectors.smtp.mail import mail_of
from orgloop.plugin import Registration
from orgloop.plugins.catalogue import Catalogue
from orgloop.testing.events import make_dispatch
from support.projects import Project

PAGES = Path(__file__).parents[3] / "docs" / "reference" / "connectors"
OWN_ACTOR = """\
from orgloop.plugin import Registration

registration = Registration(id="mine", actor=lambda config, context: None)
"""
COMPONENTS = """\
sources:
  - {id: hook, connector: webhook}
actors:
  - {id: claw, connector: openclaw}
  - {id: chat, connector: slack, config: {token: t}}
  - {id: mail, connector: smtp, config: {host: mx.example, from: a@b.example}}
  - {id: box, connector: docker, config: {container_name: box}}
  - {id: site, connector: webhook, config: {url: "https://x.example"}}
  - {id: mine, connector: ./mine.py}
"""
ROUTE = """\
routes:
  - name: one
    when: {{source: hook}}
    then: {{actor: {actor}, config: {{{written}}}}}
"""


class Noticing(dict[str, Any]):
    """A route's options that know which of them somebody asked for."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


def read_by(name: str) -> set[str]:
    """Return what the actor asks for of a route that says next to nothing."""
    route = Noticing(action="container.exec", command="true")
    dispatch = make_dispatch(config=route)
    if name == "openclaw":
        body_of(OpenClawConfig(), dispatch, None)
    elif name == "slack":
        message_of(SlackActorConfig(token="t", channel="eng"), dispatch)
    elif name == "smtp":
        mail_of(SMTPConfig(host="mx", sender="a@b.example", to=["c@d.example"]), dispatch, 0)
    elif name == "docker":
        request_of(route)
    return route.asked


def loaded(project: Project, actor: str, written: str) -> Loaded:
    project.write("mine.py", OWN_ACTOR)
    project.write_top(COMPONENTS, ROUTE.format(actor=actor, written=written))
    return load_project(
        project.directory, environ={}, home=project.home, catalogue=Catalogue(), strict=True
    )


@pytest.mark.parametrize(
    ("actor", "written", "remedy"),
    [
        ("claw", "session_kye: k", "Did you mean `session_key`?"),
        ("chat", "chanel: eng", "Did you mean `channel`?"),
        ("mail", "html: <p>", "Known: `body`, `cc`, `subject`, `to`."),
        ("box", "name: other", "Known: `action`, `command`, `delay`."),
        ("site", "url: other", "The actor of this route reads nothing of `then.config`."),
    ],
)
def test_what_an_actor_does_not_read_of_a_route_is_noted(
    project: Project, actor: str, written: str, remedy: str
) -> None:
    [problem] = loaded(project, actor, written).problems
    key = written.partition(":")[0]
    assert (problem.severity, problem.path) == ("note", f"routes[0].then.config.{key}")
    assert problem.what == f"`{key}` has no effect"
    assert problem.remedy.endswith(remedy)


@pytest.mark.parametrize(
    ("actor", "written"),
    [
        ("claw", "session_key: k, thread_id: t, timeout_seconds: 5, inbox: false"),
        ("claw", "inbox: true, session_key: k"),
        ("mine", "whatever: it reads"),
    ],
)
def test_what_somebody_may_read_of_a_route_is_taken_without_a_word(
    project: Project, actor: str, written: str
) -> None:
    assert loaded(project, actor, written).problems == ()


@pytest.mark.parametrize("plugin", [openclaw, slack, smtp, docker, webhook, command])
def test_an_actor_names_what_it_reads_of_a_route_and_so_does_its_page(plugin: Any) -> None:
    registration: Registration = plugin.registration
    assert set(registration.route_options or ()) == read_by(registration.id)
    name = registration.id
    pages = [PAGES / f"{name}.md", PAGES / f"{name}-actor.md"]
    [page] = [file.read_text("utf-8") for file in pages if file.exists()]
    assert [one for one in registration.route_options or () if f"`{one}`" not in page] == []
