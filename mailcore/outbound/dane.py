"""DANE for SMTP: whether a host's certificate is one that its TLSA records allow (RFC 7672, RFC 6698).

Records come from a resolver that validates (`net.dns`); what is decided here needs no network. Usages
0 and 1 are not for SMTP (§3.1.3). Usage 2 needs the chain that the host sent, which Python gives out
since 3.13; before, such records are unusable like unknown ones, which still makes TLS mandatory (§2.2).
"""

import hashlib
import ssl
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification

from mailcore.net.dns import TlsaRecord

DANE_TA: Final = 2
"""The record names an authority."""
DANE_EE: Final = 3
"""The record names the host's own certificate."""
SEES_CHAINS: Final = sys.version_info >= (3, 13)
_DIGESTS: Final = {1: hashlib.sha256, 2: hashlib.sha512}
_DIGEST_OCTETS: Final = {1: 32, 2: 64}
_MAX_CHAIN: Final = 10


def usable(records: Iterable[TlsaRecord]) -> tuple[TlsaRecord, ...]:
    """The records that a certificate can be checked by."""
    return tuple(one for one in records if _is_usable(one))


def _is_usable(record: TlsaRecord) -> bool:
    is_known_usage = record.usage == DANE_EE or (record.usage == DANE_TA and SEES_CHAINS)
    octets = _DIGEST_OCTETS.get(record.matching)
    is_whole = len(record.value) == octets if octets else bool(record.value)
    return (
        is_known_usage and record.selector in (0, 1) and record.matching in (0, 1, 2) and is_whole
    )


def problem(
    records: Sequence[TlsaRecord],
    connection: ssl.SSLObject | ssl.SSLSocket,
    *,
    names: Sequence[str],
    now: datetime,
) -> str:
    """Why the certificate of an open connection is not allowed; empty when it is.

    With DANE-EE neither names nor dates matter (§3.1.1); with DANE-TA the certificate must be valid
    for one of `names` below that authority (§3.1.2, §3.2.3).
    """
    try:
        chain = _chain(connection)
        if not chain:
            return "the host shows no certificate"
        if any(one.usage == DANE_EE and _matches(one, chain[0]) for one in records):
            return ""
        anchors = [
            anchor
            for record in records
            for anchor in chain[1:]
            if record.usage == DANE_TA and _matches(record, anchor)
        ]
        problems = [_problem_below(one, chain, names, now) for one in anchors]
    except (ValueError, UnsupportedAlgorithm):
        return "the host's certificate cannot be read"
    return min(problems, key=len, default="the host's certificate does not match its TLSA records")


def _chain(connection: ssl.SSLObject | ssl.SSLSocket) -> list[x509.Certificate]:
    """What the host sent, its own certificate first."""
    own = connection.getpeercert(binary_form=True)
    sent = [own] if own else []
    if sys.version_info >= (3, 13):
        sent = connection.get_unverified_chain()
    return [x509.load_der_x509_certificate(one) for one in sent[:_MAX_CHAIN]]


def _matches(record: TlsaRecord, certificate: x509.Certificate) -> bool:
    if record.selector == 0:
        octets = certificate.public_bytes(Encoding.DER)
    else:
        key = certificate.public_key()
        octets = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = _DIGESTS.get(record.matching)
    return record.value == (digest(octets).digest() if digest else octets)


def _problem_below(
    anchor: x509.Certificate,
    chain: Sequence[x509.Certificate],
    names: Sequence[str],
    now: datetime,
) -> str:
    reason = "no name to check"
    for name in names:
        verifier = (
            verification.PolicyBuilder()
            .store(verification.Store([anchor]))
            .time(now)
            .extension_policies(ca_policy=_authorities(), ee_policy=_hosts())
            .build_server_verifier(x509.DNSName(name))
        )
        try:
            verifier.verify(chain[0], list(chain[1:]))
        except verification.VerificationError as error:
            reason = str(error)[:200]
        else:
            return ""
    return f"the host's certificate is not valid below the authority of its TLSA records: {reason}"


def _authorities() -> verification.ExtensionPolicy:
    """Private authorities often lack what public ones must have; that they are one is checked."""
    return verification.ExtensionPolicy.permit_all().require_present(
        x509.BasicConstraints, verification.Criticality.AGNOSTIC, None
    )


def _hosts() -> verification.ExtensionPolicy:
    return verification.ExtensionPolicy.permit_all().require_present(
        x509.SubjectAlternativeName, verification.Criticality.AGNOSTIC, None
    )
