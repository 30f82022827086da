from pathlib import Path

import pytest
from attrs import evolve

from orgloop.connectors.linear import registration
from orgloop.connectors.linear.check import check_signing, check_source, check_webhook
from orgloop.connectors.linear.config import LinearConfig, LinearWebhookConfig
from orgloop.connectors.linear.webhook import registration as webhook_registration
from orgloop.plugin import Finding, Kind
from orgloop.testing.httpserver import Answer
from orgloop.testing.lending import lend
from orgloop.testing.linear import LinearServer, Workspace
from support.linear_world import result_of


@pytest.fixture
def server() -> LinearServer:
    return LinearServer(Workspace())


def check(server: LinearServer, **options: str) -> list[Finding]:
    config = LinearConfig(**{"team": "ENG", "api_key": "lin_api_test", **options})
    return list(result_of(check_source(config, lend(Path("/nowhere"), http=server.client()))))


def test_it_says_whose_the_key_is_and_which_team_it_reads(server):
    credential, service = check(server)

    assert (credential.about, credential.status) == ("credential", "ok")
    assert credential.message == "the API key is Ada's"
    assert (service.status, service.message) == ("ok", "the team is ENG (Engineering)")
    assert len(server.requests) == 1


def test_an_expired_key_is_found_and_where_to_get_another(server):
    server.api_key = None

    [found] = check(server)

    assert (found.about, found.status) == ("credential", "degraded")
    assert "linear.app/settings/account/security" in found.fix
    assert "lin_api_test" not in f"{found.message} {found.fix}"


@pytest.mark.parametrize("options", [{"team": "OPS"}, {"project": "Nothing"}])
def test_a_team_or_project_that_cannot_be_seen_is_found(server, options):
    credential, service = check(server, **options)

    assert credential.status == "ok"
    assert service.status == "degraded"
    assert next(iter(options.values())) in service.message
    assert service.fix


@pytest.mark.parametrize(
    "answer", [Answer(status=503), Answer(status=429), Answer(reset=True), Answer(body=b"<html>")]
)
def test_trouble_of_linears_is_a_finding_and_no_exception(server, answer):
    server.answer(answer)

    [found] = check(server)

    assert (found.about, found.status) == ("service", "degraded")
    assert found.message
    assert found.fix


def test_the_key_of_a_webhook_source_is_tried_if_there_is_one(server):
    def found(**options: str) -> list[str]:
        config = LinearWebhookConfig(secret="s", **options)
        context = lend(Path("/nowhere"), http=server.client())
        return [one.message for one in result_of(check_webhook(config, context))]

    assert found() == []
    assert found(api_key="lin_api_test") == ["the API key is Ada's", "Linear answers"]
    assert found(api_key="lin_api_test", team="eng")[1] == "the team is ENG (Engineering)"
    assert "refuses" in found(api_key="lin_api_old")[0]


def test_the_setup_says_which_variables_there_are():
    names = [one.name for one in registration.setup.variables]
    names += [one.name for one in webhook_registration.setup.variables]

    assert names == ["LINEAR_API_KEY", "LINEAR_WEBHOOK_SECRET", "LINEAR_API_KEY"]
    assert registration.check_of(Kind.SOURCE) is check_source
    assert webhook_registration.local_check_of(Kind.SOURCE) is not None


def test_no_representation_shows_the_key():
    config = LinearConfig(team="ENG", api_key="lin_api_hidden")

    assert registration.source is not None
    assert "hidden" not in repr(config) + repr(registration.source(config, lend(Path("/nowhere"))))


@pytest.mark.parametrize(
    ("secret", "is_exposed", "status"),
    [("s3cret", True, "ok"), (None, False, "degraded"), (None, True, "error")],
)
def test_linear_calls_from_beyond_this_machine_and_has_to_sign(
    tmp_path: Path, secret: str | None, is_exposed: bool, status: str
) -> None:
    [finding] = check_signing(
        LinearWebhookConfig(secret=secret), evolve(lend(tmp_path), is_exposed=is_exposed)
    )

    assert (finding.about, finding.status) == ("credential", status)
    assert ("signing secret" in finding.fix) == (secret is None)
