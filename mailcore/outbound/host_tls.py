"""What TLS with one mail host has to be, and how a connection to it is secured: values, no sockets.

`TlsPolicies` makes a `HostTls` for every host of a route; the client asks `steps` which handshakes
to try, in which order, and `problem` right after each one.
"""

import ssl
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final

from mailcore.model import TlsLevel
from mailcore.net.dns import TlsaRecord
from mailcore.outbound import dane


class TlsMode(StrEnum):
    """How much the connection must be protected."""

    OPPORTUNISTIC = "opportunistic"
    """TLS where offered, any certificate, plain text otherwise (RFC 7435)."""
    REQUIRED = "required"
    """TLS with any certificate, or not at all."""
    VERIFIED = "verified"
    """TLS with a valid certificate for the host's name, or not at all."""


class Step(Enum):
    """One way to secure a connection."""

    VERIFIED = "verified"
    ANY = "any"
    """Any certificate, unless `HostTls.problem` finds fault with it."""
    PLAIN = "plain"


class Finding(StrEnum):
    """How a handshake went, in the words of reports (RFC 8460 §4.3)."""

    SUCCESS = "success"
    NO_STARTTLS = "starttls-not-supported"
    WRONG_NAME = "certificate-host-mismatch"
    EXPIRED = "certificate-expired"
    NOT_TRUSTED = "certificate-not-trusted"
    INVALID = "validation-failure"
    BAD_TLSA = "tlsa-invalid"
    BAD_DNSSEC = "dnssec-invalid"
    NO_POLICY = "sts-policy-fetch-error"
    BAD_POLICY = "sts-policy-invalid"
    BAD_POLICY_HOST = "sts-webpki-invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTls:
    """What TLS with one host must be."""

    mode: TlsMode = TlsMode.OPPORTUNISTIC
    level: TlsLevel = TlsLevel.OPPORTUNISTIC
    """What a connection that fulfills it is worth."""
    tlsa: tuple[TlsaRecord, ...] = ()
    """The certificate must be one of these."""
    names: tuple[str, ...] = ()
    """What a certificate below a DANE authority may be for."""
    demanded_by: str = ""
    """Whose policy it is, in the words of a reply."""
    is_testing: bool = False
    """A certificate is looked at, and nothing fails for it (RFC 8461 §5)."""
    refusal: str = ""
    """Why the host is not asked at all."""
    refused_for: Finding = Finding.INVALID
    is_proven: bool = False
    """Whether DNSSEC or MTA-STS vouches that the host is one of the domain (RFC 8689 §4.2.1)."""

    def steps(self, wanted: TlsMode) -> tuple[Step, ...]:
        """The handshakes to try until one works, when the message wants at least this."""
        if self.tlsa:
            return (Step.ANY,)
        mode = max(self.mode, wanted, key=list(TlsMode).index)
        if mode is TlsMode.VERIFIED:
            return (Step.VERIFIED,)
        if mode is TlsMode.REQUIRED:
            return (Step.VERIFIED, Step.ANY) if self.is_testing else (Step.ANY,)
        first = (Step.VERIFIED,) if self.is_testing else ()
        return (*first, Step.ANY, Step.PLAIN)

    def problem(self, connection: ssl.SSLObject | ssl.SSLSocket, now: datetime) -> str:
        """Why a connection just made is not good enough; empty when it is."""
        if not self.tlsa:
            return ""
        return dane.problem(self.tlsa, connection, names=self.names, now=now)

    def reached(self, step: Step, *, is_tls: bool) -> TlsLevel:
        """What a connection made by this step is worth."""
        if not is_tls:
            return TlsLevel.PLAIN
        if self.tlsa:
            return TlsLevel.DANE
        if step is Step.VERIFIED:
            return max(self.level, TlsLevel.VERIFIED, key=lambda one: one.rank)
        return TlsLevel.OPPORTUNISTIC


ANY_HOST: Final = HostTls(is_proven=True)
"""For a host that was named by hand: nothing is known, nothing in DNS was believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """One connection's protection, for reports."""

    host: str
    address: str
    finding: Finding
    reason: str = ""
    level: TlsLevel = TlsLevel.NONE


_BY_VERIFY_CODE: Final = {
    7: Finding.NOT_TRUSTED,
    10: Finding.EXPIRED,
    9: Finding.EXPIRED,
    62: Finding.WRONG_NAME,
    63: Finding.WRONG_NAME,
    64: Finding.WRONG_NAME,
    18: Finding.NOT_TRUSTED,
    19: Finding.NOT_TRUSTED,
    20: Finding.NOT_TRUSTED,
    21: Finding.NOT_TRUSTED,
}
"""X509_V_ERR_… of OpenSSL."""


def finding_of(error: BaseException) -> Finding:
    """The word of reports for a handshake that failed; a cause is looked at too."""
    for one in (error, error.__cause__, error.__context__):
        if isinstance(one, ssl.SSLCertVerificationError):
            return _BY_VERIFY_CODE.get(one.verify_code, Finding.INVALID)
    return Finding.INVALID
