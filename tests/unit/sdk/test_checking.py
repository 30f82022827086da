"""What checks of several components say in the same words."""

from pathlib import Path

import pytest
from attrs import evolve

from orgloop.errors import PluginError
from orgloop.sdk import reading_checkpoint, senders_finding
from orgloop.testing.lending import lend


def test_senders_that_must_sign_are_fine_wherever_they_are(tmp_path: Path) -> None:
    finding = senders_finding("s3cret", evolve(lend(tmp_path), is_exposed=True))

    assert (finding.status, finding.about) == ("ok", "credential")
    assert "s3cret" not in str(finding)


def test_without_a_secret_it_depends_on_who_can_come(tmp_path: Path) -> None:
    context = lend(tmp_path)
    assert senders_finding(None, context).status == "ok"

    exposed = senders_finding(None, evolve(context, is_exposed=True), could="report sessions")
    assert exposed.status == "error"
    assert exposed.message.endswith("strangers could report sessions")
    assert exposed.fix.startswith("give source component a secret, or listen on 127.0.0.1")


def test_a_service_that_comes_through_a_tunnel_must_sign(tmp_path: Path) -> None:
    context = lend(tmp_path)
    finding = senders_finding(
        None, context, option="signing_secret", remedy="the app's", is_service=True
    )

    assert finding.status == "degraded"
    assert finding.message.startswith("no signing_secret is set: what a proxy or tunnel")
    assert finding.fix == "give source component the app's"


@pytest.mark.parametrize("error", [ValueError, TypeError, KeyError, AttributeError])
def test_a_checkpoint_of_somebody_else_is_called_that(error: type[Exception]) -> None:
    with pytest.raises(PluginError) as raised, reading_checkpoint("mine", "reset it"):
        raise error("broken")

    assert str(raised.value) == "its checkpoint was not written by mine: reset it"
    assert isinstance(raised.value.__cause__, error)


def test_what_is_no_fault_of_the_checkpoint_comes_out_as_it_is() -> None:
    with pytest.raises(OSError, match="no disk"), reading_checkpoint("mine", "reset it"):
        raise OSError("no disk")
