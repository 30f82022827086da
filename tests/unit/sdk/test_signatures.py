import base64
import datetime
import hmac
from hashlib import sha256

import pytest
from standardwebhooks.webhooks import Webhook

from orgloop.errors import InvalidValue
from orgloop.sdk.signatures import check_secret, is_signed, sign_body, sign_standard, verify

NOW = 1_750_000_000_000
BODY = '{"a": "ü"}'.encode()
SECRET = "It's a Secret"
WHSEC = "whsec_" + base64.b64encode(b"twenty-four random bytes").decode()


def standard(secret: str = SECRET, *, id: str = "msg_1", now: int = NOW) -> dict[str, str]:
    return sign_standard(BODY, secret, id, now)


def linear(secret: str = SECRET) -> dict[str, str]:
    return {"linear-signature": hmac.new(secret.encode(), BODY, sha256).hexdigest()}


SIGNED = [
    {"x-hub-signature-256": sign_body(BODY, SECRET)},
    {"x-signature": sign_body(BODY, SECRET)},
    linear(),
    standard(),
]


@pytest.mark.parametrize("headers", SIGNED)
def test_a_right_signature_holds_and_any_change_breaks_it(headers):
    assert verify(headers, BODY, SECRET, NOW)
    assert not verify(headers, BODY + b" ", SECRET, NOW)
    assert not verify(headers, BODY, SECRET + " ", NOW)


@pytest.mark.parametrize("headers", SIGNED)
def test_a_second_scheme_must_hold_as_well(headers):
    for name in ("x-hub-signature-256", "x-signature", "linear-signature", "webhook-signature"):
        if name not in headers:
            assert not verify({**headers, name: "sha256=00"}, BODY, SECRET, NOW)
    assert verify({**linear(), **headers}, BODY, SECRET, NOW)


def test_no_signature_proves_nothing():
    assert not verify({}, BODY, SECRET, NOW)
    assert not verify({"webhook-id": "msg_1", "webhook-timestamp": "1"}, BODY, SECRET, NOW)
    assert not is_signed({"webhook-id": "msg_1"})


def test_github_documents_this_signature():
    # https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"

    assert sign_body(b"Hello, World!", "It's a Secret to Everybody") == expected


def test_the_library_of_standard_webhooks_agrees():
    moment = datetime.datetime.fromtimestamp(NOW / 1000, datetime.UTC)
    theirs = Webhook(WHSEC).sign("msg_1", moment, BODY.decode())

    assert standard(WHSEC)["webhook-signature"] == theirs
    assert verify({**standard(WHSEC), "webhook-signature": theirs}, BODY, WHSEC, NOW)


def test_one_of_several_standard_signatures_is_enough():
    headers = standard()
    headers["webhook-signature"] = f"v1,b2xk v1a,xyz {headers['webhook-signature']}"

    assert verify(headers, BODY, SECRET, NOW)


@pytest.mark.parametrize(
    ("off_seconds", "holds"), [(300, True), (-300, True), (302, False), (-302, False)]
)
def test_the_time_of_a_standard_webhook_may_be_five_minutes_off(off_seconds, holds):
    assert verify(standard(), BODY, SECRET, NOW + off_seconds * 1000) is holds


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": ""},
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "NaN"},
        {"webhook-timestamp": "\u0661\u0667"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,\udcff€"},
    ],
)
def test_nonsense_is_no_signature_and_no_error(change):
    assert not verify({**standard(), **change}, BODY, SECRET, NOW)


@pytest.mark.parametrize("secret", ["", "  ", "whsec_", "whsec_!!!"])
def test_a_secret_anybody_could_sign_with_is_refused(secret):
    with pytest.raises(InvalidValue):
        check_secret(secret)
    assert not verify(sign_standard(BODY, "", "msg_1", NOW), BODY, "whsec_!!!", NOW)


def test_usable_secrets_are_taken():
    assert check_secret(SECRET) == SECRET
    assert check_secret(WHSEC.rstrip("=")) == WHSEC.rstrip("=")
