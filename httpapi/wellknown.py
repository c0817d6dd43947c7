"""The pages by which mail programs find their settings, and senders our policy on TLS. No key needed.

They tell what the DNS of a local domain tells: our host name and ports. Nothing depends on whether an
address exists, and what a stranger sends comes back only through an XML or property list writer.
"""

import asyncio
import re
from typing import Final

import orjson
from aiohttp import web

from httpapi import profiles
from httpapi.body import read_body
from mailcore.address import Address, try_address
from mailcore.config import Config
from mailcore.domains import mta_sts
from mailcore.domains.clients import at_https, client_services, https_authority
from mailcore.domains.service import Domains
from mailcore.errors import ErrorKind, MailError, not_found
from mailcore.net.tls import signed_document

_MAX_QUESTION_OCTETS: Final = 16 * 1024
_AUTODISCOVER: Final = "/{folder:[Aa]uto[Dd]iscover}/{file:[Aa]uto[Dd]iscover}"
_STS_PREFIX: Final = "mta-sts."
_BODY_SECONDS: Final = 30.0
_PORT: Final = re.compile(r":[0-9]{1,5}$", re.ASCII)


class WellKnown:
    """The pages, for every local domain."""

    def __init__(self, *, domains: Domains, config: Config) -> None:
        self._domains = domains
        self._config = config
        self._services = client_services(config)

    def install(self, app: web.Application) -> None:
        """Add the routes."""
        self.install_autoconfig(app)
        app.router.add_post(_AUTODISCOVER + ".xml", self.autodiscover)
        app.router.add_get(_AUTODISCOVER + ".json", self.autodiscover_json)
        app.router.add_get(_AUTODISCOVER + ".json/v1.0/{address}", self.autodiscover_json)
        app.router.add_get("/mail/profile.mobileconfig", self.mobileconfig)
        app.router.add_get("/.well-known/mta-sts.txt", self.mta_sts)

    def install_autoconfig(self, app: web.Application) -> None:
        """Add the routes that may be asked without TLS."""
        app.router.add_get("/.well-known/autoconfig/mail/config-v1.1.xml", self.autoconfig)
        app.router.add_get("/mail/config-v1.1.xml", self.autoconfig)

    async def autoconfig(self, request: web.Request) -> web.Response:
        """Thunderbird and its like: settings of the address's domain, else of the host asked."""
        given = request.query.get("emailaddress", "")
        asked = given.rpartition("@")[2] if given else _host(request)
        domain = await self._local(asked)
        body = profiles.autoconfig(domain, self._config.server.hostname, self._services)
        return web.Response(body=body, content_type="application/xml", charset="utf-8")

    async def autodiscover(self, request: web.Request) -> web.Response:
        """Outlook: settings of the address in the question."""
        question = await read_body(request, max_octets=_MAX_QUESTION_OCTETS, seconds=_BODY_SECONDS)
        given, schema = profiles.read_question(question)
        address = await self._address(given)
        if schema and schema != profiles.OUTLOOK_SCHEMA:
            body = profiles.autodiscover_refusal()
        else:
            hostname = self._config.server.hostname
            body = profiles.autodiscover(str(address), hostname, self._services)
        return web.Response(body=body, content_type="application/xml", charset="utf-8")

    async def autodiscover_json(self, request: web.Request) -> web.Response:
        """Outlook's second way: where the first one is."""
        given = request.match_info.get("address") or _query(request, "email")
        await self._address(given)
        if _query(request, "protocol").lower() != "autodiscoverv1":
            problem = {
                "ErrorCode": "InvalidProtocol",
                "ErrorMessage": "The protocol is not supported. Supported is 'AutodiscoverV1'.",
            }
            return _json(problem, 400)
        url = f"https://{https_authority(self._config)}/autodiscover/autodiscover.xml"
        return _json({"Protocol": "AutodiscoverV1", "Url": url})

    async def mobileconfig(self, request: web.Request) -> web.Response:
        """Apple's programs: a profile with everything but the password, which they ask for.

        Signed with the certificate of the configuration; a self-signed one would prove nothing.
        """
        address = await self._address(_query(request, "emailaddress"))
        hostname = self._config.server.hostname
        body = profiles.mobileconfig(str(address), address.domain, hostname, self._services)
        cert, key = self._config.tls.cert, self._config.tls.key
        if cert is not None and key is not None:
            body = await asyncio.to_thread(signed_document, body, cert, key)
        return web.Response(
            body=body,
            content_type="application/x-apple-aspen-config",
            headers={"Content-Disposition": 'attachment; filename="mail.mobileconfig"'},
        )

    async def mta_sts(self, request: web.Request) -> web.Response:
        """Our policy on TLS, at the one name where senders look (RFC 8461 §3.3)."""
        host = _host(request)
        policy = mta_sts.policy(self._config)
        domain = await self._domains.hosted(host) if host.startswith(_STS_PREFIX) else ""
        if not policy or host != _STS_PREFIX + domain:
            raise _nothing_here()
        return web.Response(text=policy, content_type="text/plain")

    async def redirect(self, request: web.Request) -> web.Response:
        """The same page over TLS, for our own names only."""
        host = _host(request)
        if not self._config.ports.https or not await self._domains.hosted(host):
            raise _nothing_here()
        target = f"https://{at_https(self._config, host)}{request.path_qs}"
        status = 301 if request.method in ("GET", "HEAD") else 308
        return web.Response(status=status, headers={"Location": target})

    async def _local(self, name: str) -> str:
        domain = await self._domains.hosted(name)
        if not domain:
            raise _nothing_here()
        return domain

    async def _address(self, given: str) -> Address:
        address = try_address(given.strip())
        if address is None or not address.local.isprintable():
            raise MailError(
                ErrorKind.INVALID, "give the whole mail address", fix="Write it as name@example.org"
            )
        if await self._domains.hosted(address.domain) != address.domain:
            raise _nothing_here()
        return address


def _host(request: web.Request) -> str:
    """The host that was asked, without port."""
    return _PORT.sub("", request.headers.get("Host", "")).lower()


def _query(request: web.Request, name: str) -> str:
    """A field of the query; programs do not agree on upper and lower case."""
    return next((value for key, value in request.query.items() if key.lower() == name), "")


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=orjson.dumps(value), content_type="application/json")


def _nothing_here() -> MailError:
    return not_found("domain")
