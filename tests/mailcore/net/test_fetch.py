"""Outgoing requests against real servers, and everything that must not be asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from mailcore.net.dns import Resolver
from mailcore.net.fetch import Fetcher, FetchError, FetchRefusedError, Reachable, check_url
from tests.support.dns import resolver_of, serving

LOOPBACK = ("127.0.0.0/8", "::1/128")
NOWHERE = Resolver("127.0.0.1:9", timeout_seconds=0.2)

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def server(handler: Handler) -> AsyncIterator[int]:
    """An HTTP server on loopback; yields its port."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def fetcher(
    *, allow: tuple[str, ...] = LOOPBACK, resolver: Resolver = NOWHERE, timeout: float = 5.0
) -> Fetcher:
    return Fetcher(
        resolver=resolver, user_agent="Test/1", allow_networks=allow, timeout_seconds=timeout
    )


async def hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "not an address",
        "",
    ],
)
def test_an_address_that_is_not_public_is_not_reachable(address: str) -> None:
    """RFC 6890 and the forms of IPv6 that lead to an IPv4 address."""
    assert not Reachable()(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_is_reachable(address: str) -> None:
    """What the guard must not get in the way of."""
    assert Reachable()(address)


def test_only_the_networks_that_are_named_are_allowed_as_well() -> None:
    """An operator's own network opens nothing beside it, in whatever form it is written."""
    reachable = Reachable(("10.1.0.0/16", "fd00::/64"))
    assert reachable("10.1.2.3")
    assert reachable("::ffff:10.1.2.3")
    assert reachable("fd00::5")
    assert not reachable("10.2.0.1")
    assert not reachable("127.0.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "//example.org/",
        "example.org",
        "http://",
        "http:///path",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://example.org:25/",
        "http://example.org:22/",
        "http://example.org:0/",
        "http://example.org:65536/",
        "http://example.org:x/",
        "http://example.org:/",
        "http://example.org:80:80/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1/",
        "http://127.0.0.1./",
        "http://１２７.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://169.254.169.254/latest/meta-data",
        "http://exa mple.org/",
        "http://example.org/\r\nX: y",
        "http://example.org\\@127.0.0.1/",
        "http://example.org#@127.0.0.1:25/\x00",
        "http://.../",
        "http://example.org/" + "a" * 3000,
    ],
)
def test_a_url_that_leads_nowhere_good_is_refused(url: str) -> None:
    """Before anything is looked up or dialed."""
    with pytest.raises(FetchRefusedError):
        check_url(url, Reachable())


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://Example.ORG", "https://example.org/"),
        ("http://example.org:8080/a?b=c#d", "http://example.org:8080/a?b=c"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://[2606:4700::1111]:8443/", "https://[2606:4700::1111]:8443/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("http://my_service.internal:9000/", "http://my_service.internal:9000/"),
    ],
)
def test_a_good_url_is_brought_into_plain_form(url: str, plain: str) -> None:
    """One spelling for one place."""
    assert check_url(url, Reachable()) == plain


async def test_an_answer_has_status_headers_and_body() -> None:
    """The plain case, with what we send."""

    async def echo(request: web.Request) -> web.Response:
        text = f"{request.method} {request.headers['User-Agent']} {request.headers['X-A']} "
        return web.Response(status=201, headers={"X-B": "c"}, text=text + await request.text())

    async with server(echo) as port, fetcher() as client:
        answer = await client.request(
            "POST", f"http://127.0.0.1:{port}/x", headers={"X-A": "b"}, body=b"body"
        )
    assert (answer.status, answer.headers["x-b"]) == (201, "c")
    assert answer.body == b"POST Test/1 b body"
    assert not answer.is_truncated


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    """It could lead into our own network."""

    async def away(request: web.Request) -> web.Response:
        assert request.path == "/x"
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    async with server(away) as port, fetcher() as client:
        assert (await client.request("GET", f"http://127.0.0.1:{port}/x")).status == 302


async def test_a_long_body_is_cut_off() -> None:
    """An endless answer costs no more than what was asked for."""

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65536)

    async with server(endless) as port, fetcher() as client:
        answer = await client.request("GET", f"http://127.0.0.1:{port}/", max_bytes=1000)
    assert answer.body == b"x" * 1000
    assert answer.is_truncated


async def test_a_server_that_never_answers_is_given_up() -> None:
    """The whole request has one time limit."""
    released = asyncio.Event()

    async def mute(_request: web.Request) -> web.Response:
        await released.wait()
        return web.Response()

    async with server(mute) as port, fetcher(timeout=0.2) as client:
        with pytest.raises(FetchError, match=r"no answer within 0\.2 seconds"):
            await client.request("GET", f"http://127.0.0.1:{port}/")
        released.set()


async def test_a_name_is_looked_up_with_our_resolver_and_dialed_there() -> None:
    """The machine's own resolver has no part in it."""
    async with (
        serving(("hook.test", "A", "127.0.0.1")) as zone,
        server(hello) as port,
        fetcher(resolver=resolver_of(zone)) as client,
    ):
        answer = await client.request("GET", f"http://hook.test:{port}/")
        assert answer.body == b"hello"
        assert zone.asked("hook.test", "A") == 1


async def test_a_name_that_leads_into_our_network_is_refused() -> None:
    """Nothing arrives at the server it points to."""
    reached: list[str] = []

    async def note(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.Response()

    async with (
        serving(("evil.test", "A", "127.0.0.1"), ("evil.test", "AAAA", "::1")) as zone,
        server(note) as port,
        fetcher(allow=(), resolver=resolver_of(zone)) as client,
    ):
        with pytest.raises(
            FetchRefusedError, match=r"evil\.test does not lead to a public address"
        ):
            await client.request("GET", f"http://evil.test:{port}/")
    assert reached == []


async def test_of_several_addresses_only_the_allowed_ones_are_dialed() -> None:
    """A private address beside a public one is left out."""
    async with (
        serving(("two.test", "A", "10.0.0.1"), ("two.test", "A", "127.0.0.1")) as zone,
        server(hello) as port,
        fetcher(resolver=resolver_of(zone)) as client,
    ):
        assert (await client.request("GET", f"http://two.test:{port}/")).status == 200


async def test_the_socket_is_the_last_gate() -> None:
    """Whatever a library makes of a host, no socket is opened to an address that is not allowed."""
    async with fetcher(allow=()) as client:
        with pytest.raises(OSError, match="not a public address"):
            client._socket((2, 1, 6, "", ("127.0.0.1", 80)))


@pytest.mark.parametrize("url", ["http://missing.test/", "http://localhost:8080/"])
async def test_a_name_without_address_is_a_failure(url: str) -> None:
    """Also `localhost`: the hosts file is not asked."""
    async with serving() as zone, fetcher(resolver=resolver_of(zone)) as client:
        with pytest.raises(FetchError, match="does not exist or has no address"):
            await client.request("GET", url)


async def test_nobody_listening_is_a_failure_without_our_inner_words() -> None:
    """The text may be shown to the owner of a webhook."""
    async with server(hello) as port:
        pass
    async with fetcher() as client:
        with pytest.raises(FetchError, match=r"^cannot connect: "):
            await client.request("GET", f"http://127.0.0.1:{port}/")


async def test_an_answer_that_is_not_http_is_a_failure() -> None:
    """Any server may stand behind a port."""

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await writer.drain()
        writer.close()

    other = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with other, fetcher() as client:
        with pytest.raises(FetchError, match="no usable answer"):
            await client.request("GET", f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}/")
