"""Options that many components have, and what they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import fields, frozen

from orgloop.errors import InvalidValue
from orgloop.options import described
from orgloop.sdk import headers_option, path_option, secret_option, url_option


@frozen(kw_only=True)
class Config:
    path: str | None = path_option()
    secret: str | None = secret_option("What senders sign with.")
    url: str = url_option("Where it is.")
    headers: dict[str, str] = headers_option("What goes along.")


def converted(name: str, value: object) -> Any:
    convert = described(getattr(fields(Config), name)).convert
    assert convert is not None
    return convert(value)


@pytest.mark.parametrize("path", [None, "/hooks/jira", "/controlled", "/a-b_c.d~e/f"])
def test_a_path_is_served_as_it_is_written(path: str | None) -> None:
    assert converted("path", path) == path


@pytest.mark.parametrize(
    "path", ["", "/", "hooks", 7, "/a b", "/ä", "/a?b", "/%20", "/control", "/api/x", "/ui"]
)
def test_a_path_that_cannot_be_served_is_refused(path: object) -> None:
    with pytest.raises(InvalidValue):
        converted("path", path)


def test_a_secret_is_text_with_which_not_anybody_could_sign() -> None:
    assert converted("secret", None) is None
    assert converted("secret", "s3cret") == "s3cret"
    for refused in ("", "  ", 12345, "whsec_&"):
        with pytest.raises(InvalidValue):
            converted("secret", refused)
    assert "s3cret" not in repr(Config(secret="s3cret", url="http://x", headers={}))


@pytest.mark.parametrize("url", [None, "x.example", "ftp://x.example", "http://me:pw@x.example"])
def test_a_url_is_absolute_and_holds_no_credential(url: object) -> None:
    with pytest.raises(InvalidValue) as refused:
        converted("url", url)

    assert "pw" not in str(refused.value)


def test_headers_are_what_can_be_sent() -> None:
    given = {"X-Team": "eng", "X-Count": 3, "X-Live": True}
    assert converted("headers", given) == {"X-Team": "eng", "X-Count": "3", "X-Live": "true"}
    for refused in (["X"], {"X": None}, {"X Y": "1"}, {"X": "a\r\nb"}, {"Content-Length": "1"}):
        with pytest.raises(InvalidValue):
            converted("headers", refused)
