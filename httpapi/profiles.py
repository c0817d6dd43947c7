"""Settings of mail programs in the formats they want: Thunderbird, Outlook, Apple.

Documents are built as trees, so that nothing given can change their structure. Questions are not parsed
as XML: the one element that counts is looked for, and entities beyond the five of XML mean nothing.
"""

import plistlib
import re
import uuid
from collections.abc import Iterable, Sequence
from html import unescape
from typing import Final
from xml.etree import ElementTree as ET

from mailcore.domains.clients import ClientService

OUTLOOK_SCHEMA: Final = (
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
)
_AUTODISCOVER_SCHEMA: Final = (
    "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
)
_ADDRESS: Final = re.compile(r"<(?:\w{1,20}:)?EMailAddress>([^<>]{1,400})</")
_SCHEMA: Final = re.compile(r"<(?:\w{1,20}:)?AcceptableResponseSchema>([^<>]{1,400})</")
_NAMESPACE: Final = uuid.UUID("5f0b8f0e-6f0a-4d43-8a44-0e3a0a4f1d1b")


def autoconfig(domain: str, hostname: str, services: Iterable[ClientService]) -> bytes:
    """Thunderbird's `clientConfig` 1.1. The user name is a placeholder: it is the same for everybody."""
    root = ET.Element("clientConfig", version="1.1")
    provider = ET.SubElement(root, "emailProvider", id=domain)
    _texts(provider, {"domain": domain, "displayName": domain, "displayShortName": domain})
    for one in services:
        tag = "incomingServer" if one.protocol == "imap" else "outgoingServer"
        server = ET.SubElement(provider, tag, type=one.protocol)
        _texts(
            server,
            {
                "hostname": hostname,
                "port": str(one.port),
                "socketType": "SSL" if one.is_implicit_tls else "STARTTLS",
                "authentication": "password-cleartext",
                "username": "%EMAILADDRESS%",
            },
        )
    return _document(root)


def read_question(raw: bytes) -> tuple[str, str]:
    """The address and the wanted schema of an autodiscover question; empty where there is none."""
    encoding = "utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = raw.decode(encoding, "replace")
    found = (pattern.search(text) for pattern in (_ADDRESS, _SCHEMA))
    address, schema = (unescape(one[1]).strip() if one else "" for one in found)
    return address, schema


def autodiscover(address: str, hostname: str, services: Iterable[ClientService]) -> bytes:
    """Outlook's settings (MS-OXDSCLI §2.2.4): the best listener of each protocol."""
    root, response = _autodiscover_root(OUTLOOK_SCHEMA)
    _texts(ET.SubElement(response, "User"), {"DisplayName": address})
    account = ET.SubElement(response, "Account")
    _texts(account, {"AccountType": "email", "Action": "settings"})
    for one in _best(services):
        protocol = ET.SubElement(account, "Protocol")
        _texts(
            protocol,
            {
                "Type": one.protocol.upper(),
                "Server": hostname,
                "Port": str(one.port),
                "LoginName": address,
                "DomainRequired": "off",
                "SPA": "off",
                "SSL": "on",
                "Encryption": "SSL" if one.is_implicit_tls else "TLS",
                "AuthRequired": "on",
            },
        )
    return _document(root)


def autodiscover_refusal() -> bytes:
    """The answer to a program that wants Exchange (MS-OXDSCLI §2.2.4.1.1.1)."""
    root, response = _autodiscover_root(_AUTODISCOVER_SCHEMA)
    error = ET.SubElement(response, "Error", Time="00:00:00.0000000", Id="0")
    _texts(error, {"ErrorCode": "601", "Message": "Provider is not available", "DebugData": ""})
    return _document(root)


def mobileconfig(
    address: str, domain: str, hostname: str, services: Iterable[ClientService]
) -> bytes:
    """An Apple profile with one mail account. Installed again it takes the place of itself."""
    account: dict[str, object] = {
        **_payload("com.apple.mail.managed", f"{address}/account", domain, address),
        "EmailAccountType": "EmailTypeIMAP",
        "EmailAccountDescription": address,
        "EmailAddress": address,
        "OutgoingPasswordSameAsIncomingPassword": True,
    }
    for one in _best(services):
        way = "Incoming" if one.protocol == "imap" else "Outgoing"
        account |= {
            f"{way}MailServerAuthentication": "EmailAuthPassword",
            f"{way}MailServerHostName": hostname,
            f"{way}MailServerPortNumber": one.port,
            f"{way}MailServerUseSSL": True,
            f"{way}MailServerUsername": address,
        }
    profile = {
        **_payload("Configuration", address, domain, address),
        "PayloadDescription": f"The mail account {address}",
        "PayloadOrganization": domain,
        "PayloadRemovalDisallowed": False,
        "PayloadContent": [account],
    }
    return plistlib.dumps(profile)


def _payload(kind: str, name: str, domain: str, shown: str) -> dict[str, object]:
    identifier = uuid.uuid5(_NAMESPACE, name)
    reverse = ".".join(reversed(domain.split(".")))
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": f"{reverse}.mail.{identifier}",
        "PayloadUUID": str(identifier).upper(),
        "PayloadDisplayName": shown,
    }


def _best(services: Iterable[ClientService]) -> Sequence[ClientService]:
    """The first of each protocol."""
    best: dict[str, ClientService] = {}
    for one in services:
        best.setdefault(one.protocol, one)
    return tuple(best.values())


def _autodiscover_root(schema: str) -> tuple[ET.Element, ET.Element]:
    root = ET.Element("Autodiscover", xmlns=_AUTODISCOVER_SCHEMA)
    return root, ET.SubElement(root, "Response", xmlns=schema)


def _texts(parent: ET.Element, values: dict[str, str]) -> None:
    for name, value in values.items():
        ET.SubElement(parent, name).text = value


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"
