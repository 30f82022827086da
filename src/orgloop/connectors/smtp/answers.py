"""Understand how a conversation with a mail server went wrong: 4xx may pass, 5xx will not."""

from __future__ import annotations

import smtplib
import ssl

from orgloop.connectors.smtp.conversation import NoCertificates
from orgloop.delivery import DeliveryResult
from orgloop.printable import printable

_MAX_SAID = 200


def result_of(error: Exception) -> DeliveryResult:
    """Return what becomes of the delivery; see RFC 5321, 4.2.1 for the first digit."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return _refused(error)
    if isinstance(error, smtplib.SMTPResponseException):
        reason = reason_of(error)
        is_final = 500 <= error.smtp_code < 600
        return DeliveryResult.rejected(reason) if is_final else DeliveryResult.error(reason)
    return DeliveryResult.error(reason_of(error))


def reason_of(error: Exception) -> str:
    """Return why nobody got it, in one sentence."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"the mail server refuses the login: {_said(error.smtp_code, error.smtp_error)}"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "the mail server ended the conversation before the mail was taken"
    if isinstance(error, smtplib.SMTPResponseException):
        if error.smtp_code < 0:
            return "what answers is no mail server: correct host, port and security"
        return f"the mail server answered {_said(error.smtp_code, error.smtp_error)}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return (
            "the mail server does not offer what security, username and password ask for: "
            f"{str(error).rstrip('.')}"
        )
    if isinstance(error, NoCertificates):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        why = getattr(error, "verify_message", None) or "its certificate is not trusted"
        return (
            f"the mail server does not prove its name: {why}; for one with a certificate of its "
            "own set ca_file"
        )
    if isinstance(error, TimeoutError):
        return "the mail server does not answer"
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"no mail server is reached: {printable(str(said))}"


def _refused(error: smtplib.SMTPRecipientsRefused) -> DeliveryResult:
    """Return what becomes of a mail that nobody gets: where one may get it later, it is tried."""
    answers = sorted(error.recipients.items(), key=lambda one: one[1][0])
    who, (code, said) = answers[0]
    reason = f"the mail server refuses {who}: {_said(code, said)}"
    if len(answers) > 1:
        reason += f", and {len(answers) - 1} more"
    is_final = 500 <= code < 600
    return DeliveryResult.rejected(reason) if is_final else DeliveryResult.error(reason)


def _said(code: int, text: bytes | str) -> str:
    line = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    line = printable(" ".join(line.split()))[:_MAX_SAID]
    return f"{code} {line}".rstrip()
